"""How strongly the loss pulls at each layer, and whether autograd's gradients are right."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from playground.experiment import Loss
from playground.network.build import Net
from playground.probes.activations import eval_mode
from playground.training.layers import exact_norm
from playground.training.losses import LossFunction, loss_function

EPSILON = float(np.finfo(np.float64).eps)
# A central difference is wrong by about h² for the bend of the loss and by eps/h for its rounding: least where both are
# alike, at the cube root of eps (Press et al., Numerical Recipes, section 5.7).
STEP = float(np.cbrt(EPSILON))
FOUR_DIGITS = 1e4
ROUNDING = 100  # times eps·|f|: what the sums within a network make of it, and far less than a wrong gradient


@dataclass(frozen=True)
class LayerGradient:
    """RMS per weight of one layer: of the loss's gradient, and of the weights themselves."""

    name: str
    gradient: float
    weight: float

    @property
    def ratio(self) -> float:
        """gradient / weight; inf where weights of zero are pulled at, 0 where nothing pulls at them."""
        if self.weight == 0:
            return inf if self.gradient else 0.0
        return self.gradient / self.weight


@dataclass(frozen=True)
class Checked:
    """One weight's gradient in float64: `autograd` against the central difference `numeric`.

    `index` is its place in the layer's weight; `noise` is the rounding of the loss as seen in `numeric`; `crosses_kink`
    says that a ReLU, LeakyReLU or MaxPool2d switches between the two points, where `numeric` is no derivative.
    """

    layer: str
    index: tuple[int, ...]
    weight: float
    autograd: float
    numeric: float
    noise: float
    crosses_kink: bool

    @property
    def difference(self) -> float:
        return abs(self.autograd - self.numeric)

    @property
    def relative(self) -> float:
        """|a - n| / max(|a|, |n|); 0 for two exact zeros."""
        return self.difference / self.larger if self.difference else 0.0

    @property
    def is_hidden(self) -> bool:
        """Whether rounding leaves fewer than four digits of the gradient, and explains how far the two differ."""
        is_small = self.larger < FOUR_DIGITS * self.noise
        return is_small and 0 < self.difference < ROUNDING * self.noise and not self.crosses_kink

    @property
    def larger(self) -> float:
        return float(np.maximum(abs(self.autograd), abs(self.numeric)))  # NaN where one is


def layer_gradients(net: Net, x: Tensor, y: Tensor, loss: Loss) -> tuple[LayerGradient, ...]:
    """Gradient of the loss on digits x [N, 1, 28, 28] with labels y [N], one entry a weighted layer, in their order.

    In eval mode, without penalty. The network's mode is put back, and no `.grad` is touched.
    """
    weights = [module.weight for _, module in net.weighted]
    with eval_mode(net), torch.enable_grad():
        gradients = torch.autograd.grad(loss_function(loss)(net(x), y), weights)
    names = [name for name, _ in net.weighted]
    return tuple(map(LayerGradient, names, map(rms, gradients), map(rms, weights)))


def finite_difference_check(
    net: Net, x: Tensor, y: Tensor, loss: Loss, draw: int, count: int = 6
) -> tuple[Checked, ...]:
    """Autograd against (f(w + h) - f(w - h)) / 2h at `count` weights of each weighted layer, f the mean loss on x, y.

    On a copy of the network in float64, in eval mode, without penalty. `draw` seeds the choice of weights: half of them
    lie anywhere, half where the gradient is at least the layer's RMS, so that not only zeros are compared.
    """
    twin = copy.deepcopy(net).cpu().double().eval()
    x, y, f = x.detach().cpu().double(), y.cpu(), loss_function(loss)
    with torch.enable_grad():
        whole = f(twin(x), y)
        gradients = torch.autograd.grad(whole, [module.weight for _, module in twin.weighted])
    rng = np.random.default_rng(draw)
    modules = (*twin.layers, twin.head)
    checked: list[Checked] = []
    with torch.inference_mode():
        received = [x, *twin.forward_all(x)]
        for (name, module), gradient in zip(twin.weighted, gradients, strict=True):
            place = modules.index(module)
            tail = Tail(modules[place:], received[place], y, f)
            for index in chosen(gradient.numpy(), count, rng):
                checked.append(compared(name, module.weight, index, gradient[index].item(), tail, abs(whole.item())))
    return tuple(checked)


@dataclass(frozen=True)
class Tail:
    """The network from one layer on: a weight of that layer changes nothing before it."""

    modules: Sequence[nn.Module]
    x: Tensor
    y: Tensor
    loss: LossFunction

    def run(self) -> tuple[float, list[Tensor]]:
        """The loss, and which side of its kink every unit is on: what lets a ReLU pass, what a MaxPool2d chooses."""
        x, sides = self.x, []
        for module in self.modules:
            if isinstance(module, nn.MaxPool2d):
                x, places = F.max_pool2d(x, module.kernel_size, module.stride, return_indices=True)
                sides.append(places)
                continue
            if isinstance(module, nn.ReLU | nn.LeakyReLU):
                sides.append(x > 0)
            x = module(x)
        return self.loss(x, self.y).item(), sides


def compared(name: str, weight: Tensor, index: tuple[int, ...], gradient: float, tail: Tail, whole: float) -> Checked:
    """One weight moved to either side, and put back."""
    value = weight[index].item()
    high, low = value + STEP, value - STEP
    try:
        weight[index] = high
        above, sides_above = tail.run()
        weight[index] = low
        below, sides_below = tail.run()
    finally:
        weight[index] = value
    crosses = any(not torch.equal(one, other) for one, other in zip(sides_above, sides_below, strict=True))
    width = high - low  # as float64 holds it: not quite 2h
    return Checked(name, index, value, gradient, (above - below) / width, EPSILON * whole / width, crosses)


def chosen(gradient: NDArray[np.float64], count: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Places of `count` different weights, or of all: up to half of them where the gradient is at least its RMS."""
    sizes = np.abs(gradient).ravel()
    strong = np.flatnonzero(sizes >= np.sqrt(np.mean(sizes**2)))
    first = rng.choice(strong, min(count // 2, len(strong)), replace=False)
    others = np.setdiff1d(np.arange(sizes.size), first, assume_unique=True)
    rest = rng.choice(others, min(count - len(first), len(others)), replace=False)
    return [tuple(map(int, np.unravel_index(place, gradient.shape))) for place in (*first, *rest)]


def largest_relative(checked: Iterable[Checked]) -> float:
    """The largest relative difference away from kinks and where rounding hides none; 0 of none, NaN where one is."""
    compared = (one for one in checked if not one.crosses_kink and not one.is_hidden)
    return float(np.max([one.relative for one in compared], initial=0.0))


def rms(tensor: Tensor) -> float:
    """The root mean square; squared in float64, for a vanishing gradient's squares are zero in float32."""
    return exact_norm(tensor.detach()) / sqrt(tensor.numel())
