"""What stays of a run: kept steps and verdicts, through resuming, and shared with forks."""

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from playground.errors import SpecError
from playground.experiment import Augmentation, Experiment, Loss, Optimizer
from playground.runs.active import ActiveRun
from playground.runs.journal import encode
from playground.runs.past import Judged, Kept, Origin
from playground.runs.store import Control, Store
from playground.training.checkpoint import load, save_weights
from playground.training.events import Changed, Evaluated, Event, Stepped
from playground.training.kept import kept_steps
from tests.held_runs import claimed, held, recorded, train_to
from tests.small_runs import small

SMALL = small(epochs=6)  # 60 steps
AT = 14  # a kept step in the middle of an epoch, and none that is evaluated
NOT_KEPT = next(step for step in range(60) if step not in kept_steps(60))


def finished(store: Store, experiment: Experiment = SMALL, origin: Origin | None = None) -> ActiveRun:
    active = held(store, experiment, origin=origin)
    while not active.has_ended:
        active.turn(1)
    return active


def resumed(store: Store, run_id: str) -> ActiveRun:
    store.set_state(run_id, "lost")
    assert store.requeue(run_id, ("lost",))
    return claimed(store)


def files(store: Store, run_id: str) -> list[int]:
    return sorted(int(file.stem) for file in store.past.kept_checkpoint(run_id, 0).parent.iterdir())


def steps_kept(store: Store, run_id: str) -> list[int]:
    return [one.step for one in store.past.kept(run_id)]


def test_the_step_of_the_lowest_validation_loss_stays_and_goes_on_as_its_run_did(store: Store) -> None:
    active = held(store, SMALL.but(training=SMALL.training.but(epochs=60), optimizer=Optimizer(learning_rate=0.01)))
    active.keeping = frozenset((0, 600))
    while not active.has_ended:
        active.turn(1)
    evaluated = recorded(store, active.id).table("evaluated")
    best = int(evaluated.sort_values("validation_loss").iloc[0]["step"])
    assert steps_kept(store, active.id) == files(store, active.id) == [0, best, 600]
    child = held(store, active.trainer.experiment, origin=Origin(active.id, best))
    train_to(child, best + 20)
    child.write()
    rows = slice(best, best + 20)
    assert stepped_losses(store, child.id)[rows] == stepped_losses(store, active.id)[rows]


def test_a_network_too_large_for_the_disk_it_may_take_keeps_no_best_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 1000)
    active = finished(store, SMALL.but(training=SMALL.training.but(epochs=60), optimizer=Optimizer(learning_rate=0.01)))
    assert active.trainer.watch.step not in (0, 600)
    assert steps_kept(store, active.id) == [0]


def stepped_losses(store: Store, run_id: str) -> list[float]:
    return list(recorded(store, run_id).stepped["loss"])


def delete(store: Store, run_id: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (run_id,))
    shutil.rmtree(store.folder / "runs" / run_id)


# --- one run ----------------------------------------------------------------------------------------------------------


def test_kept_steps_and_verdicts_come_back_in_order_and_of_a_step_the_last_one_counts(store: Store) -> None:
    run_id = store.create(SMALL, "run")
    first, second = Kept(1, 10, {"network.dropout": 0.0}), Kept(2, 20, {"network.dropout": 0.5})
    store.past.add(run_id, [second, Kept(1, 99, {}), first], [Judged(5, b"\0\1", b"\1"), Judged(0, b"\0\0", b"\0")])
    store.past.add(run_id, [], [Judged(5, b"\1\1", b"\0")])
    assert store.past.kept(run_id) == [first, second]
    assert store.past.verdicts(run_id, 5) == [Judged(0, b"\0\0", b"\0"), Judged(5, b"\1\1", b"\0")]
    assert store.past.verdicts(run_id, 4) == [Judged(0, b"\0\0", b"\0")]


