"""Locally connected layers and permuted pixels: against convolutions, counting, and runs that hold them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from playground.experiment import (
    AnyLayer,
    Conv2d,
    Flatten,
    Initialization,
    InitializationKind,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    PermutePixels,
    Regularization,
    ReLU,
)
from playground.network import modules
from playground.network.build import Net, build
from playground.network.permutation import pixel_order
from playground.network.shapes import trace
from playground.seeds import derive
from playground.training.checkpoint import restore, save
from playground.training.trainer import Trainer
from tests.small_runs import small, steps

LOCAL: tuple[AnyLayer, ...] = (LocallyConnected2d(channels=4, kernel=5, stride=2), ReLU(), MaxPool2d(), Flatten())
SHUFFLED: tuple[AnyLayer, ...] = (PermutePixels(), Conv2d(channels=4), ReLU(), MaxPool2d(), Flatten())


def first(net: Net) -> modules.LocallyConnected2d:
    found = net.layers[0]
    assert isinstance(found, modules.LocallyConnected2d)
    return found


def test_behind_batch_normalization_one_digit_has_the_gradient_that_it_has_among_others() -> None:
    layer, norm = modules.LocallyConnected2d((1, 6, 6), 2, 3), nn.BatchNorm2d(2).eval()
    nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(0))
    nn.init.zeros_(layer.bias)
    digits = torch.rand(3, 1, 6, 6, generator=torch.Generator().manual_seed(1), requires_grad=True)
    gradients = [torch.autograd.grad(norm(layer(x))[0, 0, 1, 2], digits)[0][0] for x in (digits, digits[:1])]
    torch.testing.assert_close(gradients[1], gradients[0])


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2))
@settings(max_examples=30)
def test_with_the_same_weights_at_all_places_it_is_a_convolution(
    inputs: int, channels: int, kernel: int, stride: int, padding: int
) -> None:
    convolution = nn.Conv2d(inputs, channels, kernel, stride, padding)
    layer = modules.LocallyConnected2d((inputs, 7, 9), channels, kernel, stride, padding)
    assert convolution.bias is not None
    with torch.no_grad():
        layer.weight.copy_(convolution.weight.flatten(1).expand_as(layer.weight))
        layer.bias.copy_(convolution.bias.repeat(len(layer.weight)))
    x = torch.randn(3, inputs, 7, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer(x), convolution(x))


def test_its_kernels_are_those_of_each_place() -> None:
    layer = first(build(Network(layers=LOCAL), seed=0))
    x = torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    row, column = 3, 7
    place = row * layer.width + column
    alone = nn.functional.conv2d(x[:, :, 6:11, 14:19], layer.kernels(place), layer.bias.view(-1, 4)[place])
    torch.testing.assert_close(layer(x)[:, :, row, column], alone[:, :, 0, 0])
    assert torch.equal(layer.all_kernels()[4 * place : 4 * place + 4], layer.kernels(place))


@pytest.mark.parametrize("kind", ["default", "He normal", "Xavier normal", "Xavier uniform", "orthogonal"])
def test_every_place_starts_as_a_convolution_of_its_own_would(kind: InitializationKind) -> None:
    layers = (LocallyConnected2d(channels=8, kernel=5), Flatten())
    layer = first(build(Network(layers=layers, initialization=Initialization(kind=kind)), seed=3))
    conv = build(Network(layers=(Conv2d(channels=8, kernel=5), Flatten()), initialization=Initialization(kind=kind)), 3)
    shared = conv.layers[0]
    assert isinstance(shared, nn.Conv2d)
    assert shared.bias is not None
    assert torch.equal(layer.kernels(0), shared.weight)  # the first place draws as the convolution does
    assert torch.equal(layer.bias[:8], shared.bias)
    assert not torch.equal(layer.kernels(1), layer.kernels(0))
    assert layer.weight.std().item() == pytest.approx(shared.weight.std().item(), rel=0.15)


def test_sharing_is_what_saves_parameters_and_costs_nothing_in_multiplications() -> None:
    kinds = (Conv2d, LocallyConnected2d)
    shared, own = (trace(Network(layers=(kind(channels=16), Flatten()))).rows[0] for kind in kinds)
    assert own.parameters == 26 * 26 * shared.parameters == 108_160
    assert own.formula == "26·26·3·3·1·16 + 26·26·16 = 108,160"
    assert (own.multiply_adds, own.receptive_field) == (shared.multiply_adds, shared.receptive_field)


def test_weight_decay_leaves_its_biases_alone() -> None:
    trainer = Trainer(small(*LOCAL).but(regularization=Regularization(weight_decay=0.1)))
    layer = first(trainer.net)
    assert any(one is layer.weight for one in trainer.decayed)
    assert not any(one is layer.bias for one in trainer.decayed)


@pytest.mark.parametrize("layers", [LOCAL, SHUFFLED], ids=["local", "shuffled"])
def test_a_run_with_it_goes_on_from_its_checkpoint_bit_for_bit(layers: tuple[AnyLayer, ...], tmp_path: Path) -> None:
    whole, begun = Trainer(small(*layers)), Trainer(small(*layers))
    steps(begun, 7)
    save(begun, tmp_path / "file")
    resumed = Trainer(small(*layers))
    restore(resumed, tmp_path / "file")
    steps(resumed, 5)
    steps(whole, 12)
    for one, other in zip(whole.net.parameters(), resumed.net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_one_order_of_pixels_serves_all_channels_seeds_and_runs() -> None:
    x = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    one, other = (build(Network(layers=SHUFFLED), seed).layers[0](x) for seed in (0, 1))
    assert torch.equal(one, other)
    maps = modules.PermutePixels(28, 28)(x.expand(2, 3, 28, 28))
    assert torch.equal(maps, one.expand(2, 3, 28, 28))
    np.testing.assert_array_equal(one[1, 0].flatten(), x[1, 0].flatten()[pixel_order(28, 28)])


def test_the_order_is_a_permutation_that_keeps_hardly_any_neighbours() -> None:
    order = pixel_order(28, 28)
    assert sorted(order) == [*range(784)]
    beside = np.abs(np.diff(order.reshape(28, 28), axis=1)) == 1
    assert beside.mean() < 0.02
    assert derive(0, "pixels", 28, 28) != derive(0, "pixels", 14, 14)


def test_a_permutation_learns_nothing_and_hides_no_weights_from_what_follows() -> None:
    facts = trace(Network(layers=SHUFFLED))
    assert [(row.parameters, row.is_scattered) for row in facts.rows] == [
        (0, True),
        (40, True),
        (0, True),
        (0, True),
        (0, True),
    ]
    assert facts.head is not None
    assert not facts.head.is_scattered, "a fully connected unit sees all pixels, wherever they are"
    plain = build(Network(layers=SHUFFLED[1:]), seed=0)
    for one, other in zip(build(Network(layers=SHUFFLED), seed=0).parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)
