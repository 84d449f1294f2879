"""What one digit does to every layer, and each value there to the loss, against running the network by hand."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from playground.experiment import AnyLayer, Dropout, Flatten, Linear, Loss, Tanh
from playground.network.build import build
from playground.probes.activations import activation_gradients, activations
from playground.training.losses import loss_function
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


# --- gradients by activations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [CNN, NORMALIZED, ()], ids=["CNN", "normalized", "no layer but the head"])
def test_gradients_are_those_of_autograd_in_eval_mode(layers: tuple[AnyLayer, ...]) -> None:
    net = build(small(*layers, dropout=0.5).network, 0)
    twin = deepcopy(net).eval()
    kept = [digit().requires_grad_()]
    for module in (*twin.layers, twin.head):
        if not isinstance(module, nn.Dropout):
            kept.append(module(kept[-1]))
            kept[-1].retain_grad()
    F.cross_entropy(kept[-1], torch.tensor([3])).backward()

    found = activation_gradients(net, digit(), 3, Loss())
    assert [layer.name for layer in found] == ["Input", *(layer.name for layer in activations(net, digit())[:-1])]
    for layer, wanted in zip(found, kept, strict=True):
        assert wanted.grad is not None
        assert layer.values.dtype == np.float32
        np.testing.assert_allclose(layer.values, wanted.grad[0].numpy(), rtol=1e-5, atol=1e-9)


def test_by_the_logits_the_gradient_of_cross_entropy_is_probabilities_minus_the_target() -> None:
    net = build(small(*CNN).network, 0)
    answer = activations(net, digit())[-1].values
    found = activation_gradients(net, digit(), 3, Loss())[-1].values
    np.testing.assert_allclose(found, answer - np.eye(10)[3], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", [Loss(kind="focal"), Loss(kind="MSE"), Loss(kind="binary cross-entropy")], ids=str)
def test_a_pixels_gradient_is_how_much_the_loss_moves_with_it(loss: Loss) -> None:
    net = build(small(Flatten(), Linear(units=12), Tanh()).network, 0)
    x, pixel = digit(), (0, 0, 14, 14)
    found = activation_gradients(net, x, 3, loss)[0].values[pixel[1:]]
    double = deepcopy(net).double()

    def after(move: float) -> float:
        moved = x.double()
        moved[pixel] += move
        with torch.no_grad():
            return loss_function(loss)(double(moved), torch.tensor([3])).item()

    np.testing.assert_allclose(found, (after(1e-4) - after(-1e-4)) / 2e-4, rtol=1e-3)


def test_asking_for_gradients_leaves_the_network_and_its_gradients_as_they_were() -> None:
    net = build(small(*NORMALIZED, dropout=0.5).network, 0).train()
    net.head.weight.grad = torch.ones_like(net.head.weight)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state, x = torch.get_rng_state(), digit()
    activation_gradients(net, x, 3, Loss())
    assert net.training
    assert not x.requires_grad
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    left = {name: parameter.grad for name, parameter in net.named_parameters() if parameter.grad is not None}
    assert list(left) == ["head.weight"]
    assert torch.equal(left["head.weight"], torch.ones_like(net.head.weight))
