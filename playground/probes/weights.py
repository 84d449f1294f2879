"""The weights themselves: as images, in a histogram, their norms, and how alike the units of a layer are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import isqrt, nan

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.errors import SpecError
from playground.experiment import Network
from playground.network.build import Net
from playground.network.facts import Shape
from playground.network.modules import LocallyConnected2d
from playground.network.names import HEAD
from playground.network.shapes import trace
from playground.probes.gradients import rms

FEWEST_BINS, MOST_BINS = 8, 96
FINE_BINS = 4096
ROWS_AT_ONCE = 512  # in float64: a large layer twice over would be much beside the network


def layer_weights(net: Net, name: str) -> Tensor:
    """The weight of a Linear [out, in], or of a Conv2d [out, in, k, k], as it is trained: don't write to it.

    Of a LocallyConnected2d [places · out, in, k, k]: a unit is a channel at one place, for each has its own kernel.
    Raises `SpecError("layer", …)` where there is no such weighted layer.
    """
    found = dict(net.weighted)
    if name not in found:
        known = ", ".join(found)
        raise SpecError("layer", f"{name} has no weights: choose one of {known}")
    module = found[name]
    return module.all_kernels().detach() if isinstance(module, LocallyConnected2d) else module.weight.detach()


def received_map(network: Network, name: str) -> Shape | None:
    """(channels, height, width) of the map that a Linear receives flattened; None where its inputs are no map.

    So the weights of each of its units are images, laid out as what they look at: [units, channels, height, width].
    """
    rows = trace(network).rows
    before = tuple(takewhile(lambda row: row.name != name, rows)) if name != HEAD else rows
    since = next((place for place in reversed(range(len(before))) if len(before[place].input_shape) == 3), None)
    if since is None or before[since].kind != "Flatten" or any(row.kind == "Linear" for row in before[since:]):
        return None
    return before[since].input_shape


# --- norms and histograms -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Norm:
    """A layer's weights as one vector: its L2 norm, and the root mean square of its entries."""

    name: str
    l2: float
    rms: float


def norms(net: Net) -> tuple[Norm, ...]:
    """One a weighted layer, in their order; biases don't count."""
    sizes = ((name, rms(module.weight), module.weight.numel()) for name, module in net.weighted)
    return tuple(Norm(name, size * count**0.5, size) for name, size, count in sizes)


@dataclass(frozen=True, eq=False)
class FineHistogram:
    """So many bins of equal width over the range of some weights that every coarser one of whole bins is exact.

    Where all weights are equal `low` is `high`, and all of them count in the first bin.
    """

    low: float
    high: float
    counts: NDArray[np.int64]  # [4096]


def fine_histogram(weight: Tensor) -> FineHistogram:
    """Of the finite weights; it takes 32 kB where the weights may take 64 MB."""
    values = finite(weight)
    low, high = span(values)
    if low == high:
        counts = np.zeros(FINE_BINS, np.int64)
        counts[0] = values.size
    else:
        high = float(np.nextafter(np.float32(high), np.float32(np.inf)))  # the largest lies in a bin, not on its edge
        counts = np.histogram(values, FINE_BINS, (low, high))[0]
    return FineHistogram(low, high, counts)


@dataclass(frozen=True, eq=False)
class Histograms:
    """Counts [bins] of finite weights on common `edges` [bins + 1]; `lost` is how many aren't finite now."""

    edges: NDArray[np.float64]
    now: NDArray[np.int64]
    start: NDArray[np.int64]
    lost: int