def test_a_run_keeps_its_planned_steps_each_with_a_whole_checkpoint_its_size_and_its_live_settings(
    store: Store,
) -> None:
    run_id = finished(store).id
    kept = store.past.kept(run_id)
    assert [one.step for one in kept] == list(kept_steps(60))
    for one in kept:
        file = store.past.kept_checkpoint(run_id, one.step)
        state, _ = load(file)
        assert (state["step"], state["live"]) == (one.step, one.live)
        assert one.bytes == file.stat().st_size


def test_whole_epochs_before_a_kept_step_are_read_from_its_file_and_none_where_that_says_nothing(store: Store) -> None:
    active = finished(store)
    for one in store.past.kept(active.id):
        assert store.past.epochs_done(active.id, one.step) == one.step // 10
    file = store.past.kept_checkpoint(active.id, 60)
    save_weights(active.trainer, file)
    assert store.past.epochs_done(active.id, 60) == 0
    for content in (b"", file.read_bytes()[:99], save({"a": np.zeros(3)})):
        file.write_bytes(content)
        assert store.past.epochs_done(active.id, 60) == 0
    file.unlink()
    assert store.past.epochs_done(active.id, 60) == 0


def test_a_verdict_is_on_record_for_each_evaluation_and_its_mean_is_the_accuracy(store: Store) -> None:
    run_id = finished(store).id
    found, verdicts = recorded(store, run_id).evaluated, store.past.verdicts(run_id, 60)
    assert [one.step for one in verdicts] == found["step"]
    for split in ("train", "validation"):
        shares = [np.frombuffer(getattr(one, split), np.bool_).mean() for one in verdicts]
        assert shares == found[f"{split}_accuracy"]


def test_a_run_stopped_right_after_a_kept_step_keeps_it_once_with_the_settings_it_ended_with(store: Store) -> None:
    active = held(store, SMALL)
    active.keeping = frozenset({3})
    train_to(active, 3)
    active.trainer.change("network.dropout", 0.3)
    active.obey(Control(1, active.id, "stop", None))
    assert steps_kept(store, active.id) == [0, 3]
    assert store.past.kept(active.id)[1].live["network.dropout"] == 0.3


def test_where_a_run_was_stopped_it_can_be_looked_into(store: Store) -> None:
    active = held(store, SMALL)
    active.keeping = frozenset()
    train_to(active, 5)
    active.obey(Control(1, active.id, "stop", None))
    assert steps_kept(store, active.id) == [0, 5]
    assert files(store, active.id) == [0, 5]


def test_kept_steps_follow_another_planned_end(store: Store) -> None:
    active = held(store, small(epochs=40))
    train_to(active, 2)
    active.obey(Control(1, active.id, "change", {"field": "training.batch_size", "value": 100}))
    assert active.trainer.total_steps < 100
    while not active.has_ended:
        active.turn(1)
    assert set(kept_steps(active.trainer.total_steps)) | {1, 2} == set(steps_kept(store, active.id))


def test_kept_steps_take_the_disk_they_may_at_most_one_file_more_and_the_best_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = held(store, SMALL).kept_bytes
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 5 * one)
    active = held(store, SMALL)
    active.keeping = frozenset(range(60))
    while not active.has_ended:
        active.turn(1)
    best = active.trainer.watch.step
    size = sum(one.bytes for one in store.past.kept(active.id) if one.step != best)
    assert 5 * one < size <= 7 * one  # an optimizer with averages: a later file is larger than the first
    assert size == sum(
        store.past.kept_checkpoint(active.id, step).stat().st_size for step in files(store, active.id) if step != best
    )


def test_a_run_with_little_room_keeps_both_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 100_000)
    assert steps_kept(store, finished(store).id) == [0, 60]


def test_a_resumed_run_forgets_what_lies_after_its_checkpoint_files_too(store: Store) -> None:
    active = held(store, SMALL)
    train_to(active, 7)
    active.save()
    train_to(active, 20)
    active.write()
    assert steps_kept(store, active.id) == files(store, active.id) == [step for step in kept_steps(60) if step <= 20]
    again = resumed(store, active.id)
    assert again.trainer.step == 7
    assert steps_kept(store, active.id) == files(store, active.id) == list(range(8))
    assert [one.step for one in store.past.verdicts(active.id, 60)] == [0, 5]
    while not again.has_ended:
        again.turn(1)
    assert steps_kept(store, active.id) == files(store, active.id) == list(kept_steps(60))
    whole = finished(store).id
    assert store.past.verdicts(active.id, 60) == store.past.verdicts(whole, 60)
    assert recorded(store, active.id) == recorded(store, whole)


