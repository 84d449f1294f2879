"""One value explained: replayed from its numbers by hand, it is what leaves the layer."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.data.scaling import Scale
from playground.errors import SpecError
from playground.experiment import (
    GELU,
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    Loss,
    MaxPool2d,
    Network,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network.build import Net, build
from playground.probes.activations import LayerActivation, activations
from playground.probes.pixel import Mapped, Normalized, Passed, PixelSum, Pooled, Scaled, Unit, Weighted, explain
from tests.small_runs import NORMALIZED, small
from tests.strategies import networks

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ReLU": lambda z: max(z, 0.0),
    "GELU": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "SiLU": lambda z: z / (1 + math.exp(-z)),
    "Tanh": math.tanh,
    "Sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "LeakyReLU": lambda z: z if z > 0 else 0.01 * z,
}


def digit() -> Tensor:
    return torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def net_of(*layers: AnyLayer) -> Net:
    """A network whose batch normalizations have statistics and weights of their own."""
    net = build(Network(layers=layers), 0)
    shake(net)
    return net


def shake(net: Net) -> None:
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                for name in ("running_mean", "running_var", "weight", "bias"):
                    tensor = getattr(module, name)
                    tensor.copy_(torch.rand(tensor.shape, generator=draw) + 0.2)


def at(unit: Unit, values: np.ndarray) -> float:
    return float(values[unit.channel, unit.y, unit.x] if values.ndim == 3 else values[unit.channel])


def replayed(found: PixelSum, below: np.ndarray) -> float:
    """The value, from the numbers that explain it."""
    how = found.how
    match how:
        case Weighted():
            np.testing.assert_allclose(
                how.total, np.sum(how.inputs.astype(float) * how.weights.astype(float)), atol=1e-9
            )
            return how.total + how.bias
        case Pooled():
            return float(how.window.mean() if how.taken is None else how.window[how.taken])
        case Normalized():
            return (how.z - how.mean) / math.sqrt(how.variance + how.epsilon) * how.gamma + how.beta
        case Mapped():
            return FUNCTIONS[found.kind](how.z)
        case Passed():
            return at(Unit("", *how.origin), below)
    raise AssertionError(how)


@settings(max_examples=60)
@given(networks, st.data())
def test_any_value_of_any_network_is_replayed_from_the_numbers_that_explain_it(
    network: Network, data: st.DataObject
) -> None:
    net = build(network, 0)
    shake(net)
    layers = activations(net, digit())[:-1]
    chosen = data.draw(st.integers(0, len(layers) - 1))
    unit = data.draw(units(layers[chosen]))
    found = explain(net, digit(), unit)
    below = layers[chosen - 1].values if chosen else digit()[0].numpy()
    assert found.below == (layers[chosen - 1].name if chosen else "Input")
    assert found.value == at(unit, layers[chosen].values)
    np.testing.assert_allclose(replayed(found, below), found.value, rtol=1e-4, atol=1e-5)


def units(layer: LayerActivation) -> st.SearchStrategy[Unit]:
    places = (st.integers(0, size - 1) for size in layer.values.shape)
    return st.tuples(*places).map(lambda place: Unit(layer.name, *place))


@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(), GELU(), SiLU(), Tanh(), Sigmoid()], ids=str)
@pytest.mark.parametrize("channel", range(6))
def test_an_activation_names_the_function_it_applies(layer: AnyLayer, channel: int) -> None:
    net = net_of(Flatten(), Linear(units=6), layer)
    found = explain(net, digit(), Unit(f"{layer.kind} #1", channel))
    assert isinstance(found.how, Mapped)
    assert found.how.z == explain(net, digit(), Unit("Linear #1", channel)).value
    np.testing.assert_allclose(FUNCTIONS[layer.kind](found.how.z), found.value, rtol=1e-5, atol=1e-6)


def test_a_patch_that_hangs_over_the_edge_is_filled_with_the_paddings_zeros() -> None:
    found = explain(net_of(Conv2d(channels=2, kernel=3, padding=1), Flatten()), digit(), Unit("Conv2d #1", 1, 0, 27))
    assert isinstance(found.how, Weighted)
    assert (found.how.top, found.how.left) == (-1, 26)
    image = digit()[0, 0].numpy()
    np.testing.assert_array_equal(found.how.inputs[0, 1:, :2], image[:2, 26:])
    assert not found.how.inputs[0, 0].any()
    assert not found.how.inputs[0, :, 2].any()


def test_a_stride_moves_the_patch_and_the_window() -> None:
    net = net_of(Conv2d(channels=2, kernel=3, stride=2), MaxPool2d(kernel=3, stride=2), AvgPool2d(), Flatten())
    conv, most, mean = (
        explain(net, digit(), Unit(name, 1, 2, 1)).how for name in ("Conv2d #1", "MaxPool2d #1", "AvgPool2d #1")
    )
    assert isinstance(conv, Weighted)
    assert isinstance(most, Pooled)
    assert isinstance(mean, Pooled)
    assert (conv.top, conv.left) == (4, 2)
    assert (most.top, most.left) == (4, 2)
    assert most.taken == divmod(int(most.window.argmax()), 3)
    assert (mean.top, mean.left, mean.taken) == (4, 2, None)


def test_a_pixel_of_the_input_is_told_as_it_was_and_as_it_was_scaled() -> None:
    scale = Scale(33.3, 78.6)
    x = torch.full((1, 1, 28, 28), scale(200))
    found = explain(net_of(Flatten()), x, Unit("Input", 0, 3, 4), scale)
    assert found.how == Scaled(200, 33.3, 78.6)
    assert found.below is None
    assert found.value == pytest.approx((200 - 33.3) / 78.6)


def test_after_a_sum_come_the_layers_that_look_at_its_value_alone() -> None:
    net = net_of(Conv2d(channels=2), BatchNorm2d(), ReLU(), Dropout(p=0.5), MaxPool2d(), Tanh(), Flatten())
    unit = Unit("Conv2d #1", 1, 5, 6)
    values = {layer.name: layer.values for layer in activations(net, digit())}
    found = explain(net, digit(), unit).then
    assert [(one.layer, one.value) for one in found] == [
        (name, at(unit, values[name])) for name in ("BatchNorm2d #1", "ReLU #1")
    ]


def test_after_a_logit_comes_its_probability() -> None:
    net = net_of(Flatten(), Linear(units=6), ReLU())
    logits = activations(net, digit())[-2].values.astype(float)
    (answer,) = explain(net, digit(), Unit("Head", 3)).then
    assert (answer.layer, answer.formula) == ("Output", "e^z / Σ e^z")
    assert answer.value == pytest.approx(np.exp(logits[3]) / np.exp(logits).sum())
    (answer,) = explain(net, digit(), Unit("Head", 3), loss=Loss(kind="binary cross-entropy")).then
    assert answer.value == pytest.approx(1 / (1 + np.exp(-logits[3])))


def test_the_map_around_a_value_is_the_whole_map_or_all_features() -> None:
    net = net_of(Conv2d(channels=2), Flatten(), Linear(units=6))
    values = {layer.name: layer.values for layer in activations(net, digit())}
    np.testing.assert_array_equal(explain(net, digit(), Unit("Conv2d #1", 1, 5, 6)).map, values["Conv2d #1"][1])
    np.testing.assert_array_equal(explain(net, digit(), Unit("Linear #1", 2)).map, values["Linear #1"][None])


@pytest.mark.parametrize(
    ("unit", "field", "words"),
    [
        (Unit("Conv2d #2", 0), "layer", "choose one of Input, Conv2d #1, ReLU #1, Flatten #1, Head"),
        (Unit("Dropout (auto) #1", 0), "layer", "no layer 'Dropout (auto) #1'"),
        (Unit("Conv2d #1", 2), "channel", "no channel 2: they go from 0 to 1"),
        (Unit("Conv2d #1", 0, 26), "y", "no row 26: they go from 0 to 25"),
        (Unit("Conv2d #1", 0, 0, -1), "x", "no column -1"),
        (Unit("Head", 10), "channel", "no unit 10: they go from 0 to 9"),
        (Unit("Head", 0, 1), "y", "no row 1: only 0"),
    ],
    ids=str,
)
def test_a_place_that_isnt_there_is_refused_with_what_there_is(unit: Unit, field: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        explain(net_of(Conv2d(channels=2), ReLU(), Flatten()), digit(), unit)
    assert error.value.field == field
    assert words in error.value.message


def test_a_look_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    explain(net, digit(), Unit("BatchNorm1d #1", 3))
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