def histogram(weight: Tensor, start: FineHistogram) -> Histograms:
    """Bins of equal width over both, each made of whole bins of `start`: at most 96, and fewer for few weights.

    They cut the range of the start into 64, 32, 16 or fewer equal parts, as wide as all weights now lie.
    """
    values = finite(weight)
    low, high = span(values) if values.size else (start.low, start.high)
    low, high = min(low, start.low), max(high, start.high)
    fine = (start.high - start.low) / FINE_BINS
    most = min(MOST_BINS, max(FEWEST_BINS, 2 * isqrt(weight.numel())))
    if fine == 0 or (high - low) / fine > 2**40:  # a start without width gives none to bins
        edges = np.linspace(low, high, most + 1) if high > low else around(low)
        at_start = np.histogram([start.low], edges)[0] * start.counts.sum()
    else:
        wide = 2 ** int(np.ceil(np.log2((high - low) / fine / (most - 2))))  # 2: for both ends to round outwards
        before = -int(np.floor((low - start.low) / fine / wide))
        after = int(np.ceil((high - start.low) / fine / wide))
        edges = np.asarray(start.low + np.arange(-before, after + 1) * wide * fine, np.float64)
        at_start = np.zeros(len(edges) - 1, np.int64)
        np.add.at(at_start, before + np.arange(FINE_BINS) // wide, start.counts)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)  # but for rounding they are
    now = np.histogram(values, len(edges) - 1, (edges[0], edges[-1]))[0]
    return Histograms(edges, now, at_start, weight.numel() - values.size)


def finite(weight: Tensor) -> NDArray[np.float32]:
    """The finite entries, [N], in the order they have in memory: a copy only where some aren't finite."""
    values = in_memory_order(weight)
    kept = np.isfinite(values)
    return values if kept.all() else values[kept]


def in_memory_order(weight: Tensor) -> NDArray[np.float32]:
    """All entries, [N]; what counts them needs no order, and channels_last weights would be copied for one."""
    weight = weight.cpu()
    layout = torch.channels_last if weight.dim() == 4 and not weight.is_contiguous() else torch.contiguous_format
    order = (0, 2, 3, 1) if layout is torch.channels_last else tuple(range(weight.dim()))
    return weight.permute(order).reshape(-1).numpy()


def span(values: NDArray[np.float32]) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def around(value: float) -> NDArray[np.float64]:
    """Edges of bins of which the middle one holds the value."""
    reach = max(abs(value), 1e-3)
    return np.linspace(value - reach, value + reach, FEWEST_BINS)


# --- units side by side ---------------------------------------------------------------------------------------------


def cosine_similarity(weight: Tensor, units: Sequence[int] | NDArray[np.intp] | None = None) -> NDArray[np.float32]:
    """cos(wᵢ, wⱼ) = wᵢ·wⱼ / ‖wᵢ‖‖wⱼ‖ between a layer's units, float32 [n, n]: all of them, or those chosen.

    A unit is a row of a Linear or a flattened filter of a Conv2d; biases don't count. Units of zeros are copies of one
    another, 1, and like no other unit, 0.
    """
    chosen = weight if units is None else weight[torch.as_tensor(np.asarray(units), device=weight.device)]
    directions, is_zero = unit_vectors(chosen)
    both = (directions @ directions.T).clamp(-1, 1)
    both[is_zero[:, None] & is_zero] = 1.0
    return both.float().numpy()


def symmetry(weight: Tensor) -> float:
    """The mean of `cosine_similarity` over all pairs of different units; NaN for a single unit.

    1 says that all units are copies of one another, up to their scale. With u = w/‖w‖ of n units, m of them not zero:
    Σᵢⱼ uᵢ·uⱼ = ‖Σ uᵢ‖², of which the m terms with i = j are 1. So it takes no matrix.
    """
    n = len(weight)
    if n < 2:
        return nan
    parts = [unit_vectors(rows) for rows in weight.split(ROWS_AT_ONCE)]
    zeros = sum(int(is_zero.sum()) for _, is_zero in parts)
    total = torch.stack([directions.sum(0) for directions, _ in parts]).sum(0).square().sum().item()
    return (total - (n - zeros) + zeros * (zeros - 1)) / (n * (n - 1))


def unit_vectors(weight: Tensor) -> tuple[Tensor, Tensor]:
    """(each unit's weights over their norm, float64 [n, d], zeros for a unit of zeros; which units are zeros [n])."""
    rows = weight.detach().cpu().reshape(len(weight), -1).double()
    lengths = torch.linalg.vector_norm(rows, dim=1)
    return rows / lengths.where(lengths != 0, 1)[:, None], lengths == 0


def spread(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` places, evenly spread, the first and the last among them.

    >>> spread(3, 5).tolist(), spread(10, 4).tolist()
    ([0, 1, 2], [0, 3, 6, 9])
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)