# --- forks ------------------------------------------------------------------------------------------------------------


def assert_one_up_to(step: int, store: Store, fork: str, parent: str) -> None:
    """Curves, kept steps and verdicts of a fork are its parent's up to a step, but for its own evaluation there."""
    mine, theirs = recorded(store, fork), recorded(store, parent)
    for name in ("stepped", "layers", "evaluated"):
        one, other = getattr(mine, name), getattr(theirs, name)
        count = sum(at < step if name == "evaluated" else at <= step for at in other["step"])
        assert {column: values[:count] for column, values in one.items()} == {
            column: values[:count] for column, values in other.items()
        }
    kept = [one for one in store.past.kept(parent) if one.step <= step]
    assert store.past.kept(fork)[: len(kept)] == kept
    assert store.past.verdicts(fork, step - 1) == store.past.verdicts(parent, step - 1)
    for one in kept:
        file = store.past.kept_checkpoint(fork, one.step)
        assert file.read_bytes() == store.past.kept_checkpoint(parent, one.step).read_bytes()


def test_a_fork_has_its_parents_curve_kept_steps_and_verdicts_up_to_the_fork_before_a_worker_takes_it(
    store: Store,
) -> None:
    parent = finished(store).id
    origin = Origin(parent, AT)
    fork = store.create(SMALL, "fork", origin=origin)
    assert store.past.origin(fork) == origin
    assert store.past.origin(parent) is None
    assert_one_up_to(AT, store, fork, parent)
    assert recorded(store, fork).stepped["step"] == list(range(1, AT + 1))
    assert steps_kept(store, fork) == files(store, fork) == list(kept_steps(60))[: AT + 1]


@pytest.mark.parametrize("at", [0, 5, AT, kept_steps(60)[-2]], ids=lambda at: f"at {at}")
def test_an_unchanged_fork_in_a_worker_goes_on_with_its_parents_curve_bit_for_bit(store: Store, at: int) -> None:
    """At step 5 the parent was evaluated, at 0 nothing had been trained, and 14 is neither."""
    parent = finished(store)
    fork = finished(store, origin=Origin(parent.id, at))
    mine, theirs = recorded(store, fork.id), recorded(store, parent.id)
    assert mine.stepped == theirs.stepped
    assert mine.layers == theirs.layers
    assert sorted({*theirs.evaluated["step"], at}) == mine.evaluated["step"]
    rows = [mine.evaluated["step"].index(step) for step in theirs.evaluated["step"]]
    assert theirs.evaluated == {name: [values[row] for row in rows] for name, values in mine.evaluated.items()}
    assert store.past.kept(fork.id) == store.past.kept(parent.id)
    verdicts = {one.step: one for one in store.past.verdicts(fork.id, 60)}
    assert [verdicts[one.step] for one in store.past.verdicts(parent.id, 60)] == store.past.verdicts(parent.id, 60)


