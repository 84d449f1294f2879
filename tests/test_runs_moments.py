"""A run at one of its steps: the weights it had there, and what was known of its digits by then."""

import shutil

import numpy as np
import pytest
import torch
from torch import nn

from playground.errors import SpecError
from playground.experiment import Experiment, Optimizer, Regularization
from playground.runs import moments
from playground.runs.active import ActiveRun
from playground.runs.moments import At, Shelf, live_moment, saved_moment, size_of
from playground.runs.store import Run, Store
from playground.training.checkpoint import save_weights
from playground.training.judged import JUDGED
from playground.training.trainer import Trainer
from tests.held_runs import held, recorded, train_to, train_to_end
from tests.small_runs import CNN, NORMALIZED, small, steps

TRAINED = small(*CNN, dropout=0.3)
STEPS = 20


@pytest.fixture(autouse=True)
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    result = Shelf()
    monkeypatch.setattr(moments, "SHELF", result)
    return result


def finished(store: Store, experiment: Experiment = TRAINED) -> Run:
    active = held(store, experiment)
    train_to_end(active)
    return row(store, active)


def row(store: Store, active: ActiveRun) -> Run:
    run = store.run(active.id)
    assert run is not None
    return run


def assert_same(net: nn.Module, other: nn.Module) -> None:
    mine, others = net.state_dict(), other.state_dict()
    assert mine.keys() == others.keys()
    assert all(torch.equal(value, others[name]) for name, value in mine.items())


@pytest.mark.parametrize("layers", [CNN, NORMALIZED], ids=["convolutions", "batch normalization"])
def test_a_kept_moment_has_exactly_the_weights_of_a_trainer_that_stopped_there(layers: tuple, store: Store) -> None:
    experiment = small(*layers, dropout=0.3)
    run, trainer = finished(store, experiment), Trainer(experiment)
    for step in range(STEPS + 1):
        moment = saved_moment(store, run, step)
        assert moment.step == step
        assert moment.experiment == experiment
        assert_same(moment.net, trainer.net)
        assert not moment.net.training
        steps(trainer, 1)


def test_the_last_moment_is_the_last_checkpoint_and_a_snapshot_the_step_it_was_taken_at(store: Store) -> None:
    active, trainer = held(store, TRAINED), Trainer(TRAINED)
    train_to(active, 4)
    active.save()
    train_to(active, 6)
    save_weights(active.trainer, store.past.snapshot(active.id))
    train_to(active, 9)
    expected: dict[At, int] = {"last": 4, "now": 6}
    for at, step in expected.items():
        moment = saved_moment(store, row(store, active), at)
        steps(trainer, step - trainer.step)
        assert moment.step == step
        assert_same(moment.net, trainer.net)


def test_a_live_moment_is_the_very_network_that_trains(store: Store) -> None:
    active = held(store, TRAINED)
    train_to(active, 3)
    moment = live_moment(active, store)
    assert (moment.step, moment.net, moment.dataset) == (3, active.trainer.net, active.trainer.dataset)


def test_the_kept_moments_are_those_up_to_the_moment_the_first_one_first(store: Store) -> None:
    run = finished(store)
    assert [moment.step for moment in saved_moment(store, run, 7).kept()] == list(range(8))
    assert [moment.step for moment in saved_moment(store, run, "last").kept()] == list(range(21))


def test_verdicts_are_those_of_the_evaluations_up_to_the_moment_a_column_a_digit(store: Store) -> None:
    run = finished(store)
    evaluated = recorded(store, run.id).evaluated
    moment = saved_moment(store, run, "last")
    found = moment.verdicts()
    assert found.steps.tolist() == evaluated["step"]
    for split, digits in (("train", moment.dataset.train), ("validation", moment.dataset.validation)):
        table = getattr(found, split)
        assert table.dtype == np.bool_
        assert table.shape == (len(found.steps), min(JUDGED, len(digits)))
        assert table.mean(1).tolist() == evaluated[f"{split}_accuracy"]
    early = saved_moment(store, run, 7).verdicts()
    assert early.steps.tolist() == [0, 5]
    assert (early.train == found.train[:2]).all()


