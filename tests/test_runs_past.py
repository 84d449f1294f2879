"""What stays of a run: kept steps and verdicts, also through resuming."""

import numpy as np
import pytest
from safetensors.numpy import save

from playground.experiment import Optimizer
from playground.runs.past import Judged, Kept, Origin
from playground.runs.store import Control, Store
from playground.training.checkpoint import load, save_weights
from playground.training.kept import kept_steps
from tests.held_runs import files, finished, held, recorded, resumed, steps_kept, train_to, train_to_end
from tests.small_runs import small

SMALL = small(epochs=6)  # 60 steps


def test_the_step_of_the_lowest_validation_loss_stays_and_goes_on_as_its_run_did(store: Store) -> None:
    active = held(store, SMALL.but(training=SMALL.training.but(epochs=60), optimizer=Optimizer(learning_rate=0.01)))
    active.keeping = frozenset((0, 600))
    train_to_end(active)
    evaluated = recorded(store, active.id).table("evaluated")
    best = int(evaluated.sort_values("validation_loss").iloc[0]["step"])
    assert steps_kept(store, active.id) == files(store, active.id) == [0, best, 600]
    child = held(store, active.trainer.experiment, origin=Origin(active.id, best))
    train_to(child, best + 20)
    child.write()
    mine, theirs = (recorded(store, run_id).stepped["loss"] for run_id in (child.id, active.id))
    assert mine[best : best + 20] == theirs[best : best + 20]


def test_a_network_too_large_for_the_disk_it_may_take_keeps_no_best_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 1000)
    active = finished(store, SMALL.but(training=SMALL.training.but(epochs=60), optimizer=Optimizer(learning_rate=0.01)))
    assert active.trainer.watch.step not in (0, 600)
    assert steps_kept(store, active.id) == [0]


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
    run_id = finished(store, SMALL).id
    kept = store.past.kept(run_id)
    assert [one.step for one in kept] == list(kept_steps(60))
    for one in kept:
        file = store.past.kept_checkpoint(run_id, one.step)
        state, _ = load(file)
        assert (state["step"], state["live"]) == (one.step, one.live)
        assert one.bytes == file.stat().st_size


def test_whole_epochs_before_a_kept_step_are_read_from_its_file_and_none_where_that_says_nothing(store: Store) -> None:
    active = finished(store, SMALL)
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
    run_id = finished(store, SMALL).id
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
    train_to_end(active)
    assert set(kept_steps(active.trainer.total_steps)) | {1, 2} == set(steps_kept(store, active.id))


def test_kept_steps_take_the_disk_they_may_at_most_one_file_more_and_the_best_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = held(store, SMALL).kept_bytes
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 5 * one)
    active = held(store, SMALL)
    active.keeping = frozenset(range(60))
    train_to_end(active)
    best = active.trainer.watch.step
    size = sum(one.bytes for one in store.past.kept(active.id) if one.step != best)
    assert 5 * one < size <= 7 * one  # an optimizer with averages: a later file is larger than the first
    assert size == sum(
        store.past.kept_checkpoint(active.id, step).stat().st_size for step in files(store, active.id) if step != best
    )


def test_a_run_with_little_room_keeps_both_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.active.kept_bytes", lambda: 100_000)
    assert steps_kept(store, finished(store, SMALL).id) == [0, 60]


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
    train_to_end(again)
    assert steps_kept(store, active.id) == files(store, active.id) == list(kept_steps(60))
    whole = finished(store, SMALL).id
    assert store.past.verdicts(active.id, 60) == store.past.verdicts(whole, 60)
    assert recorded(store, active.id) == recorded(store, whole)
