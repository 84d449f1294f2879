"""What one digit does to every layer, against running the network by hand."""

import numpy as np
import torch
from torch.nn import functional as F

from playground.experiment import Dropout, Loss
from playground.network.build import build
from playground.probes.activations import activations
from tests.small_runs import CNN, MLP, NORMALIZED, small


def digit() -> torch.Tensor:
    return torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_every_layer_of_the_builder_is_there_in_its_order_and_the_answer_last() -> None:
    net = build(small(*CNN, Dropout(p=0.5), dropout=0.5).network, 0)
    found = activations(net, digit())
    names = [
        "Conv2d #1",
        "ReLU #1",
        "MaxPool2d #1",
        "Flatten #1",
        "Linear #1",
        "ReLU #2",
        "Dropout #1",
        "Head",
        "Output",
    ]
    assert [layer.name for layer in found] == names
    kinds = ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear", "ReLU", "Dropout", "Linear", "Softmax"]
    assert [layer.kind for layer in found] == kinds
    shapes = [(3, 26, 26), (3, 26, 26), (3, 13, 13), (507,), (8,), (8,), (8,), (10,), (10,)]
    assert [layer.values.shape for layer in found] == shapes
    assert all(layer.values.dtype == np.float32 for layer in found)


def test_the_values_are_those_of_plain_functions() -> None:
    net = build(small(*CNN).network, 0)
    conv, linear, head = (module for _, module in net.weighted)
    x = digit()
    with torch.no_grad():
        maps = F.conv2d(x, conv.get_parameter("weight"), conv.get_parameter("bias"))
        flat = F.max_pool2d(maps.relu(), 2).flatten(1)
        units = F.linear(flat, linear.get_parameter("weight"), linear.get_parameter("bias"))
        logits = F.linear(units.relu(), head.get_parameter("weight"), head.get_parameter("bias"))
    found = {layer.name: layer.values for layer in activations(net, x)}
    for name, wanted in (("Conv2d #1", maps), ("ReLU #1", maps.relu()), ("Flatten #1", flat), ("Head", logits)):
        np.testing.assert_allclose(found[name], wanted[0].numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["Output"], logits.softmax(1)[0].numpy(), rtol=1e-4)
    np.testing.assert_allclose(activations(net, x, Loss(kind="binary cross-entropy"))[-1].values, logits[0].sigmoid())


def test_a_look_drops_nothing_and_leaves_the_network_as_it_was() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    first, second = activations(net, digit()), activations(net, digit())
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    assert net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_look_between_steps_does_not_disturb_the_logits() -> None:
    net = build(small(*MLP).network, 0)
    with torch.no_grad():
        np.testing.assert_array_equal(activations(net, digit())[-2].values, net(digit())[0].numpy())
