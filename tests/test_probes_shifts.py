"""Accuracy where digits are moved, against augmentation's own transform and against single digits."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from playground.data.augmentation import affine
from playground.data.tensors import load
from playground.experiment import Data, Flatten, Network
from playground.network.build import Net, build
from playground.probes.shifts import (
    accuracy_along_shifts,
    accuracy_over_rotations,
    accuracy_over_scales,
    accuracy_over_shifts,
    shifted,
)
from tests.small_runs import CNN

BACKGROUND = -0.4


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_a_shift_is_the_one_that_augmentation_makes(dx: int, dy: int) -> None:
    x = images()
    still = torch.zeros(3)
    expected = affine(x, still, still + 1, still + dx, still + dy, BACKGROUND)
    torch.testing.assert_close(shifted(x, dx, dy, BACKGROUND), expected, atol=1e-4, rtol=0)


def test_there_and_back_only_loses_what_left_the_frame() -> None:
    x = images()
    back = shifted(shifted(x, 3, -2, BACKGROUND), -3, 2, BACKGROUND)
    assert torch.equal(back[:, :, 2:, :25], x[:, :, 2:, :25])
    assert (back[:, :, :2] == BACKGROUND).all()
    assert (back[:, :, :, 25:] == BACKGROUND).all()


def right_of(net: Net, x: Tensor, y: Tensor) -> float:
    return (net.eval()(x).argmax(1) == y).double().mean().item()


def test_the_map_holds_each_shifts_accuracy_down_its_rows_and_right_along_its_columns() -> None:
    net, digits = build(Network(layers=CNN), 0), load(Data(), 0).test
    x, y = digits.x[:40], digits.y[:40]
    found = accuracy_over_shifts(net, x, y, BACKGROUND, reach=2)
    assert found.shape == (5, 5)
    assert found[2, 2] == right_of(net, x, y)
    assert found[0, 3] == right_of(net, shifted(x, 1, -2, BACKGROUND), y)


def test_along_a_shift_it_is_the_mean_of_the_four_directions_of_the_map() -> None:
    net, digits = build(Network(layers=CNN), 0), load(Data(), 0).test
    x, y = digits.x[:60], digits.y[:60]
    accuracy = accuracy_over_shifts(net, x, y, BACKGROUND, reach=3)
    right, left, down, up = accuracy[3, 3:], accuracy[3, 3::-1], accuracy[3:, 3], accuracy[3::-1, 3]
    expected = (right + left + down + up) / 4
    np.testing.assert_allclose(accuracy_along_shifts(net, x, y, BACKGROUND, reach=3), expected)


def test_what_sees_only_the_left_half_is_right_until_a_digit_leaves_it() -> None:
    net = build(Network(layers=(Flatten(),)), 0)
    with torch.no_grad():
        net.head.bias.zero_()
        net.head.weight.zero_()
        net.head.weight.view(10, 28, 28)[1, :, :14] = 1  # class 1 where the left half is bright
    x = torch.zeros(1, 1, 28, 28)
    x[:, :, 10:18, 10:13] = 1
    found = accuracy_over_shifts(net, x, torch.tensor([1]), 0.0, reach=4)
    np.testing.assert_array_equal(found[4], [1, 1, 1, 1, 1, 1, 1, 1, 0])
    np.testing.assert_array_equal(found, np.tile(found[4], (9, 1)))


def test_turned_and_scaled_digits_are_those_of_augmentation() -> None:
    net, digits = build(Network(layers=CNN), 0), load(Data(), 0).test
    x, y = digits.x[:40], digits.y[:40]
    still = torch.zeros(40)
    turned = affine(x, still + 30, still + 1, still, still, BACKGROUND)
    large = affine(x, still, still + 1.2, still, still, BACKGROUND)
    assert accuracy_over_rotations(net, x, y, BACKGROUND, [30.0]) == pytest.approx([right_of(net, turned, y)])
    assert accuracy_over_scales(net, x, y, BACKGROUND, [1.2]) == pytest.approx([right_of(net, large, y)])
