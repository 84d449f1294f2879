"""Equivariance where theory has it, and its absence where theory says so."""

from math import sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from playground.data.tensors import load
from playground.experiment import (
    AnyLayer,
    AvgPool2d,
    Conv2d,
    Data,
    Flatten,
    Linear,
    LocallyConnected2d,
    Loss,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
    Tanh,
)
from playground.network.build import build
from playground.network.names import AUTOMATIC_DROPOUT
from playground.probes.equivariance import LayerEquivariance, answer_change, equivariance
from playground.probes.shifts import shifted

BACKGROUND = -0.4
EXACT = 1e-5


def images(count: int = 2) -> Tensor:
    """Noise to the very border: what a shift cuts off is no background."""
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def found_of(*layers: AnyLayer, dx: int = 0, dy: int = 0, x: Tensor | None = None) -> dict[str, LayerEquivariance]:
    network = Network(layers=(*layers, Flatten()))
    found = equivariance(build(network, 0), network, images() if x is None else x, dx, dy, BACKGROUND)
    return {layer.name: layer for layer in found}


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 2), st.integers(1, 5))
@settings(max_examples=30)
def test_convolutions_of_stride_1_move_with_the_digit_away_from_the_borders(
    dx: int, dy: int, padding: int, kernel: int
) -> None:
    found = found_of(
        Conv2d(channels=3, kernel=kernel, padding=padding), ReLU(), Conv2d(channels=2, padding=padding), dx=dx, dy=dy
    )
    assert list(found) == ["Conv2d #1", "ReLU #1", "Conv2d #2"]
    for layer in found.values():
        assert (layer.jump, layer.moved) == (1, (dx, dy))
        assert layer.error is not None
        assert layer.error < EXACT


@pytest.mark.parametrize("pooling", [MaxPool2d(), AvgPool2d(), Conv2d(channels=4, stride=2)], ids=lambda one: one.kind)
def test_behind_a_stride_maps_follow_only_shifts_by_whole_multiples_of_it(pooling: AnyLayer) -> None:
    layers = (Conv2d(channels=4, padding=1), Tanh(), pooling)
    errors = [[*found_of(*layers, dx=dx).values()][-1].error for dx in (0, 1, 2, 3, 4)]
    assert all(error is not None for error in errors)
    exact = [error is not None and error < EXACT for error in errors]
    assert exact == [True, False, True, False, True]


def test_between_its_places_a_map_is_compared_with_the_nearest_one() -> None:
    layers = (Conv2d(channels=2, kernel=1, stride=3),)
    moved = [found_of(*layers, dx=dx, dy=-dx)["Conv2d #1"].moved for dx in (1, 2, 3, 4, 5)]
    assert moved == [(0, 0), (1, -1), (1, -1), (1, -1), (2, -2)]


def test_at_the_borders_padding_breaks_it() -> None:
    layers = (Conv2d(channels=2, kernel=5, padding=2),)
    network = Network(layers=(*layers, Flatten()))
    net, x = build(network, 0), images()
    whole = (net.layers[0](shifted(x, 3, 0, BACKGROUND))[..., 3:] - net.layers[0](x)[..., :-3]).abs().amax((0, 1, 2))
    assert [column for column, error in enumerate(whole) if error > EXACT] == [0, 1, 23, 24]
    error = found_of(*layers, dx=3)["Conv2d #1"].error
    assert error is not None
    assert error < EXACT


def test_without_weight_sharing_maps_do_not_follow() -> None:
    error = found_of(LocallyConnected2d(channels=4), dx=1)["LocallyConnected2d #1"].error
    assert error is not None
    assert error > 0.5


def test_an_mlp_and_a_map_of_permuted_pixels_have_nothing_to_move() -> None:
    assert found_of(Flatten(), Linear(units=4), ReLU(), dx=1) == {}
    assert [*found_of(Conv2d(channels=2), PermutePixels(), Conv2d(channels=2), dx=1)] == ["Conv2d #1"]


def test_a_map_that_moved_out_of_sight_has_no_error() -> None:
    assert found_of(Conv2d(channels=2), dx=26)["Conv2d #1"].error is None
    assert found_of(Conv2d(channels=2, kernel=1), dx=27)["Conv2d #1"].error is not None


def test_the_error_of_a_map_that_stays_is_that_of_two_values_without_relation() -> None:
    # Var(a - b) = 2 Var(a) for independent a and b of the same distribution: here pixels of noise that are neighbours,
    # for one pixel is no whole place of a map with a stride of 3.
    x = torch.randn(50, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    layers = (Conv2d(channels=1, kernel=1, stride=3),)
    error = found_of(*layers, dx=1, x=x)["Conv2d #1"].error
    assert error == pytest.approx(sqrt(2), rel=0.05)


def test_automatic_dropouts_stand_in_nobodys_way() -> None:
    network = Network(layers=(Conv2d(channels=2), ReLU(), Conv2d(channels=2), Flatten()), dropout=0.5)
    net = build(network, 0).train()
    found = equivariance(net, network, images(), 1, 1, BACKGROUND)
    assert any(name.startswith(AUTOMATIC_DROPOUT) for name in net.names)
    assert [layer.name for layer in found] == ["Conv2d #1", "ReLU #1", "Conv2d #2"]
    assert net.training


def test_global_average_pooling_of_a_map_that_moves_inside_gives_the_same_answer() -> None:
    layers = (Conv2d(channels=8, kernel=5, padding=2), ReLU(), AvgPool2d(kernel=28, stride=28), Flatten())
    net = build(Network(layers=layers), 0)
    x = torch.full((3, 1, 28, 28), BACKGROUND)
    x[:, :, 8:20, 8:20] = images(3)[:, :, :12, :12]
    change = answer_change(net, x, 4, -3, BACKGROUND, Loss())
    assert (change.unchanged, change.moved) == (1.0, pytest.approx(0, abs=1e-6))


def test_what_stays_of_the_answers_is_counted_digit_by_digit() -> None:
    net, x = build(Network(layers=(Flatten(),)), 3), load(Data(), 0).test.x[:50]
    change = answer_change(net, x, 5, 0, BACKGROUND, Loss())
    p, q = (net(one).softmax(1).detach() for one in (x, shifted(x, 5, 0, BACKGROUND)))
    assert change.unchanged == pytest.approx((p.argmax(1) == q.argmax(1)).double().mean().item())
    assert change.moved == pytest.approx(1 - torch.minimum(p, q).sum(1).mean().item(), abs=1e-5)  # the overlap's rest
    assert 0 < change.moved < 1
