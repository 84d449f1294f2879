"""Early stopping: where a run ends, and that a checkpoint knows how long it has waited."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from playground.experiment import Data, Experiment, Loss, Optimizer
from playground.runs.store import Store
from playground.training.checkpoint import fork, restore, save
from playground.training.early_stopping import Watch
from playground.training.events import Evaluated, Event, Finished
from playground.training.trainer import Trainer, train
from tests.held_runs import finished
from tests.small_runs import small

RISING = small(epochs=60).but(  # its validation loss is lowest at step 15
    data=Data(training_digits=100, label_noise=0.4), optimizer=Optimizer(learning_rate=0.01)
)


def patient(patience: int | None, experiment: Experiment = RISING) -> Experiment:
    return experiment.but(training=experiment.training.but(patience=patience))


def validation(events: list[Event]) -> list[tuple[float, int]]:
    return [(event.validation_loss, event.step) for event in events if isinstance(event, Evaluated)]


def rest(trainer: Trainer) -> list[Event]:
    return [event for _ in range(1000) for event in trainer.advance()]


@given(st.lists(st.floats(0, 5), min_size=1), st.integers(1, 10))
def test_patience_runs_out_once_so_many_losses_since_the_first_lowest_brought_no_lower_one(
    losses: list[float], patience: int
) -> None:
    watch = Watch()
    for step, loss in enumerate(losses):
        watch = watch.after(step, loss)
    assert (watch.lowest, watch.step) == (min(losses), losses.index(min(losses)))
    assert watch.is_over(patience) == (len(losses) - 1 - losses.index(min(losses)) >= patience)
    assert not watch.is_over(None)


@pytest.mark.parametrize("patience", [1, 3, 7])
def test_a_run_ends_at_the_first_evaluation_that_uses_up_its_patience_and_is_the_same_until_then(patience: int) -> None:
    events, full = list(train(patient(patience))), list(train(RISING))
    losses = validation(full)
    end = next(
        place
        for place in range(len(losses))
        if place - losses.index(min(losses[: place + 1], key=lambda loss: loss[0])) >= patience
    )
    assert validation(events) == losses[: end + 1]
    assert events[:-1] == full[: len(events) - 1]
    assert isinstance(events[-1], Finished)
    assert events[-1].step == losses[end][1] < Trainer(RISING).total_steps


def test_a_run_that_ended_early_says_so_its_real_last_step_and_where_the_loss_was_lowest() -> None:
    trainer = Trainer(patient(3))
    events = [*trainer.start(), *rest(trainer)]
    lowest = min(validation(events))[1]
    assert trainer.total_steps == trainer.step == events[-1].step
    assert isinstance(events[-1], Finished)
    assert events[-1].message == (
        f"early: the validation loss was lowest at step {lowest:,}, and no lower in 3 evaluations since"
    )


def test_patience_that_does_not_run_out_changes_nothing_not_even_at_the_last_step() -> None:
    assert list(train(patient(1000))) == list(train(RISING))
    full = validation(list(train(RISING)))
    waited = len(full) - 1 - full.index(min(full))
    assert list(train(patient(waited)))[-1] == Finished(Trainer(RISING).total_steps)


@pytest.mark.parametrize("at", [0, 14, 20, 29])
def test_a_restored_run_waits_as_long_as_it_would_have(at: int, tmp_path: Path) -> None:
    trainer, other = Trainer(patient(4)), Trainer(patient(4))
    trainer.start()
    for _ in range(at):
        trainer.advance()
    save(trainer, tmp_path / "last")
    restore(other, tmp_path / "last")
    assert rest(other) == rest(trainer)


def test_an_unchanged_fork_waits_as_long_as_its_run_though_it_measures_its_first_step_again(tmp_path: Path) -> None:
    trainer, child = Trainer(patient(4)), Trainer(patient(4))
    trainer.start()
    while trainer.watch.waited < 2:
        trainer.advance()
    save(trainer, tmp_path / "kept")
    fork(child, tmp_path / "kept")
    child.start()
    assert rest(child) == rest(trainer)


def test_a_fork_goes_on_where_patience_ended_its_run_and_with_another_loss_looks_for_a_new_lowest(
    tmp_path: Path,
) -> None:
    trainer = Trainer(patient(2))
    trainer.start()
    rest(trainer)
    save(trainer, tmp_path / "last")
    child, other = Trainer(patient(2)), Trainer(patient(2).but(loss=Loss(kind="MSE")))
    fork(child, tmp_path / "last")
    fork(other, tmp_path / "last")
    assert child.watch == Watch(trainer.watch.lowest, trainer.watch.step)
    assert other.watch == Watch()
    assert not child.finished
    assert rest(child)


def test_a_restored_run_that_ended_early_has_ended(tmp_path: Path) -> None:
    trainer, other = Trainer(patient(2)), Trainer(patient(2))
    rest(trainer)
    save(trainer, tmp_path / "last")
    restore(other, tmp_path / "last")
    assert other.finished
    assert other.total_steps == trainer.step


def test_a_checkpoint_from_before_there_was_early_stopping_still_loads(tmp_path: Path) -> None:
    trainer, other, child = Trainer(small()), Trainer(small()), Trainer(patient(3, small()))
    for _ in range(4):
        trainer.advance()
    file = tmp_path / "old"
    save(trainer, file)
    with safe_open(file, "pt") as content:
        state = json.loads(content.metadata()["state"])
    del state["watch"], state["experiment"]["training"]["patience"], state["checksum"]
    save_file(load_file(file), file, {"state": json.dumps(state)})
    restore(other, file)
    fork(child, file)
    assert rest(other) == rest(trainer)
    assert rest(child)


def test_the_last_step_of_a_run_that_ended_early_is_kept_and_its_message_says_why(store: Store) -> None:
    active = finished(store, patient(2))
    run = store.run(active.id)
    assert run is not None
    assert (run.state, run.step, run.total_steps) == ("finished", active.trainer.step, active.trainer.step)
    assert run.message == active.trainer.watch.reason()
    assert store.past.kept(run.id)[-1].step == run.step
    assert all(one.step < other.step for one, other in pairwise(store.past.kept(run.id)))
