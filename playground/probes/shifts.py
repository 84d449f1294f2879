"""How often a network is right where digits are moved, turned or scaled."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.data.augmentation import affine
from playground.network.build import Net
from playground.training.evaluation import are_correct, predict, share

FOUR_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # (dx, dy): right, left, down, up


def shifted(x: Tensor, dx: int, dy: int, background: float) -> Tensor:
    """Images [N, C, H, W] moved right by `dx` and down by `dy` pixels; what comes in from outside is background.

    >>> shifted(torch.tensor([[[[1.0, 2.0, 3.0]]]]), 1, 0, 0.0).tolist()
    [[[[0.0, 1.0, 2.0]]]]
    """
    moved = torch.full_like(x, background)
    (to_y, from_y), (to_x, from_x) = overlap(x.shape[2], dy), overlap(x.shape[3], dx)
    moved[:, :, to_y, to_x] = x[:, :, from_y, from_x]
    return moved


def overlap(side: int, by: int) -> tuple[slice, slice]:
    """Along one axis: where what stays inside lies after a shift, and where it lay before."""
    return slice(max(by, 0), max(side + min(by, 0), 0)), slice(max(-by, 0), max(side - max(by, 0), 0))


def accuracy_over_shifts(net: Net, x: Tensor, y: Tensor, background: float, reach: int) -> NDArray[np.float64]:
    """Share of digits x [N, 1, 28, 28] with labels y [N] that are right after each shift: [dy, dx], each from -reach to
    reach. In eval mode."""
    steps = range(-reach, reach + 1)
    return np.array([[accuracy(net, shifted(x, dx, dy, background), y) for dx in steps] for dy in steps])


def accuracy_along_shifts(net: Net, x: Tensor, y: Tensor, background: float, reach: int) -> NDArray[np.float64]:
    """The same along 0 to `reach` pixels, [reach + 1]: the mean of the four directions."""
    each = [
        [accuracy(net, shifted(x, pixels * dx, pixels * dy, background), y) for dx, dy in FOUR_WAYS]
        for pixels in range(1, reach + 1)
    ]
    return np.array([accuracy(net, x, y), *np.mean(each, axis=1)])


def accuracy_over_rotations(
    net: Net, x: Tensor, y: Tensor, background: float, degrees: Sequence[float]
) -> NDArray[np.float64]:
    """The same after a turn about the centre by each of the angles, clockwise: bilinear, as augmentation turns."""
    return np.array([accuracy(net, transformed(x, angle, 1.0, background), y) for angle in degrees])


def accuracy_over_scales(
    net: Net, x: Tensor, y: Tensor, background: float, factors: Sequence[float]
) -> NDArray[np.float64]:
    """The same where digits are enlarged by each of the factors about the centre."""
    return np.array([accuracy(net, transformed(x, 0.0, factor, background), y) for factor in factors])


def transformed(x: Tensor, angle: float, factor: float, background: float) -> Tensor:
    def each(value: float) -> Tensor:
        return x.new_full((len(x),), value)

    return affine(x, each(angle), each(factor), each(0.0), each(0.0), background)


def accuracy(net: Net, x: Tensor, y: Tensor) -> float:
    return share(are_correct(predict(net, x), y))
