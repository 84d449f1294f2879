"""Networks that can't work: which layer is named and why, and that the ways out lead to one that works."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from torch import nn

from playground.errors import SpecError
from playground.experiment import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
)
from playground.network.build import build
from playground.network.fixes import MOST_LAYERS
from playground.network.shapes import trace
from playground.network.walk import MOST_PARAMETERS
from tests.strategies import stacks

CONV, WIDE = Conv2d(channels=2), Conv2d(channels=2, kernel=26)
PROBLEMS: list[tuple[tuple[Layer, ...], str, str, list[str]]] = [
    (
        (Linear(),),
        "network.layers.0",
        "Linear #1 needs flat input, but receives the 1 × 28 × 28 map: add Flatten before it",
        ["Add Flatten before Linear #1", "Remove Linear #1"],
    ),
    (
        (CONV, BatchNorm1d(), Flatten()),
        "network.layers.1",
        "BatchNorm1d #1 needs flat input, but receives the 2 × 26 × 26 map: use BatchNorm2d instead",
        ["Use BatchNorm2d instead of BatchNorm1d #1", "Add Flatten before BatchNorm1d #1", "Remove BatchNorm1d #1"],
    ),
    (
        (Flatten(), ReLU(), CONV),
        "network.layers.2",
        "Conv2d #1 needs a map, but receives 784 flat values: move it before the Flatten",
        ["Move Conv2d #1 before Flatten #1", "Remove Flatten #1", "Remove Conv2d #1"],
    ),
    (
        (Flatten(), Linear(), MaxPool2d()),
        "network.layers.2",
        "MaxPool2d #1 needs a map, but receives 128 flat values: move it before the Flatten",
        ["Move MaxPool2d #1 before Flatten #1", "Remove MaxPool2d #1"],
    ),
    (
        (Flatten(), BatchNorm2d()),
        "network.layers.1",
        "BatchNorm2d #1 needs a map, but receives 784 flat values: use BatchNorm1d instead",
        ["Use BatchNorm1d instead of BatchNorm2d #1", "Move BatchNorm2d #1 before Flatten #1", "Remove Flatten #1"],
    ),
    (
        (WIDE, Conv2d(kernel=5), Flatten()),
        "network.layers.1.kernel",
        "kernel 5 does not fit the 3 × 3 map that Conv2d #2 receives: lower it to 3 or add padding",
        ["Lower the kernel of Conv2d #2 to 3", "Pad Conv2d #2 by 1", "Remove Conv2d #2"],
    ),
    (
        (Conv2d(), MaxPool2d(), Conv2d(kernel=15), MaxPool2d(), Flatten()),
        "network.layers.2.kernel",
        "kernel 15 does not fit the 13 × 13 map that Conv2d #2 receives: lower it to 13 or add padding",
        ["Lower the kernel of Conv2d #2 to 12", "Pad Conv2d #2 by 2", "Remove Conv2d #2"],
    ),
    (
        (WIDE, Conv2d(kernel=8, padding=1), Flatten()),
        "network.layers.1.kernel",
        "kernel 8 does not fit the 3 × 3 map that Conv2d #2 receives, padded to 5 × 5: lower it to 5 or add padding",
        ["Lower the kernel of Conv2d #2 to 5", "Pad Conv2d #2 by 3", "Remove Conv2d #2"],
    ),
    (
        (WIDE, AvgPool2d(kernel=4), Flatten()),
        "network.layers.1.kernel",
        "kernel 4 does not fit the 3 × 3 map that AvgPool2d #1 receives: lower it to 3",
        ["Lower the kernel of AvgPool2d #1 to 3", "Remove AvgPool2d #1"],
    ),
    (
        (WIDE, LocallyConnected2d(kernel=5), Flatten()),
        "network.layers.1.kernel",
        "kernel 5 does not fit the 3 × 3 map that LocallyConnected2d #1 receives: lower it to 3 or add padding",
        ["Lower the kernel of LocallyConnected2d #1 to 3", "Pad LocallyConnected2d #1 by 1"],
    ),
    (
        (Flatten(), PermutePixels()),
        "network.layers.1",
        "PermutePixels #1 needs a map, but receives 784 flat values: move it before the Flatten",
        ["Move PermutePixels #1 before Flatten #1", "Remove Flatten #1", "Remove PermutePixels #1"],
    ),
    (
        (LocallyConnected2d(channels=512), LocallyConnected2d(channels=512), Flatten()),
        "network.layers.1.channels",
        "LocallyConnected2d #2 brings the network to 1,362,710,528 parameters, more than the 20,000,000 that can be "
        "trained here: make it or a layer before it smaller",
        [],
    ),
    (
        (CONV,),
        "network.layers",
        "the head needs flat input, but receives the 2 × 26 × 26 map: add Flatten at the end",
        ["Add Flatten at the end"],
    ),
    (
        (Flatten(), *[Linear(units=4096)] * 3),
        "network.layers.3.units",
        "Linear #3 brings the network to 36,777,984 parameters, more than the 20,000,000 that can be trained here: "
        "make it or a layer before it smaller",
        ["Lower the units of Linear #2 to 2,048", "Remove Linear #3"],
    ),
    (
        (Conv2d(channels=64, padding=1), Flatten(), Linear(units=512)),
        "network.layers.2.units",
        "Linear #1 brings the network to 25,691,264 parameters, more than the 20,000,000 that can be trained here: "
        "make it or a layer before it smaller",
        [
            "Lower the units of Linear #1 to 256",
            "Add MaxPool2d before Flatten #1",
            "Lower the channels of Conv2d #1 to 32",
        ],
    ),
    (
        (Flatten(), *[Linear(units=4096)] * 2),
        "network.layers",
        "Head brings the network to 20,037,642 parameters, more than the 20,000,000 that can be trained here: "
        "make it or a layer before it smaller",
        ["Lower the units of Linear #2 to 2,048"],
    ),
    (
        (*[Conv2d(channels=512, padding=1, kernel=1)] * 12, Flatten()),
        "network.layers.10.channels",
        "Conv2d #11 brings the network to 9,236,480 values a digit, more than the 8,000,000 that can be trained here: "
        "make it or a layer before it smaller",
        [],
    ),
]


@pytest.mark.parametrize(("layers", "field", "message", "labels"), PROBLEMS, ids=lambda value: None)
def test_a_network_that_cannot_work_says_which_layer_why_and_the_ways_out(
    layers: tuple[Layer, ...], field: str, message: str, labels: list[str]
) -> None:
    found = trace(Network(layers=layers))
    assert found.problem is not None
    assert (found.problem.field, found.problem.message) == (field, message)
    assert [fix.label for fix in found.problem.fixes][: len(labels)] == labels
    assert found.head is None
    assert len(found.rows) == found.problem.index
    with pytest.raises(SpecError) as raised:
        build(Network(layers=layers), seed=0)
    assert (raised.value.field, raised.value.message) == (field, message)


@pytest.mark.parametrize("layers", [row[0] for row in PROBLEMS[:9] if row[0] != (CONV,)], ids=str)
def test_pytorch_refuses_the_layer_that_we_refuse(layers: Sequence[Layer]) -> None:
    problem = trace(Network(layers=tuple(layers))).problem
    assert problem is not None
    module = {
        "Linear": lambda spec: nn.Linear(784, 1),
        "BatchNorm1d": lambda spec: nn.BatchNorm1d(2),
        "BatchNorm2d": lambda spec: nn.BatchNorm2d(784),
        "Conv2d": lambda spec: nn.LazyConv2d(1, spec.kernel, padding=spec.padding),
        "MaxPool2d": lambda spec: nn.MaxPool2d(2),
        "AvgPool2d": lambda spec: nn.AvgPool2d(spec.kernel),
    }[layers[problem.index].kind](layers[problem.index])
    rows = trace(Network(layers=tuple(layers))).rows
    shape = rows[-1].output_shape if rows else (1, 28, 28)
    if isinstance(module, nn.MaxPool2d):
        shape = (1, *shape)  # flat values [B, n] would pass for one channel of a batch
    with pytest.raises((RuntimeError, ValueError)):
        module(torch.zeros(2, *shape))


@pytest.mark.parametrize("kernel", range(14, 29))
def test_each_way_out_of_a_kernel_that_does_not_fit_leads_to_a_network_that_works(kernel: int) -> None:
    layers = (Conv2d(), MaxPool2d(), Conv2d(kernel=kernel), ReLU(), MaxPool2d(kernel=3), Conv2d(kernel=2), Flatten())
    problem = trace(Network(layers=layers)).problem
    assert problem is not None
    assert [fix.label for fix in problem.fixes if trace(Network(layers=fix.layers)).problem] == []


def press_the_first_fix(layers: tuple[Layer, ...], times: int) -> tuple[Layer, ...]:
    """The layers once there is no problem left."""
    for _ in range(times):
        problem = trace(Network(layers=layers)).problem
        if problem is None:
            return layers
        assert all(trace(Network(layers=fix.layers)).problem != problem for fix in problem.fixes)
        layers = problem.fixes[0].layers
    raise AssertionError(f"still broken after {times} fixes: {layers}")


@given(stacks)
def test_pressing_the_first_fix_again_and_again_ends_at_a_network_that_works(layers: tuple[Layer, ...]) -> None:
    fixed = press_the_first_fix(layers, times=len(layers) + 3)
    network = Network(layers=fixed)
    if trace(network).parameters < 200_000 and trace(network).values < 200_000:
        assert build(network, seed=0).eval()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    "layers",
    [
        [ReLU()] * MOST_LAYERS,
        [Linear(units=4096)] * MOST_LAYERS,
        [Conv2d(channels=512, kernel=1, padding=14)] * MOST_LAYERS,
        [Flatten(), *[Linear(units=4096)] * 2, *[ReLU()] * (MOST_LAYERS - 3)],
        [*[Conv2d(kernel=1, padding=14)] * 8, Flatten()],
        [Flatten(), *[Conv2d(kernel=28)] * (MOST_LAYERS - 1)],
    ],
    ids=["no room for Flatten", "wide", "growing maps", "head too large", "head on a huge map", "all after Flatten"],
)
def test_the_largest_networks_can_be_fixed_too(layers: list[Layer]) -> None:
    fixed = press_the_first_fix(tuple(layers), times=MOST_LAYERS + 3)
    assert trace(Network(layers=fixed)).parameters <= MOST_PARAMETERS
