"""A fork begins where another run stood: unchanged it goes on as that run did, changed it parts from it there."""

from pathlib import Path
from typing import Any

import pytest
import torch

from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS, Augmentation, Data, Experiment, Optimizer, OptimizerKind
from playground.training.batches import Place, order
from playground.training.checkpoint import fork, save
from playground.training.kept import kept_steps
from playground.training.trainer import Trainer
from tests.small_runs import KINDS, NORMALIZED, RUNS, small, steps

LAST = 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.safetensors"


def parent_at(step: int, file: Path, experiment: Experiment) -> Trainer:
    parent = Trainer(experiment)
    steps(parent, step)
    save(parent, file)
    return parent


def forked(file: Path, experiment: Experiment) -> Trainer:
    """A fork as a new process would make it."""
    torch.manual_seed(99)
    result = Trainer(experiment)
    fork(result, file)
    return result


def but(experiment: Experiment, field: str, value: float) -> Experiment:
    part, name = field.split(".")
    return experiment.but(**{part: getattr(experiment, part).but(**{name: value})})


def assert_same_tensors(one: Trainer, other: Trainer) -> None:
    for mine, others in zip(one.net.state_dict().values(), other.net.state_dict().values(), strict=True):
        assert torch.equal(mine, others)


@pytest.mark.parametrize("name", RUNS)
def test_an_unchanged_fork_goes_on_from_any_kept_step_as_its_parent_did(name: str, tmp_path: Path) -> None:
    experiment = RUNS[name]
    parent, at = Trainer(experiment), kept_steps(LAST, 8)[:-1]
    after = []
    for step in range(LAST):
        if step in at:
            save(parent, tmp_path / str(step))
        after.append(parent.advance())
    for step in at:
        child = forked(tmp_path / str(step), experiment)
        assert [child.advance() for _ in range(LAST - step)] == after[step:]
        assert child.finished
        assert_same_tensors(child, parent)


@pytest.mark.parametrize("name", ["Momentum", "AdamW", "dropout"])
def test_a_fork_of_a_run_with_live_changes_goes_on_as_that_run_did(name: str, file: Path) -> None:
    parent = Trainer(RUNS[name])
    experiment = RUNS[name]
    for field, value in zip(LIVE_FIELDS, (0.02, 0.1, 0.6, 16), strict=True):
        steps(parent, 1)
        parent.change(field, value)
        experiment = but(experiment, field, value)
    save(parent, file)
    child = forked(file, experiment)
    assert child.live == parent.live
    assert steps(child, 10) == steps(parent, 10)


@pytest.mark.parametrize(
    ("field", "value"),
    [("optimizer.learning_rate", 0.1), ("network.dropout", 0.7), ("regularization.weight_decay", 0.5)],
)
def test_a_changed_fork_begins_with_the_same_weights_and_step_and_parts_from_there(
    field: str, value: float, file: Path
) -> None:
    parent = parent_at(7, file, small())
    child = forked(file, but(small(), field, value))
    assert_same_tensors(child, parent)
    assert (child.step, child.place, child.digits_seen) == (7, parent.place, parent.digits_seen)
    assert child.start() == parent.start()
    assert child.live[field] == value
    assert steps(child, 13) != steps(parent, 13)
    assert child.step == parent.step == LAST


@pytest.mark.parametrize("field", ["optimizer.learning_rate", "network.dropout", "regularization.weight_decay"])
def test_a_fork_with_another_setting_is_as_its_parent_with_that_change_at_the_step(field: str, file: Path) -> None:
    """AdamW with dropout on both sides, so that each setting is at work."""
    experiment = small(dropout=0.2).but(optimizer=Optimizer(kind="AdamW"))
    parent = parent_at(7, file, experiment)
    parent.change(field, 0.3)
    child = forked(file, but(experiment, field, 0.3))
    assert steps(child, 13) == steps(parent, 13)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Nesterov"])
def test_an_optimizer_of_another_kind_begins_with_fresh_state(kind: OptimizerKind, file: Path) -> None:
    parent_at(7, file, small(*NORMALIZED).but(optimizer=Optimizer(kind="Nesterov")))
    other = small(*NORMALIZED).but(optimizer=Optimizer(kind=kind))
    child, fresh = forked(file, other), Trainer(other)
    fresh.net.load_state_dict(child.net.state_dict())
    fresh.place, fresh.step = child.place, child.step
    assert steps(child, 5) == steps(fresh, 5)


def test_parameters_in_another_order_begin_with_fresh_state(file: Path) -> None:
    """AdamW groups its parameters by whether they decay; their state is stored by place."""
    experiment = small(*NORMALIZED).but(optimizer=Optimizer(kind="AdamW"))
    parent_at(7, file, experiment)
    child = forked(file, experiment.but(regularization=experiment.regularization.but(decay_all=True)))
    assert not child.optimizer.state_dict()["state"]
    assert len(steps(child, 13)) > 13


def test_other_training_digits_begin_the_epoch_anew_in_their_own_order(file: Path) -> None:
    parent = parent_at(13, file, small())
    more = small(digits=200)
    child = forked(file, more)
    assert parent.place.epoch == 1
    assert parent.place.digits == 30
    assert child.place == Place(1)
    images, _ = child.next_batch()
    assert torch.equal(images, load(more.data, 0).train.x[order(200, 0, 1)[:10]])
    steps(child, 20)
    assert child.finished


def test_fewer_training_digits_than_the_epoch_has_seen_leave_a_whole_epoch_of_them(file: Path) -> None:
    parent_at(35, file, small(digits=200))
    child = forked(file, small())
    assert (child.place, child.total_steps, child.finished) == (Place(1), 45, False)


def test_other_labels_or_augmentation_leave_a_fork_its_place_in_the_epoch(file: Path) -> None:
    parent = parent_at(13, file, small())
    for data in (
        Data(training_digits=100, label_noise=0.3),
        Data(training_digits=100, augmentation=Augmentation(noise=0.2)),
    ):
        assert forked(file, small().but(data=data)).place == parent.place


@pytest.mark.parametrize(("training", "end"), [({"epochs": 1}, "epoch 1"), ({"unit": "steps", "steps": 12}, "step 12")])
def test_a_fork_without_a_step_left_is_told_to_train_longer(training: dict[str, Any], end: str, file: Path) -> None:
    parent_at(12, file, small())
    with pytest.raises(
        SpecError, match=f"begins at step 12, but its training ends with {end}: train longer"
    ) as refused:
        forked(file, small(**training))
    assert refused.value.field == "training"


def test_the_end_of_a_run_can_be_forked_to_train_longer(file: Path) -> None:
    parent_at(LAST, file, small())
    child = forked(file, small(epochs=3))
    assert (child.step, child.total_steps, child.finished) == (20, 30, False)
    longer = Trainer(small(epochs=3))
    steps(longer, LAST)
    assert steps(child, 10) == steps(longer, 10)


def test_what_a_fork_must_keep_is_refused_and_a_missing_checkpoint_too(file: Path) -> None:
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        forked(file, small())
    parent_at(3, file, small())
    with pytest.raises(SpecError, match="keeps its run's seed"):
        forked(file, small(seed=1))
    with pytest.raises(SpecError, match="keeps its run's layers"):
        forked(file, small(*NORMALIZED))
