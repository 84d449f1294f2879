"""The module that is built: the spec's layers in order, and a faster forward that changes no bit."""

from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from playground.experiment import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
)
from playground.network.build import Net, build
from playground.network.dropout import with_dropout
from tests.strategies import networks

CNN = Network(
    layers=(
        *(Conv2d(channels=8, padding=1), ReLU(), MaxPool2d()),
        *(Conv2d(channels=8), BatchNorm2d(), ReLU(), Dropout(), MaxPool2d(kernel=3, stride=2)),
        *(Flatten(), Linear(units=16), ReLU(), Dropout(p=0.5)),
    )
)


def digits(count: int = 4) -> Tensor:
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def in_reference_order(net: Net, x: Tensor) -> Tensor:
    return net.forward_all(x)[-1]


def gradients(net: Net, logits: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(logits.square().sum(), list(net.parameters())))


@given(networks)
@settings(max_examples=50)
def test_the_fast_order_gives_the_values_and_gradients_of_the_reference_order_bit_for_bit(network: Network) -> None:
    fast = build(network.but(dropout=0.0, layers=without_own_dropout(network)), seed=0)
    slow = deepcopy(fast)
    a, b = fast(digits()), in_reference_order(slow, digits())
    assert torch.equal(a, b)
    assert all(torch.equal(*pair) for pair in zip(gradients(fast, a), gradients(slow, b), strict=True))


def without_own_dropout(network: Network) -> tuple[Layer, ...]:
    """The layers with the network's rate in place of each Dropout's own."""
    return tuple(Dropout() if isinstance(layer, Dropout) else layer for layer in network.layers)


def test_max_pooling_runs_before_relu_until_dropout_stands_between() -> None:
    def seen(net: Net) -> list[str]:
        order: list[str] = []
        hooks = [m.register_forward_hook(lambda m, *_: order.append(type(m).__name__)) for m in net.layers]
        net(digits())
        for hook in hooks:
            hook.remove()
        return order[:3]

    net = build(CNN, seed=0)
    assert seen(net) == ["Conv2d", "MaxPool2d", "ReLU"]
    net.set_dropout(0.3)
    assert seen(net) == ["Conv2d", "ReLU", "Dropout"]
    net.set_dropout(0.0)
    assert seen(net) == ["Conv2d", "MaxPool2d", "ReLU"]


def test_one_rate_drives_every_dropout_without_a_p_of_its_own() -> None:
    net = build(CNN.but(dropout=0.2), seed=0)
    rates = {name: m.p for name, m in zip(net.names, net.layers, strict=True) if isinstance(m, nn.Dropout)}
    assert rates == {"Dropout (auto) #1": 0.2, "Dropout #1": 0.2, "Dropout #2": 0.5}
    net.set_dropout(0.4)
    assert [m.p for m in net.layers if isinstance(m, nn.Dropout)] == [0.4, 0.4, 0.5]


def test_dropout_drops_its_share_in_training_and_nothing_in_evaluation() -> None:
    net = build(Network(layers=(Flatten(), Linear(units=4000), ReLU()), dropout=0.25), seed=0)
    x = digits(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, before, after, _ = net.train().forward_all(x)
    alive = before > 0
    assert abs((after[alive] == 0).float().mean().item() - 0.25) < 0.04
    assert torch.allclose(after[alive & (after > 0)], before[alive & (after > 0)] / 0.75)
    _, _, before, after, _ = net.eval().forward_all(x)
    assert torch.equal(before, after)


def test_layers_names_and_weights_are_in_the_order_of_the_spec() -> None:
    net = build(CNN, seed=0)
    kinds = [type(module).__name__ for module in net.layers]
    assert kinds == [layer.kind for layer in with_dropout(CNN)]
    assert [name.split(" ")[0] for name in net.names] == kinds
    assert [name for name, _ in net.weighted] == ["Conv2d #1", "Conv2d #2", "Linear #1", "Head"]
    assert net.weighted[-1][1] is net.head
    outputs = net.eval().forward_all(digits(2))
    assert len(outputs) == len(net.names) + 1
    assert torch.equal(outputs[-1], net(digits(2)))


def test_maps_are_laid_out_channels_last_from_the_first_convolution_on() -> None:
    outputs = build(CNN, seed=0).forward_all(digits())
    assert all(y.is_contiguous(memory_format=torch.channels_last) for y in outputs if y.ndim == 4)


def test_a_copy_runs_its_own_weights() -> None:
    net = build(CNN, seed=0).eval()
    copy = deepcopy(net)
    before = net(digits())
    with torch.no_grad():
        for weights in copy.parameters():
            weights.zero_()
    assert torch.equal(net(digits()), before)
    assert (copy(digits()) == 0).all()


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_same_seed_builds_the_same_network_at_any_dropout(rate: float) -> None:
    a, b = build(CNN, seed=7).state_dict(), build(CNN.but(dropout=rate), seed=7).state_dict()
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)
