"""The signal at each layer, against hooks in plain PyTorch and finite differences."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.data.tensors import load
from playground.experiment import Dropout, Experiment, Flatten, Initialization, Linear, Loss, Network, ReLU, Tanh
from playground.network.build import Net, build
from playground.probes.signal import LayerSignal, signal
from playground.runs.store import Store
from playground.runs.tasks import answer
from tests.held_runs import held, train_to
from tests.small_runs import CNN, small

DEEP = (Flatten(), Linear(units=20), Tanh(), Linear(units=15), Dropout(p=0.5), ReLU(), Linear(units=12))


def digits(count: int = 40) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(count)
    return torch.randn(count, 1, 28, 28, generator=generator), torch.randint(10, (count,), generator=generator)


def layers_of(net: Net, x: Tensor, y: Tensor) -> tuple[LayerSignal, ...]:
    return signal(net, x, y, Loss())[1]


def test_the_deviation_is_that_of_what_the_next_weighted_layer_receives() -> None:
    net, (x, y) = build(Network(layers=DEEP), 0).eval(), digits()
    received: list[Tensor] = []
    for _, module in net.weighted:
        module.register_forward_hook(lambda _, inputs, output: received.extend((*inputs, output)))
    net(x)
    wanted = [one.detach().double() for one in (*received[2::2], received[-1])]
    found = layers_of(net, x, y)
    assert [one.name for one in found] == ["Linear #1", "Linear #2", "Linear #3", "Head"]
    np.testing.assert_allclose([one.deviation for one in found], [one.std(correction=0) for one in wanted], rtol=1e-5)
    assert [one.counts.sum() for one in found] == [(one != 0).sum() for one in wanted]
    assert [one.low for one in found] == pytest.approx([one.min().item() for one in wanted])


def test_the_gradient_is_that_of_each_digits_own_loss_by_what_enters_the_activation_function() -> None:
    net, (x, y) = build(Network(layers=DEEP), 0).double(), digits()
    x = x.double()
    found = layers_of(net, x, y)
    net.eval()
    for one, (_, module) in zip(found, net.weighted, strict=True):
        assert module.bias is not None
        squares = []
        for unit in range(len(module.bias)):
            moved = [digit_losses(net, module.bias, unit, by, x, y) for by in (1e-6, -1e-6)]
            squares.append(((moved[0] - moved[1]) / 2e-6).square().mean().item())
        assert one.gradient == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-4)


@torch.no_grad()
def digit_losses(net: Net, bias: Tensor, unit: int, by: float, x: Tensor, y: Tensor) -> Tensor:
    """Each digit's loss where one unit receives a little more."""
    bias[unit] += by
    losses = torch.nn.functional.cross_entropy(net(x), y, reduction="none")
    bias[unit] -= by
    return losses


def test_a_units_share_of_the_dead_and_a_values_share_of_the_saturated_are_told_for_those_that_can_be() -> None:
    net, (x, y) = build(Network(layers=DEEP), 0), digits()
    first, second = (module for _, module in net.weighted[:2])
    assert second.bias is not None
    with torch.no_grad():
        first.weight.mul_(1000)
        second.bias[:6] = -1e9
    tanh, relu, linear, head = layers_of(net, x, y)
    assert tanh.saturated == pytest.approx(1, abs=0.02)
    assert relu.dead is not None
    assert relu.dead >= 6 / 15
    assert (tanh.dead, relu.saturated, linear.dead, linear.saturated, head.dead) == (None, None, None, None, None)


def test_a_vanishing_signal_is_measured_where_its_squares_would_be_zero() -> None:
    layers = (Flatten(), *(Linear(units=32), Tanh()) * 16)
    net = build(Network(layers=layers, initialization=Initialization(kind="normal", std=0.01)), 0)
    found = layers_of(net, *digits())
    assert 0 < found[-2].deviation < 1e-15
    assert all(0.02 < after.deviation / before.deviation < 0.2 for before, after in pairwise(found[:-1]))
    assert 0 < found[0].gradient < 1e-17


def test_a_network_of_maps_is_measured_behind_its_pooling_too_and_looking_changes_nothing() -> None:
    net, (x, y) = build(small(*CNN, dropout=0.5).network, 0).train(), digits()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    found = layers_of(net, x, y)
    assert [one.name for one in found] == ["Conv2d #1", "Linear #1", "Head"]
    assert all(parameter.grad is None for parameter in net.parameters())
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_worker_measures_a_run_before_its_first_step_on_its_first_training_digits(store: Store) -> None:
    experiment: Experiment = small(digits=700)
    active = held(store, experiment)
    train_to(active, 5)
    task_id = store.questions.ask("signal", {}, active.id)
    answer(store, "w")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result is not None
    found = json.loads(task.result)
    train = load(experiment.data, 0).train
    square, layers = signal(build(experiment.network, 0), train.x[:500], train.y[:500], experiment.loss)
    assert found["digits"] == 500
    assert found["input_square"] == pytest.approx(square)
    assert [row["gradient"] for row in found["layers"]] == pytest.approx([layer.gradient for layer in layers])
    assert found["layers"][0]["counts"] == layers[0].counts.tolist()
