"""Weight decay and dropout by hand give the run's own losses, to rounding."""

import json
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from playground.errors import SpecError
from playground.experiment import Augmentation, Experiment, Flatten, Linear, Loss, Network, ReLU, Schedule
from playground.runs.store import Store
from playground.runs.tasks import answer
from playground.training.from_scratch import by_hand, train_by_hand
from playground.training.trainer import train
from tests.held_runs import held
from tests.opened_pages import trained
from tests.small_runs import CNN, small, stepped

LAYERS = (Flatten(), Linear(units=32), ReLU(), Linear(units=16), ReLU())


def sgd(dropout: float = 0.0, decay: float = 0.0, **training: Any) -> Experiment:
    experiment = small(*LAYERS, dropout=dropout, epochs=30, **training)
    return experiment.but(
        optimizer=experiment.optimizer.but(kind="SGD", learning_rate=0.05),
        regularization=experiment.regularization.but(weight_decay=decay),
    )


@pytest.mark.parametrize(("dropout", "decay"), [(0, 0), (0.5, 0), (0, 0.1), (0.3, 0.01)])
def test_each_step_has_the_loss_that_the_trainer_has_for_it(dropout: float, decay: float) -> None:
    experiment = sgd(dropout, decay)
    expected = [event.loss for event in stepped(list(train(experiment)))]
    assert len(expected) == 300
    torch.testing.assert_close(by_hand(experiment, 300), expected, rtol=0, atol=1e-4)


def test_an_epoch_that_ends_in_a_smaller_batch_goes_on_with_the_next_one() -> None:
    experiment = sgd(0.2, 0.01, batch_size=48)
    expected = [event.loss for event in stepped(list(train(experiment)))]
    torch.testing.assert_close(by_hand(experiment, len(expected)), expected, rtol=0, atol=1e-4)


def test_without_dropout_and_decay_the_loop_is_plain_gradient_descent_on_cross_entropy() -> None:
    w, b = torch.randn(10, 784).double(), torch.zeros(10).double()
    x, y = torch.randn(20, 1, 28, 28).double(), torch.arange(20) % 10
    mine = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    theirs = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    optimizer = torch.optim.SGD(theirs, lr=0.01)
    for found in train_by_hand(mine, [(x, y)] * 5, rate=0.01, decay=0.0, p=0.0):
        optimizer.zero_grad()
        loss = F.cross_entropy(F.linear(x.flatten(1), *theirs), y)
        loss.backward()
        optimizer.step()
        assert found == pytest.approx(loss.item(), rel=1e-12)


def test_a_worker_gives_the_loss_of_every_step_of_an_ended_run(store: Store) -> None:
    experiment = sgd(0.5, 0.01)
    run_id = trained(store, experiment)
    task_id = store.questions.ask("from scratch", {}, run_id)
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result, task.message
    assert json.loads(task.result) == {"losses": by_hand(experiment, 300)}


def test_a_run_that_was_changed_live_is_refused(store: Store) -> None:
    active = held(store, sgd())
    control_id = store.ask(active.id, "change", {"field": "network.dropout", "value": 0.5})
    for one in store.open_controls([active.id]):
        active.obey(one)
    store.take_control(control_id)
    task_id = store.questions.ask("from scratch", {}, active.id)
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert "changed while it ran" in task.message


@pytest.mark.parametrize(
    ("field", "experiment"),
    [
        ("network.layers", sgd().but(network=Network(layers=CNN))),
        ("network.layers", sgd().but(network=Network(layers=LAYERS[:2]))),
        ("optimizer.kind", small(*LAYERS)),
        ("schedule.kind", sgd().but(schedule=Schedule(kind="cosine"))),
        ("loss", sgd().but(loss=Loss(label_smoothing=0.1))),
        ("regularization", sgd().but(regularization=sgd().regularization.but(l1=0.1))),
        ("data.augmentation", sgd().but(data=sgd().data.but(augmentation=Augmentation(shift=1)))),
    ],
)
def test_what_the_few_lines_leave_out_is_refused_with_a_way_out(field: str, experiment: Experiment) -> None:
    with pytest.raises(SpecError, match="the loop by hand") as refused:
        by_hand(experiment, 3)
    assert refused.value.field == field
