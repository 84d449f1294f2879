"""What changes while a run lasts: from the next step on, with the optimizer's state kept."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS, Optimizer, OptimizerKind
from playground.seeds import derive
from playground.training.batches import order
from playground.training.events import Changed
from playground.training.trainer import Trainer
from tests.small_runs import NORMALIZED, assert_same_weights, batches, small, stepped, steps, twin


@pytest.mark.parametrize("kind", ["SGD", "Momentum", "Adam", "AdamW"])
def test_a_new_learning_rate_and_weight_decay_take_effect_at_the_next_step_as_in_plain_torch(
    kind: OptimizerKind,
) -> None:
    """Weight decay starts at 0. The plain optimizer lives on, so its momentum is what ours has to have kept."""
    trainer = Trainer(small().but(optimizer=Optimizer(kind=kind, learning_rate=0.01)))
    net = twin(trainer)
    make = {"SGD": torch.optim.SGD, "Momentum": torch.optim.SGD, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}
    extra = {"momentum": 0.9} if kind == "Momentum" else {}
    weights = [p for name, p in net.named_parameters() if "weight" in name]
    biases = [p for name, p in net.named_parameters() if "bias" in name]
    optimizer = make[kind]([{"params": weights}, {"params": biases}], lr=0.01, weight_decay=0, **extra)

    stream = batches(trainer, 10)
    plain_steps(net, optimizer, stream, 5)
    steps(trainer, 5)
    for group in optimizer.param_groups:
        group["lr"] = 0.002
    optimizer.param_groups[0]["weight_decay"] = 0.3
    assert trainer.change("optimizer.learning_rate", 0.002) == Changed(5, "optimizer.learning_rate", 0.01, 0.002)
    assert trainer.change("regularization.weight_decay", 0.3) == Changed(5, "regularization.weight_decay", 0.0, 0.3)
    plain_steps(net, optimizer, stream, 5)
    events = stepped(steps(trainer, 5))

    assert {event.learning_rate for event in events} == {0.002}
    assert_same_weights(trainer.net, net, tolerance=1e-5)


def plain_steps(net: nn.Module, optimizer: torch.optim.Optimizer, stream: object, count: int) -> None:
    for _ in range(count):
        x, y = next(stream)  # type: ignore[call-overload]
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def test_a_new_batch_size_cuts_the_rest_of_the_epoch_and_the_plan_follows() -> None:
    trainer = Trainer(small(epochs=2))
    steps(trainer, 3)  # 30 of 100 digits
    trainer.change("training.batch_size", 40)
    assert trainer.steps_per_epoch == 3
    assert trainer.total_steps == 3 + 2 + 3
    events = stepped(steps(trainer, 100))
    assert [event.batch_size for event in events] == [40, 30, 40, 40, 20]
    assert events[-1].epoch == 2.0
    assert trainer.step == trainer.total_steps == 8
    assert trainer.digits_seen == 200


def test_a_new_batch_size_shows_the_digits_that_were_left_in_the_order_that_was_planned() -> None:
    trainer = Trainer(small(epochs=1))
    steps(trainer, 3)
    trainer.change("training.batch_size", 70)
    planned = trainer.dataset.train.y[order(100, 0, 0)]
    assert torch.equal(trainer.next_batch()[1], planned[30:])


def test_a_new_dropout_rate_drops_from_the_next_step_on() -> None:
    """The same losses as a plain network with that dropout, which draws its masks from the seed's noise, in a row."""
    trainer = Trainer(small(seed=3))
    steps(trainer, 3)
    assert trainer.change("network.dropout", 0.6) == Changed(3, "network.dropout", 0.0, 0.6)
    seen = [(twin(trainer), trainer.next_batch(), stepped(steps(trainer, 1))[0].loss) for _ in range(3)]
    with torch.random.fork_rng():
        torch.manual_seed(derive(3, "noise"))
        for (flatten, linear, relu, head), (x, y), loss in seen:
            logits = head(F.dropout(relu(linear(flatten(x))), 0.6))
            assert loss == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-4)


def test_changing_back_and_forth_between_two_steps_changes_nothing() -> None:
    changed, left = Trainer(small(dropout=0.2)), Trainer(small(dropout=0.2))
    steps(changed, 4)
    steps(left, 4)
    for field, value in changed.live.items():
        changed.change(field, value * 2)
        changed.change(field, value)
    assert steps(changed, 16) == steps(left, 16)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimizer.learning_rate", 0.0),
        ("optimizer.learning_rate", float("nan")),
        ("regularization.weight_decay", -1.0),
        ("network.dropout", 1.0),
        ("training.batch_size", 0),
        ("training.batch_size", 2.5),
        ("training.batch_size", 1),  # under batch normalization
        ("optimizer.momentum", 0.5),  # not live
        ("training.seed", 1),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_control_and_changes_nothing(field: str, value: float) -> None:
    changed, left = Trainer(small(*NORMALIZED)), Trainer(small(*NORMALIZED))
    with pytest.raises(SpecError) as caught:
        changed.change(field, value)
    assert caught.value.field == field
    assert changed.live == left.live
    assert steps(changed, 20) == steps(left, 20)


def test_live_values_are_those_of_the_experiment_until_one_changes() -> None:
    trainer = Trainer(small(dropout=0.25))
    assert trainer.live == dict(zip(LIVE_FIELDS, (1e-3, 0.0, 0.25, 10), strict=True))
    trainer.change("training.batch_size", 20)
    assert trainer.live["training.batch_size"] == 20
    assert trainer.experiment.training.batch_size == 10