def test_each_verdict_is_whether_a_plain_forward_pass_is_right(store: Store) -> None:
    run = finished(store)
    moment = saved_moment(store, run, 5)
    found, digits = moment.verdicts(), moment.dataset.validation
    right = moment.net(digits.x[:JUDGED]).argmax(1) == digits.y[:JUDGED]
    assert found.validation[found.steps.tolist().index(5)].tolist() == right.tolist()


def test_a_moment_before_any_evaluation_has_no_verdicts(store: Store) -> None:
    run_id = store.create(TRAINED, "queued")
    found = moments.read_verdicts(store, run_id, 10)
    assert (found.steps.shape, found.train.shape, found.validation.shape) == ((0,), (0, 0), (0, 0))


def test_what_is_not_kept_is_refused_with_the_reason(store: Store) -> None:
    run_id = store.create(TRAINED, "queued")
    run = store.run(run_id)
    assert run is not None
    with pytest.raises(SpecError, match="step 1,234 of this run isn't kept"):
        saved_moment(store, run, 1234)
    with pytest.raises(SpecError, match="has no checkpoint"):
        saved_moment(store, run, "last")
    with pytest.raises(SpecError, match="has ended meanwhile"):
        saved_moment(store, run, "now")


def test_of_a_run_that_diverged_the_newest_kept_step_is_shown(store: Store) -> None:
    optimizer = Optimizer(kind="SGD", learning_rate=10)
    worst = TRAINED.but(optimizer=optimizer, regularization=Regularization(weight_decay=1))
    run = finished(store, worst)
    assert run.state == "diverged"
    newest = store.past.kept(run.id)[-1].step
    assert newest > 0
    assert saved_moment(store, run, "last").step == newest
    store.past.checkpoint(run.id).parent.mkdir(exist_ok=True)
    shutil.copyfile(store.past.kept_checkpoint(run.id, 0), store.past.checkpoint(run.id))
    assert saved_moment(store, run, "last").step == newest, "an earlier checkpoint is not its last step"


# --- the shelf --------------------------------------------------------------------------------------------------------


def test_a_network_that_was_looked_into_is_not_built_again(store: Store) -> None:
    run = finished(store)
    assert saved_moment(store, run, 3).net is saved_moment(store, run, 3).net
    assert saved_moment(store, run, 3).net is not saved_moment(store, run, 4).net


def test_a_file_that_was_written_anew_is_read_anew(store: Store) -> None:
    active, trainer = held(store, TRAINED), Trainer(TRAINED)
    for step in (2, 5):
        train_to(active, step)
        active.save()
        steps(trainer, step - trainer.step)
        moment = saved_moment(store, row(store, active), "last")
        assert moment.step == step
        assert_same(moment.net, trainer.net)


def test_the_shelf_has_room_for_so_many_bytes_and_lets_go_of_what_was_looked_at_longest_ago(
    store: Store, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished(store)
    one = size_of(saved_moment(store, run, 0).net)
    monkeypatch.setattr(moments, "ROOM", 3 * one)
    for step in (1, 2, 0, 3, 4):
        saved_moment(store, run, step)
    assert [int(file.stem) for file in shelf.networks] == [0, 3, 4]
    assert shelf.bytes == 3 * one


def test_a_damaged_file_takes_no_room_and_is_read_once_it_is_whole(store: Store, shelf: Shelf) -> None:
    run = finished(store)
    file = store.past.kept_checkpoint(run.id, 3)
    whole = file.read_bytes()
    for _ in range(2):
        saved_moment(store, run, 3)
        room = shelf.bytes
        file.write_bytes(b"no tensors")
        with pytest.raises(SpecError, match="can't be looked into"):
            saved_moment(store, run, 3)
        file.write_bytes(whole)
        assert saved_moment(store, run, 3).step == 3
        assert shelf.bytes == room
