"""How a layer's values are distributed over many digits, and which units are dead or saturated."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan, sqrt

import numpy as np
import torch
from torch import Tensor, nn

from playground.network.build import Net
from playground.network.modules import LocallyConnected2d
from playground.probes.activations import INPUT, eval_mode, layers_of
from playground.training.layers import exact_norm

BINS = 60
CHUNK = 32  # digits a pass: a layer of large maps stays small
SAMPLED = 60_000  # values of a layer in its histogram, about: counting six million takes longer than making them
VANISHING = 1e-12
TANH_LIMIT = 0.99
SIGMOID_LIMIT = 0.01
SATURATING = ("Tanh", "Sigmoid")
PASSING = ("Flatten", "Dropout", "PermutePixels")  # in eval mode they pass on the values that they get


@dataclass(frozen=True)
class LayerDistribution:
    """What leaves one layer over many digits; mean, deviation and zeros are NaN where a value isn't finite.

    `low` and `high` are the least and the largest value: where not all are finite, of the finite ones among every
    `every`-th value, and NaN where there is none.

    `counts` [60] is the histogram of the finite values that aren't exactly 0, in equal bins between `edges` [61]: of
    every `every`-th value in memory where there are many. The outer edges are `low` and `high`, but where these are
    equal or NaN they part, so that a bin has a width: a value that all have in common is in the middle. `zeros` is the
    share of values that are exactly 0.

    `dead`: how many of its `units` (channels of maps, features of a flat layer) never exceed 0, for any digit at any
    place. For a ReLU alone, whose gradient is 0 there, so that nothing would bring the unit back; None elsewhere.
    `saturated`: share of values where the slope has all but vanished: |a| > 0.99 for Tanh, a < 0.01 or a > 0.99 for
    Sigmoid; None for other layers.
    """

    name: str
    kind: str
    units: int
    mean: float
    deviation: float
    low: float
    high: float
    zeros: float
    edges: np.ndarray
    counts: np.ndarray
    every: int
    dead: int | None
    saturated: float | None


@torch.inference_mode()
def distributions(net: Net, x: Tensor) -> tuple[LayerDistribution, ...]:
    """Every layer's values for digits x [N, 1, 28, 28], in eval mode: "Input" (the scaled pixels) first, "Head" last.

    Flatten, PermutePixels and dropouts are left out: they pass on what they get. The network's mode is put back.
    """
    has_maps = any(isinstance(module, nn.Conv2d | LocallyConnected2d) for module in net.layers)
    tallies: dict[str, Tally] = {}
    with eval_mode(net):
        for chunk in x.split(CHUNK if has_maps else len(x)):
            for name, kind, module, values in outputs(net, chunk):
                rows = units_last(values)
                if name not in tallies:
                    tallies[name] = Tally(name, kind, is_relu(module), rows.shape[-1], rows[0].numel() * len(x))
                tallies[name].add(rows)
    return tuple(tally.result() for tally in tallies.values())


def outputs(net: Net, x: Tensor) -> Iterator[tuple[str, str, nn.Module | None, Tensor]]:
    yield INPUT, INPUT, None, x
    for name, kind, module in layers_of(net):
        x = module(x)
        if kind not in PASSING:
            yield name, kind, module, x


class Tally:
    """One layer's sums, chunk after chunk; means and squared deviations are merged after Chan, Golub and LeVeque 1979,
    "Updating formulae and a pairwise algorithm for computing sample variances"."""

    def __init__(self, name: str, kind: str, can_die: bool, units: int, total: int) -> None:
        self.name, self.kind, self.can_die, self.units = name, kind, can_die, units
        # Odd, so that it visits all channels and places in turn: their numbers are mostly even.
        self.every = max(1, total // SAMPLED) | 1
        self.seen = self.saturated = 0
        self.mean = self.squares = self.zeros = 0.0
        self.low, self.high = inf, -inf
        self.most: list[Tensor] = []
        self.sample: list[Tensor] = []

    def add(self, values: Tensor) -> None:
        """Take in values [n, places, units]."""
        count, flat = values.numel(), values.flatten()
        mean = flat.mean()
        moved = mean.item() - self.mean
        self.squares += norm(flat - mean) ** 2
        self.squares += moved**2 * self.seen * count / (self.seen + count)
        self.seen += count
        self.mean += moved * count / self.seen
        low, high = (bound.item() for bound in flat.aminmax())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.zeros += count - flat.sign().square_().sum().item()  # a third of the time of counting x == 0
        self.saturated += self.saturated_of(flat)
        self.sample.append(flat[:: self.every].clone())  # a view would keep the whole layer
        if self.can_die:
            self.most.append(values.flatten(1).amax(0).view(values.shape[1:]).amax(0))  # digits first: long rows

    def saturated_of(self, values: Tensor) -> int:
        if self.kind == "Tanh":
            return count_of(values.abs() > TANH_LIMIT)
        if self.kind == "Sigmoid":
            return count_of((values - 0.5).abs_() > 0.5 - SIGMOID_LIMIT)
        return 0

    def result(self) -> LayerDistribution:
        sample = torch.cat(self.sample).float().cpu()
        is_finite = isfinite(self.mean) and isfinite(self.low) and isfinite(self.high)
        if not is_finite:
            finite = sample[sample.isfinite()]
            self.low, self.high = (bound.item() for bound in finite.aminmax()) if len(finite) else (nan, nan)
        edges, counts = histogram(sample, self.low, self.high)
        return LayerDistribution(
            name=self.name,
            kind=self.kind,
            units=self.units,
            mean=self.mean if is_finite else nan,
            deviation=sqrt(self.squares / self.seen) if is_finite else nan,
            low=self.low,
            high=self.high,
            zeros=self.zeros / self.seen if is_finite else nan,
            edges=edges,
            counts=counts,
            every=self.every,
            dead=int((torch.stack(self.most).amax(0) <= 0).sum()) if self.can_die else None,
            saturated=self.saturated / self.seen if self.kind in SATURATING else None,
        )


def norm(values: Tensor) -> float:
    """The L2 norm; float32 is faster, but has no room for the squares of a signal that has vanished or exploded."""
    fast = torch.linalg.vector_norm(values).item()
    return fast if VANISHING < fast < inf else exact_norm(values)


def is_relu(module: nn.Module | None) -> bool:
    """Whether nothing passes a unit of this layer below 0, neither value nor gradient."""
    return isinstance(module, nn.ReLU) or (isinstance(module, nn.LeakyReLU) and module.negative_slope == 0)


def units_last(values: Tensor) -> Tensor:
    """Maps [n, channels, height, width] or features [n, features] as [n, places, units]: no copy of channels_last."""
    return values.permute(0, 2, 3, 1).flatten(1, 2) if values.ndim == 4 else values[:, None]


def count_of(found: Tensor) -> int:
    """How many are true; NumPy takes a fraction of torch's time."""
    return int(np.count_nonzero(found.cpu().numpy()))


def histogram(values: Tensor, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """(edges, counts) of what is finite, within the bounds and not exactly 0.

    Bounds that are equal part, by half of their size or, at 0, by 0.5; those that are NaN are -0.5 and 0.5.
    """
    if isnan(low):
        low = high = 0.0
    if low == high:
        low, high = low - abs(low) / 2 or -0.5, high + abs(high) / 2 or 0.5
    counts = torch.histc(values.masked_fill(values == 0, inf), BINS, low, high)  # which leaves out what is beyond them
    return np.linspace(low, high, BINS + 1, dtype=np.float32), counts.numpy()