def test_a_forks_checkpoints_take_no_disk_of_their_own_where_files_can_have_two_names(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = finished(store).id

    def no_links(*_: object) -> None:
        raise OSError("this file system has no links")

    for is_shared in (True, False):
        fork = store.create(SMALL, "fork", origin=Origin(parent, AT))
        file, original = (store.past.kept_checkpoint(run_id, AT) for run_id in (fork, parent))
        assert file.samefile(original) == is_shared
        assert file.read_bytes() == original.read_bytes()
        monkeypatch.setattr("playground.runs.past.os.link", no_links)


@pytest.mark.parametrize("at", range(10))
def test_a_fork_has_its_parents_curve_wherever_that_was_cut_into_chunks(store: Store, at: int) -> None:
    parent = store.create(SMALL, "parent")
    events: list[Event] = [Evaluated(0, 2.3, 0.1, 2.3, 0.1)]
    for step in range(1, 10):
        events += [Stepped(step, 0.1, 1.0, 0.0, 0.5, 0.001, 64), Changed(step, "network.dropout", 0.0, 0.1)]
    for begin, end in pairwise((0, 1, 2, 5, 6, 12, 13, 14, len(events))):
        store.record(parent, events[begin].step, encode(events[begin:end]))
    found = recorded(store, store.create(SMALL, "fork", origin=Origin(parent, at)))
    assert found.stepped["step"] == list(range(1, at + 1))
    assert found.changed["step"] == list(range(1, at))
    assert found.evaluated["step"] == [0][:at]


def test_what_a_fork_shares_with_its_parent_takes_nothing_of_the_disk_that_its_own_steps_may_take(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = finished(store)
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: parent.kept_bytes)  # as much as its parent took
    longer = SMALL.but(training=SMALL.training.but(epochs=12))
    fork = finished(store, longer, Origin(parent.id, 60))
    own = [one for one in store.past.kept(fork.id) if one.step > 60]
    assert [one.step for one in own] == [step for step in kept_steps(120) if step > 60]
    assert fork.kept_bytes == sum(one.bytes for one in own)


def test_a_changed_fork_parts_from_its_parent_where_it_begins(store: Store) -> None:
    parent = finished(store)
    other = SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1))
    fork = finished(store, other, Origin(parent.id, AT))
    assert_one_up_to(AT, store, fork.id, parent.id)
    mine, theirs = recorded(store, fork.id).stepped, recorded(store, parent.id).stepped
    assert mine["step"] == theirs["step"]
    assert mine["learning_rate"][AT - 1 : AT + 1] == [0.001, 0.1]
    assert mine["loss"][: AT + 1] == theirs["loss"][: AT + 1], "the next batch's loss is before its update"
    assert all(one != two for one, two in zip(mine["loss"][AT + 1 :], theirs["loss"][AT + 1 :], strict=True))


def test_a_fork_with_another_loss_says_its_own_at_the_step_where_it_begins(store: Store) -> None:
    parent = finished(store)
    fork = held(store, SMALL.but(loss=Loss(kind="MSE")), origin=Origin(parent.id, 5))
    mine, theirs = recorded(store, fork.id).evaluated, recorded(store, parent.id).evaluated
    assert mine["step"] == theirs["step"][:2] == [0, 5]
    assert mine["validation_loss"][0] == theirs["validation_loss"][0]
    assert mine["validation_loss"][1] < 0.2 < theirs["validation_loss"][1]
    assert mine["validation_accuracy"] == theirs["validation_accuracy"][:2]


def test_what_becomes_of_its_parent_leaves_a_fork_alone(store: Store) -> None:
    parent = held(store, SMALL)
    train_to(parent, 10)
    parent.save()
    train_to(parent, 20)
    parent.obey(Control(1, parent.id, "stop", None))
    fork = store.create(SMALL, "fork", origin=Origin(parent.id, AT))
    before = contents(store, fork), store.past.kept(fork), store.past.verdicts(fork, 60), recorded(store, fork)
    again = resumed(store, parent.id)
    for field, value in (("optimizer.learning_rate", 0.5), ("network.dropout", 0.5)):
        again.trainer.change(field, value)
    while not again.has_ended:
        again.turn(1)
    assert (
        contents(store, fork),
        store.past.kept(fork),
        store.past.verdicts(fork, 60),
        recorded(store, fork),
    ) == before
    delete(store, parent.id)
    assert (
        contents(store, fork),
        store.past.kept(fork),
        store.past.verdicts(fork, 60),
        recorded(store, fork),
    ) == before
    active = claimed(store)
    assert active.id == fork
    assert active.trainer.step == AT


def contents(store: Store, run_id: str) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in (store.folder / "runs" / run_id).rglob("*") if file.is_file()}


def test_what_becomes_of_a_fork_leaves_its_parent_alone(store: Store) -> None:
    parent = finished(store).id
    before = contents(store, parent), store.past.kept(parent), recorded(store, parent)
    fork = finished(store, SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1)), Origin(parent, AT)).id
    assert (contents(store, parent), store.past.kept(parent), recorded(store, parent)) == before
    delete(store, fork)
    assert (contents(store, parent), store.past.kept(parent), recorded(store, parent)) == before


