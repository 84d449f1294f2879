"""Damaged checkpoints, full disks and a store that fails: a run goes on where it can, and says what was lost."""

import math
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from playground.errors import SpecError
from playground.runs import active
from playground.runs.store import Control, Run, Store
from playground.runs.worker import Worker
from playground.training import checkpoint
from playground.training.checkpoint import restore, save
from playground.training.events import Stepped
from playground.training.trainer import Trainer
from tests.held_runs import LONG, SHORT, claimed, held, recorded, train_to, turn_until
from tests.small_runs import small

SMALL = small(epochs=3)  # 30 steps, all of them kept


def found(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def broken_off(store: Store) -> str:
    """A run lost at step 20, with its last checkpoint there."""
    lost = held(store, SMALL)
    train_to(lost, 20)
    lost.save()
    return lost.id


def resumed(store: Store, run_id: str) -> active.ActiveRun:
    store.set_state(run_id, "lost")
    assert store.requeue(run_id, ("lost",))
    return claimed(store)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def turn_bits(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1000] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage", [truncate, turn_bits, lambda file: file.write_bytes(b"")], ids=["cut", "bits turned", "emptied"]
)
def test_a_damaged_checkpoint_is_told_from_a_good_one(tmp_path: Path, damage: Callable[[Path], Any]) -> None:
    file = tmp_path / "last.safetensors"
    save(Trainer(SMALL), file)
    restore(Trainer(SMALL), file)
    damage(file)
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        restore(Trainer(SMALL), file)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ((), ""),
        (("last",), "its last checkpoint is damaged: it went on from step 20"),
        (("last", 20, 19), "its last checkpoint is damaged: it went on from step 18"),
        (("last", *range(21)), "its last checkpoint is damaged: it began again where it had begun"),
    ],
)
def test_a_run_with_damaged_checkpoints_goes_on_from_the_newest_good_one_to_the_same_curve(
    store: Store, damaged: tuple[str | int, ...], message: str
) -> None:
    whole, run_id = held(store, SMALL), broken_off(store)
    while not whole.has_ended:
        whole.turn(1)
    for one in damaged:
        turn_bits(store.past.checkpoint(run_id) if one == "last" else store.past.kept_checkpoint(run_id, int(one)))
    again = resumed(store, run_id)
    assert found(store, run_id).message == message
    while not again.has_ended:
        again.turn(1)
    assert recorded(store, run_id) == recorded(store, whole.id)
    assert store.past.kept(run_id) == store.past.kept(whole.id)


def test_a_checkpoint_later_than_its_curve_is_passed_over(store: Store) -> None:
    """As a power cut leaves them: SQLite may lose its last transactions, the file was renamed."""
    run_id = broken_off(store)
    store.record(run_id, 0, None, step=15)
    assert resumed(store, run_id).trainer.step == 15


def test_a_run_that_broke_off_between_its_last_step_and_its_end_is_finished_when_it_goes_on(store: Store) -> None:
    run_id = broken_off(store)
    again = resumed(store, run_id)
    train_to(again, 29)
    again.trainer.advance()
    shutil.rmtree(store.past.checkpoint(run_id).parent / "kept")
    again.save()
    last = resumed(store, run_id)
    assert last.has_ended
    assert found(store, run_id).state == "finished"


def test_training_goes_on_without_a_checkpoint_that_the_disk_has_no_room_for_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "CHECKPOINT_EVERY", 0.0)
    run = held(store, LONG)
    train_to(run, 10)
    run.save()
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", no_room)
        run.save()
        train_to(run, 20)
        run.write()
        said = found(store, run.id)
        assert (said.state, said.step) == ("running", 20)
        assert "No space left on device" in said.message
        assert "step 10 is on disk" in said.message
    run.save()
    run.write()
    assert found(store, run.id).message == ""
    assert resumed(store, run.id).trainer.step == 20


def no_room(_tensors: object, part: Path, *_: object) -> None:
    part.write_bytes(b"half")
    raise OSError(28, "No space left on device")


def test_half_a_checkpoint_takes_no_room_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "save_file", no_room)
    with pytest.raises(OSError, match="No space"):
        save(Trainer(SMALL), tmp_path / "last.safetensors")
    assert list(tmp_path.iterdir()) == []


