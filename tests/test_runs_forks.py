"""What a fork shares with its parent: curve, kept steps and verdicts up to where it begins, and nothing after."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from playground.errors import SpecError
from playground.experiment import Augmentation, Loss
from playground.runs.journal import encode
from playground.runs.past import Origin
from playground.runs.store import Control, Store
from playground.training.events import Changed, Evaluated, Event, Stepped
from playground.training.kept import kept_steps
from tests.held_runs import claimed, files, finished, held, recorded, resumed, steps_kept, train_to, train_to_end
from tests.small_runs import small

SMALL = small(epochs=6)  # 60 steps
AT = 14  # a kept step in the middle of an epoch, and none that is evaluated
NOT_KEPT = next(step for step in range(60) if step not in kept_steps(60))


def delete(store: Store, run_id: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (run_id,))
    shutil.rmtree(store.folder / "runs" / run_id)


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
    parent = finished(store, SMALL).id
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
    parent = finished(store, SMALL)
    fork = finished(store, SMALL, Origin(parent.id, at))
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
    parent = finished(store, SMALL).id

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
    parent = finished(store, SMALL)
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: parent.kept_bytes)  # as much as its parent took
    longer = SMALL.but(training=SMALL.training.but(epochs=12))
    fork = finished(store, longer, Origin(parent.id, 60))
    own = [one for one in store.past.kept(fork.id) if one.step > 60]
    assert [one.step for one in own] == [step for step in kept_steps(120) if step > 60]
    assert fork.kept_bytes == sum(one.bytes for one in own)


def test_a_changed_fork_parts_from_its_parent_where_it_begins(store: Store) -> None:
    parent = finished(store, SMALL)
    other = SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1))
    fork = finished(store, other, Origin(parent.id, AT))
    assert_one_up_to(AT, store, fork.id, parent.id)
    mine, theirs = recorded(store, fork.id).stepped, recorded(store, parent.id).stepped
    assert mine["step"] == theirs["step"]
    assert mine["learning_rate"][AT - 1 : AT + 1] == [0.001, 0.1]
    assert mine["loss"][: AT + 1] == theirs["loss"][: AT + 1], "the next batch's loss is before its update"
    assert all(one != two for one, two in zip(mine["loss"][AT + 1 :], theirs["loss"][AT + 1 :], strict=True))


def test_a_fork_with_another_loss_says_its_own_at_the_step_where_it_begins(store: Store) -> None:
    parent = finished(store, SMALL)
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

    def all_of_it() -> tuple[object, ...]:
        return contents(store, fork), store.past.kept(fork), store.past.verdicts(fork, 60), recorded(store, fork)

    before = all_of_it()
    again = resumed(store, parent.id)
    for field, value in (("optimizer.learning_rate", 0.5), ("network.dropout", 0.5)):
        again.trainer.change(field, value)
    train_to_end(again)
    assert all_of_it() == before
    delete(store, parent.id)
    assert all_of_it() == before
    active = claimed(store)
    assert active.id == fork
    assert active.trainer.step == AT


def contents(store: Store, run_id: str) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in (store.folder / "runs" / run_id).rglob("*") if file.is_file()}


def test_what_becomes_of_a_fork_leaves_its_parent_alone(store: Store) -> None:
    parent = finished(store, SMALL).id
    before = contents(store, parent), store.past.kept(parent), recorded(store, parent)
    fork = finished(store, SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1)), Origin(parent, AT)).id
    assert (contents(store, parent), store.past.kept(parent), recorded(store, parent)) == before
    delete(store, fork)
    assert (contents(store, parent), store.past.kept(parent), recorded(store, parent)) == before


def test_a_fork_of_a_fork_has_both_pasts(store: Store) -> None:
    parent = finished(store, SMALL).id
    child = finished(store, SMALL, Origin(parent, 5)).id
    grandchild = finished(store, SMALL, Origin(child, AT)).id
    assert recorded(store, grandchild).stepped == recorded(store, parent).stepped
    assert store.past.kept(grandchild) == store.past.kept(parent)
    assert store.past.origin(grandchild) == Origin(child, AT)


@pytest.mark.parametrize("step", [AT, 25])
def test_a_fork_whose_worker_died_goes_on_as_if_nothing_had_been(store: Store, step: int) -> None:
    """Before its first step, and later."""
    parent = finished(store, SMALL).id
    whole = finished(store, SMALL, Origin(parent, AT)).id
    fork = held(store, SMALL, origin=Origin(parent, AT))
    train_to(fork, step)
    again = resumed(store, fork.id)
    assert again.trainer.step >= AT
    train_to_end(again)
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
    parent = finished(store, SMALL)
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
    parent = finished(store, SMALL).id
    fork = held(store, SMALL.but(data=SMALL.data.but(**changes)), origin=Origin(parent, AT))
    steps = [one.step for one in store.past.verdicts(fork.id, 60)]
    assert steps == ([0, 5, AT] if has_them else [AT])


def test_a_fork_that_can_not_be_fails_with_the_reason(store: Store) -> None:
    parent = finished(store, SMALL).id
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        held(store, SMALL, origin=Origin(parent, NOT_KEPT))
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        held(store, SMALL, origin=Origin("r-nothing", 5))
    with pytest.raises(SpecError, match="keeps its run's seed"):
        held(store, small(epochs=6, seed=1), origin=Origin(parent, AT))
    with pytest.raises(SpecError, match="train longer"):
        held(store, SMALL, origin=Origin(parent, 60))
