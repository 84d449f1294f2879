"""How strongly each pixel moves one unit: the effective receptive field."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from playground.experiment import IMAGE_SHAPE
from playground.network.build import Net
from playground.network.modules import LocallyConnected2d, PermutePixels
from playground.network.names import HEAD
from playground.network.receptive_field import Window
from playground.probes.activations import eval_mode

WHOLE = (nn.Flatten, PermutePixels, LocallyConnected2d)  # a part of a map is not enough for these
PART = 16  # digits at a time: what leaves the layers stays in the processor's cache


@dataclass(frozen=True)
class EffectiveField:
    """`values` float32 [28, 28]: the absolute gradient of a unit by each pixel, mean over `digits` digits.

    `moved`: for how many of them the gradient is not exactly 0 everywhere; where there is none, the unit is dead.
    """

    values: NDArray[np.float32]
    digits: int
    moved: int


@dataclass(frozen=True)
class Rows:
    """Part of a map along one axis, from `start` to `stop` - 1, and the zeros that padding puts before and after it."""

    start: int
    stop: int
    before: int = 0
    after: int = 0


def effective_field(net: Net, digits: Tensor, layer: str, channel: int, y: int = 0, x: int = 0) -> EffectiveField:
    """The effective field of the unit of `layer` at `channel`, `y`, `x`, over digits [N, 1, 28, 28], in eval mode.

    After Luo, Li, Urtasun and Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural
    Networks", 2016. They average the signed gradient; here it is its absolute value for each digit, for gradients
    that push one digit up and another one down would cancel, though both digits' pixels move the unit. Gradients are
    by the input as the network gets it, which is scaled. Of a flat layer `channel` is the unit, and `y` = `x` = 0.
    """
    modules = [*net.layers, net.head][: (*net.names, HEAD).index(layer) + 1]
    with eval_mode(net):
        if any(isinstance(module, WHOLE) for module in modules):
            parts = [absolute_gradient(part, modules, channel, y, x) for part in digits.split(PART)]
        else:
            parts = [field_gradient(digits, modules, channel, y, x)]
    gradient = torch.cat(parts)
    moved = int((gradient != 0).flatten(1).any(1).sum())
    return EffectiveField(gradient.mean(0).float().cpu().numpy(), len(digits), moved)


@torch.enable_grad()
def absolute_gradient(digits: Tensor, modules: Sequence[nn.Module], channel: int, y: int, x: int) -> Tensor:
    """|∂ unit of the last module / ∂ pixel| of each digit [N, 28, 28].

    In eval mode no digit touches another one's unit, so that the gradient of their sum is each digit's own.
    """
    image = digits.detach().requires_grad_()
    values = image
    for module in modules:
        values = module(values)
    unit = values[:, channel, y, x] if values.ndim == 4 else values[:, channel]
    (gradient,) = torch.autograd.grad(unit.sum(), image)
    return gradient[:, 0].abs()


@torch.enable_grad()
def field_gradient(digits: Tensor, modules: Sequence[nn.Module], channel: int, y: int, x: int) -> Tensor:
    """|∂ unit of the last module / ∂ pixel| of each digit [N, 28, 28]; the last module's output is a map.

    Only the part of each map that the unit sees is computed, exactly: zeros are put where the layer pads its map, and
    nowhere else. For the last pooling layer of two this is an eighth of the work.
    """
    gradient = torch.zeros(len(digits), *IMAGE_SHAPE[1:], dtype=digits.dtype, device=digits.device)
    down, across = needed(modules, y), needed(modules, x)
    if not (down and across):
        return gradient
    place = (slice(down[0].start, down[0].stop), slice(across[0].start, across[0].stop))
    part = digits[:, :, *place].detach().clone().requires_grad_()
    values = part
    for module, rows, columns in zip(modules, down, across, strict=True):
        if isinstance(module, nn.Conv2d):
            padded = F.pad(values, (columns.before, columns.after, rows.before, rows.after))
            values = F.conv2d(padded, module.weight, module.bias, module.stride)
        else:
            values = module(values)
    (found,) = torch.autograd.grad(values[:, channel].sum(), part)
    gradient[:, *place] = found[:, 0].abs()
    return gradient


def needed(modules: Sequence[nn.Module], position: int) -> list[Rows]:
    """For each module, along one axis, what of its input the last one's output at `position` needs.

    Empty where a module sees only padding.
    """
    sides = [IMAGE_SHAPE[1]]
    for module in modules:
        kernel, stride, padding = slid(module)
        sides.append((sides[-1] + 2 * padding - kernel) // stride + 1)
    found: list[Rows] = []
    start, stop = position, position + 1
    for module, side in zip(reversed(modules), reversed(sides[:-1]), strict=True):
        kernel, stride, padding = slid(module)
        first, last = start * stride - padding, (stop - 1) * stride - padding + kernel
        start, stop = max(first, 0), min(last, side)
        if start >= stop:
            return []
        found.append(Rows(start, stop, start - first, last - stop))
    return found[::-1]


def slid(module: nn.Module) -> Window:
    """The window that the module slides over its input; of one pixel where it looks at each value alone."""
    match module:
        case nn.Conv2d():
            assert isinstance(module.padding, tuple)
            return Window(module.kernel_size[0], module.stride[0], module.padding[0])
        case nn.MaxPool2d() | nn.AvgPool2d():
            assert isinstance(module.kernel_size, int)
            assert isinstance(module.stride, int)
            return Window(module.kernel_size, module.stride)
    return Window(1, 1)


def radii(centre: tuple[float, float], size: int) -> NDArray[np.float32]:
    """Half the sides of the centred squares of whole pixels around `centre`, from 0 to that of side `size`.

    Squares that hold the whole image already are the last ones; at odd sizes the first square is the pixel in the
    middle.
    """
    reach = max(max(abs(c), abs(side - 1 - c)) + 0.5 for c, side in zip(centre, IMAGE_SHAPE[1:], strict=True))
    first = 0.5 if size % 2 else 1.0
    return np.array([0, *np.arange(first, min(size / 2, reach) + 0.25)], np.float32)


def share_within(
    values: NDArray[np.float32], centre: tuple[float, float], within: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """The share of the sum of `values` [28, 28] in the square of each half side around `centre`.

    None where the sum is 0 or not finite.

    A radius is half the side of a square (Chebyshev's distance), because the theoretical field is one: at half its size
    the share is 1, and a field whose pixels all counted alike would rise with the square of the radius. The centre is
    the theoretical field's and not the values' own, so that a field that leans to one side shows as a wide one.
    """
    y, x = np.indices(values.shape)
    distance = np.maximum(abs(y - centre[0]), abs(x - centre[1])) + 0.5  # of a pixel's outer edge
    total = values.sum(dtype=np.float64)
    if not 0 < total < np.inf:
        return None
    sums = np.bincount(np.searchsorted(within, distance.ravel()), values.ravel(), len(within) + 1)
    return (np.cumsum(sums)[: len(within)] / total).astype(np.float32)


def half_radius(shares: NDArray[np.float32], within: NDArray[np.float32]) -> float:
    """The radius within which half of the field lies, between two squares in proportion.

    >>> half_radius(np.array([0, 0.25, 0.75, 1], np.float32), np.array([0, 1, 2, 3], np.float32))
    1.5
    """
    at = int(np.searchsorted(shares, 0.5))
    low, high = shares[at - 1], shares[at]
    return float(within[at - 1] + (0.5 - low) / (high - low) * (within[at] - within[at - 1]))
