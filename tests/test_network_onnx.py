"""The ONNX model against PyTorch, run by onnxruntime; the table of a state dict against PyTorch's own."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from playground.experiment import (
    GELU,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    PermutePixels,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from playground.network.build import MODULES, Net, build
from playground.network.onnx_model import onnx_model
from playground.network.onnx_nodes import NODES
from playground.network.state import entries
from playground.presets import TEMPLATES
from tests.strategies import networks

MAPS: tuple[Layer, ...] = (
    Conv2d(channels=4, kernel=5, stride=2, padding=1),
    LocallyConnected2d(channels=3, kernel=3, stride=2, padding=1),
    LocallyConnected2d(channels=2, kernel=4, stride=3),
    *(MaxPool2d(kernel=3, stride=2), AvgPool2d(kernel=3, stride=1)),
    *(PermutePixels(), BatchNorm2d(), Dropout(p=0.5), ReLU(), LeakyReLU(negative_slope=0.2), GELU()),
    *(SiLU(), Tanh(), Sigmoid()),
)
FLAT: tuple[Layer, ...] = (Linear(units=7), BatchNorm1d(), GELU(), Dropout())


def trained(network: Network) -> Net:
    """The network as training leaves one: running statistics that aren't those it begins with."""
    net = build(network, seed=3)
    random = torch.Generator().manual_seed(1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (module.weight.data, module.bias.data, module.running_mean, module.running_var):
                assert isinstance(tensor, Tensor)
                tensor.uniform_(0.5, 2, generator=random)
    return net.eval()


def exported(network: Network, net: Net) -> bytes:
    state = net.state_dict()
    return onnx_model(network, {one.name: state[one.own_name].numpy() for one in entries(network)}, {"scaling": "none"})


def assert_same_logits(network: Network) -> None:
    net = trained(network)
    session = onnxruntime.InferenceSession(exported(network, net), providers=["CPUExecutionProvider"])
    x = torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for batch in (x, x[:1]):  # any number of digits
        (logits,) = session.run(["logits"], {"digits": batch.numpy()})
        with torch.inference_mode():
            np.testing.assert_allclose(logits, net(batch).numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", TEMPLATES)
def test_onnxruntime_gives_the_logits_of_every_template(name: str) -> None:
    assert_same_logits(TEMPLATES[name].network)


@pytest.mark.parametrize("layer", MAPS, ids=lambda layer: layer.kind)
def test_onnxruntime_gives_the_logits_of_every_layer_on_maps(layer: Layer) -> None:
    assert_same_logits(Network(layers=(Conv2d(channels=2, kernel=9, stride=2), layer, Flatten()), dropout=0.3))


@pytest.mark.parametrize("layer", FLAT, ids=lambda layer: layer.kind)
def test_onnxruntime_gives_the_logits_of_every_layer_on_features(layer: Layer) -> None:
    assert_same_logits(Network(layers=(Flatten(), Linear(units=9), layer), dropout=0.3))


def test_every_kind_of_layer_has_its_nodes_and_its_test() -> None:
    assert NODES.keys() == MODULES.keys() == {type(layer) for layer in (*MAPS, *FLAT, Flatten())}


@given(networks)
@settings(max_examples=25)
def test_the_table_of_tensors_is_the_state_dict_of_the_network(network: Network) -> None:
    state = build(network, seed=0).state_dict()
    assert [(one.own_name, one.shape) for one in entries(network)] == [(k, tuple(v.shape)) for k, v in state.items()]


@pytest.mark.parametrize(("dropout", "drops"), [(0.0, None), (0.3, None), (0.0, True)])
def test_names_are_those_of_an_nn_sequential_of_the_same_layers(dropout: float, drops: bool | None) -> None:
    layers = (Dropout(p=0), Conv2d(channels=2), ReLU(), BatchNorm2d(), Flatten(), Linear(units=5))
    network = Network(layers=layers, dropout=dropout)
    after_activation = [nn.Dropout(dropout)] if dropout or drops else []
    written = nn.Sequential(
        *(nn.Conv2d(1, 2, 3), nn.ReLU(), *after_activation),
        *(nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(1352, 5), nn.Linear(5, 10)),
    )
    assert [one.name for one in entries(network, drops)] == [*written.state_dict()]


def test_the_model_says_what_its_input_is() -> None:
    network = TEMPLATES["Softmax regression"].network
    model = onnx.load_from_string(exported(network, trained(network)))
    assert {one.key: one.value for one in model.metadata_props} == {"scaling": "none"}
    (digits,) = model.graph.input
    shape = [axis.dim_param or axis.dim_value for axis in digits.type.tensor_type.shape.dim]
    assert (digits.name, shape) == ("digits", ["batch", 1, 28, 28])
