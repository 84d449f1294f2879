"""What is said of each layer's gradient and step, against autograd and a direct difference."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from playground.experiment import Initialization, Linear, Network, Optimizer, Regularization
from playground.training import layers
from playground.training.events import Event, LayersMeasured
from playground.training.trainer import Trainer
from tests.small_runs import CNN, batches, small, steps, twin


def measured(events: list[Event]) -> list[LayersMeasured]:
    return [event for event in events if isinstance(event, LayersMeasured)]


def rms(values: torch.Tensor) -> float:
    return values.double().square().mean().sqrt().item()


@pytest.mark.parametrize("rule", [Regularization(), Regularization(weight_decay=0.5, l1=0.1, clip_norm=0.001)])
def test_the_gradient_is_autograds_of_the_loss_alone(rule: Regularization) -> None:
    """On an independent plain network: before clipping, without the penalty's part."""
    trainer = Trainer(small().but(regularization=rule))
    stream = batches(trainer, 10)
    for _ in range(10):
        net = twin(trainer)
        x, y = next(stream)
        F.cross_entropy(net(x), y).backward()
        events = measured(list(trainer.advance()))
        if events:
            wanted = [rms(net[i].weight.grad) for i in (1, 3)]  # type: ignore[arg-type]
            assert events[0].gradient == pytest.approx(wanted, rel=1e-4)
    assert events


def test_the_update_ratio_is_the_direct_difference() -> None:
    trainer = Trainer(small(*CNN))
    weights = [module.get_parameter("weight") for _, module in trainer.net.weighted]
    for _ in range(20):
        before = [weight.detach().clone() for weight in weights]
        events = measured(list(trainer.advance()))
        for event in events:
            wanted = [rms(new - old) / rms(old) for new, old in zip(weights, before, strict=True)]
            assert event.update == pytest.approx(wanted, rel=1e-4)
    assert events


def test_there_is_one_number_a_weighted_layer_in_the_order_of_the_builder() -> None:
    trainer = Trainer(small(*CNN))
    (event,) = measured(list(trainer.advance()))
    assert [name for name, _ in trainer.net.weighted] == ["Conv2d #1", "Linear #1", "Head"]
    assert len(event.gradient) == len(event.update) == 3


def test_weights_of_zero_have_a_gradient_of_zero_and_it_is_said() -> None:
    """Nothing comes back through a head of zeros; only the head itself moves, infinitely far for its size."""
    network = Network(layers=(*small().network.layers, Linear(units=5)), initialization=Initialization(kind="zeros"))
    trainer = Trainer(small().but(network=network, optimizer=Optimizer(kind="SGD", learning_rate=0.1)))
    (event,) = measured(list(trainer.advance()))
    assert event.gradient == (0.0, 0.0, 0.0)
    assert event.update == (0.0, 0.0, 0.0)
    biased = Network(
        layers=(*small().network.layers, Linear(units=5)), initialization=Initialization(kind="zeros", bias=1.0)
    )
    trainer = Trainer(small().but(network=biased, optimizer=Optimizer(kind="SGD", learning_rate=0.1)))
    (event,) = measured(list(trainer.advance()))
    assert event.update == (0.0, 0.0, float("inf"))


def test_a_gradient_too_small_for_its_square_is_not_called_zero() -> None:
    assert layers.rms([torch.full((4, 4), 1e-30), torch.zeros(3)]) == (pytest.approx(1e-30), 0.0)


def test_layers_are_measured_at_steps_that_depend_on_nothing_else() -> None:
    at = [event.step for event in measured(steps(Trainer(small(epochs=10)), 40))]
    assert at == [1, 2, 5, 10, 20, 30, 40]
    assert [event.step for event in measured(steps(Trainer(small(*CNN, seed=3, epochs=10)), 40))] == at


def test_the_twin_is_a_plain_network() -> None:
    assert isinstance(twin(Trainer(small())), nn.Sequential)