# --- a store that fails -----------------------------------------------------------------------------------------------


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(store.folder / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def worker(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """Impatient, so that tests are quick."""
    monkeypatch.setattr("playground.runs.worker.REST", 0.02)
    monkeypatch.setattr(active, "REST", 0.02)
    impatient = Store(store.url, store.folder, patience=0.01)
    yield Worker("impatient", impatient, 4)
    impatient.close()


def test_runs_train_on_while_the_database_is_locked_and_their_whole_curves_come_afterwards(
    store: Store, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [store.create(SHORT, str(n)) for n in range(2)]
    turn_until(worker, lambda: len(worker.active) == 2)
    with locked(store):
        turn_until(worker, lambda: all(run.ending for run in worker.active.values()))
        assert [found(store, run_id).state for run_id in ids] == ["running", "running"]
    assert "locked by another program" in capsys.readouterr().err
    turn_until(worker, lambda: not worker.active)
    for run_id in ids:
        assert found(store, run_id).state == "finished"
        assert recorded(store, run_id).stepped["step"] == list(range(1, 41))
        assert recorded(store, run_id).evaluated["step"][-1] == 40
    assert recorded(store, ids[0]) == recorded(store, ids[1])


def test_a_run_waits_for_the_store_once_it_has_much_to_write(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "MOST_PENDING", 200)
    store.create(LONG, "long")
    turn_until(worker, lambda: bool(worker.active))
    (run,) = worker.active.values()
    with locked(store):
        turn_until(worker, lambda: len(run.pending) >= 200)
        step = run.trainer.step
        for _ in range(3):
            worker.turn()
        assert run.trainer.step == step
    turn_until(worker, lambda: run.trainer.step > step)
    assert recorded(store, run.id).stepped["step"][:step] == list(range(1, step + 1))


@pytest.mark.parametrize("method", ["take_control", "record"])
@pytest.mark.parametrize("name", ["step", "change", "stop"])
def test_a_control_is_obeyed_once_however_often_the_store_fails_over_it(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch, method: str, name: str
) -> None:
    run_id = store.create(LONG, "controlled", begin="batch")
    turn_until(worker, lambda: found(store, run_id).state == "paused")
    value = {"field": "network.dropout", "value": 0.5} if name == "change" else "batch"
    asked, failures = store.ask(run_id, name, value), [1, 2]
    works = getattr(worker.store, method)

    def fails_twice(*arguments: Any, **named: Any) -> None:
        if failures:
            failures.pop()
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
        works(*arguments, **named)

    monkeypatch.setattr(worker.store, method, fails_twice)
    turn_until(worker, lambda: store.control_outcome(asked)[0])
    turn_until(worker, lambda: found(store, run_id).state == ("stopped" if name == "stop" else "paused"))
    worker.turn()
    assert not failures
    assert found(store, run_id).step == (2 if name == "step" else 1)
    assert recorded(store, run_id).changed["new"] == ([0.5] if name == "change" else [])


def test_a_run_that_was_taken_as_the_store_failed_goes_back_into_the_queue(
    store: Store, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create(SHORT, "unlucky")
    failures = [1]
    works = active.rewind

    def fails_once(*arguments: Any, **named: Any) -> Any:
        if failures:
            failures.pop()
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
        return works(*arguments, **named)

    monkeypatch.setattr(active, "rewind", fails_once)
    turn_until(worker, lambda: found(store, run_id).state == "finished")
    assert recorded(store, run_id).stepped["step"] == list(range(1, 41))


def test_settings_changed_after_the_last_checkpoint_are_changed_again_at_their_step(store: Store) -> None:
    change = Control(1, "", "change", {"field": "optimizer.learning_rate", "value": 0.02})
    whole, lost = held(store, SMALL), held(store, SMALL)
    for run, goes_on_to in ((whole, 30), (lost, 26)):
        train_to(run, 20)
        run.save()
        run.save_after = math.inf  # no checkpoint comes after it
        train_to(run, 23)
        run.obey(change)
        train_to(run, goes_on_to)
        if not run.has_ended:
            run.write()
    for _ in range(2):
        again = resumed(store, lost.id)
        assert again.trainer.step == 20
    while not again.has_ended:
        again.turn(1)
    assert recorded(store, lost.id) == recorded(store, whole.id)
    assert recorded(store, lost.id).changed["step"] == [23]


@pytest.mark.parametrize(
    ("field", "value", "made"),
    [
        ("network.dropout", 0.3, {21: "network.dropout", 23: "optimizer.learning_rate", 24: "training.batch_size"}),
        ("optimizer.learning_rate", 0.5, {21: "optimizer.learning_rate", 24: "training.batch_size"}),
    ],
    ids=["another setting", "the same setting"],
)
def test_a_change_after_a_run_went_on_takes_the_place_of_later_ones_of_its_setting_alone(
    store: Store, field: str, value: float, made: dict[int, str]
) -> None:
    experiment = small(epochs=3, dropout=0.2)
    active = held(store, experiment)
    train_to(active, 20)
    active.save()
    active.save_after = math.inf
    for step, one, new in ((23, "optimizer.learning_rate", 0.02), (24, "training.batch_size", 16)):
        train_to(active, step)
        active.obey(Control(1, "", "change", {"field": one, "value": new}))
    again = resumed(store, active.id)
    train_to(again, 21)
    again.obey(Control(2, "", "change", {"field": field, "value": value}))
    again.save_after = math.inf
    again = resumed(store, active.id)  # lost once more, before the changes were made again
    while not again.has_ended:
        again.turn(1)
    changed = recorded(store, active.id).changed
    assert dict(zip(changed["step"], changed["field"], strict=True)) == made
    trainer = Trainer(experiment)
    trainer.start()
    losses = []
    while not trainer.finished:
        if trainer.step in changed["step"]:
            place = changed["step"].index(trainer.step)
            trainer.change(changed["field"][place], changed["new"][place])
        losses += [event.loss for event in trainer.advance() if isinstance(event, Stepped)]
    assert recorded(store, active.id).stepped["loss"] == losses
