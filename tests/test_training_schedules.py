"""The learning rate over a run, against `torch.optim.lr_scheduler`."""

import pytest
import torch
from torch.optim import SGD, lr_scheduler

from playground.experiment import Schedule
from playground.training.schedules import factor
from playground.training.trainer import Trainer
from tests.small_runs import small, stepped, steps

PER_EPOCH, EPOCHS = 10, 6
TOTAL = PER_EPOCH * EPOCHS

TABLE = {
    "constant": (Schedule(), lambda o: lr_scheduler.LambdaLR(o, lambda _: 1.0)),
    "step": (
        Schedule(kind="step", step_epochs=2, gamma=0.3),
        lambda o: lr_scheduler.StepLR(o, step_size=2 * PER_EPOCH, gamma=0.3),
    ),
    "cosine": (Schedule(kind="cosine"), lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=TOTAL)),
    "warm-up": (
        Schedule(kind="warm-up", warmup_steps=7),
        lambda o: lr_scheduler.LinearLR(o, start_factor=1 / 7, total_iters=6),
    ),
}


def torchs(make: object) -> list[float]:
    """The learning rates PyTorch's scheduler gives, from a rate of 1."""
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)  # type: ignore[operator]
    rates = []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("kind", TABLE)
def test_each_schedule_is_pytorchs(kind: str) -> None:
    schedule, make = TABLE[kind]
    assert [factor(schedule, step, TOTAL, PER_EPOCH) for step in range(TOTAL)] == pytest.approx(torchs(make), abs=1e-9)


@pytest.mark.parametrize("kind", TABLE)
def test_a_run_steps_at_the_scheduled_rate(kind: str) -> None:
    schedule, make = TABLE[kind]
    experiment = small(epochs=EPOCHS).but(schedule=schedule)
    rates = [event.learning_rate for event in stepped(steps(Trainer(experiment), TOTAL))]
    assert rates == pytest.approx([1e-3 * rate for rate in torchs(make)], abs=1e-12)


@pytest.mark.parametrize("kind", ["step", "cosine"])
def test_another_batch_size_makes_the_learning_rate_no_jump(kind: str) -> None:
    schedule, _ = TABLE[kind]
    trainer = Trainer(small(epochs=EPOCHS).but(schedule=schedule))
    steps(trainer, 25)
    before = trainer.learning_rate
    trainer.change("training.batch_size", 50)
    assert trainer.learning_rate == pytest.approx(before)
    rates = [event.learning_rate for event in stepped(steps(trainer, 1000))]
    assert rates == sorted(rates, reverse=True)
    assert trainer.epoch == EPOCHS