def test_a_fork_of_a_fork_has_both_pasts(store: Store) -> None:
    parent = finished(store).id
    child = finished(store, origin=Origin(parent, 5)).id
    grandchild = finished(store, origin=Origin(child, AT)).id
    assert recorded(store, grandchild).stepped == recorded(store, parent).stepped
    assert store.past.kept(grandchild) == store.past.kept(parent)
    assert store.past.origin(grandchild) == Origin(child, AT)


@pytest.mark.parametrize("step", [AT, 25])
def test_a_fork_whose_worker_died_goes_on_as_if_nothing_had_been(store: Store, step: int) -> None:
    """Before its first step, and later."""
    parent = finished(store).id
    whole = finished(store, origin=Origin(parent, AT)).id
    fork = held(store, SMALL, origin=Origin(parent, AT))
    train_to(fork, step)
    again = resumed(store, fork.id)
    assert again.trainer.step >= AT
    while not again.has_ended:
        again.turn(1)
    assert recorded(store, fork.id) == recorded(store, whole)
    assert store.past.kept(fork.id) == store.past.kept(whole)
    assert store.past.verdicts(fork.id, 60) == store.past.verdicts(whole, 60)


def test_a_change_at_the_step_of_a_fork_is_its_parents_alone(store: Store) -> None:
    """It took effect one step later, after the two had parted."""
    parent = held(store, SMALL)
    train_to(parent, 3)
    parent.obey(Control(1, parent.id, "change", {"field": "optimizer.learning_rate", "value": 0.1}))
    train_to(parent, 5)
    parent.obey(Control(2, parent.id, "stop", None))
    fork, later = (store.create(SMALL, "fork", origin=Origin(parent.id, step)) for step in (3, 4))
    assert recorded(store, parent.id).changed["step"] == recorded(store, later).changed["step"] == [3]
    assert recorded(store, fork).changed["step"] == []
    assert store.past.kept(fork)[-1].live["optimizer.learning_rate"] == 0.001
    assert store.past.kept(later)[-1].live["optimizer.learning_rate"] == 0.1


def test_a_forks_clock_goes_on_from_its_parents_time_up_to_there(store: Store) -> None:
    parent = finished(store)
    store.record(parent.id, 0, None, seconds=30.0)
    fork = store.run(store.create(SMALL, "fork", origin=Origin(parent.id, 15)))
    assert fork is not None
    assert fork.seconds == pytest.approx(7.5)
    claimed(store)
    begun = store.run(fork.id)
    assert begun is not None
    assert begun.seconds_left == pytest.approx(22.5)
    assert begun.digits_per_second == pytest.approx(150 / 7.5)


@pytest.mark.parametrize(
    ("changes", "has_them"),
    [
        ({"augmentation": Augmentation(noise=0.1)}, True),
        ({"training_digits": 50}, False),
        ({"label_noise": 0.2}, False),
    ],
)
def test_verdicts_go_along_where_a_fork_has_the_same_digits_and_labels(
    changes: dict[str, object], has_them: bool, store: Store
) -> None:
    parent = finished(store).id
    fork = held(store, SMALL.but(data=SMALL.data.but(**changes)), origin=Origin(parent, AT))
    steps = [one.step for one in store.past.verdicts(fork.id, 60)]
    assert steps == ([0, 5, AT] if has_them else [AT])


def test_a_fork_that_can_not_be_fails_with_the_reason(store: Store) -> None:
    parent = finished(store).id
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        held(store, SMALL, origin=Origin(parent, NOT_KEPT))
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        held(store, SMALL, origin=Origin("r-nothing", 5))
    with pytest.raises(SpecError, match="keeps its run's seed"):
        held(store, small(epochs=6, seed=1), origin=Origin(parent, AT))
    with pytest.raises(SpecError, match="train longer"):
        held(store, SMALL, origin=Origin(parent, 60))
