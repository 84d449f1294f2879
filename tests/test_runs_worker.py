"""One worker, here in the test's process: whom a run belongs to, what is left behind, and signs of life."""

import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError

from playground.runs import control
from playground.runs.limits import Limits, needed
from playground.runs.memory import WORKER
from playground.runs.questions import Task
from playground.runs.settings import Settings
from playground.runs.store import NotHeld, Store
from playground.runs.tasks import ANSWERS, answer
from playground.runs.viewer import SHARE
from playground.runs.worker import Worker
from playground.runs.workers import LocalWorkers
from playground.training.checkpoint import load, save
from playground.training.trainer import Trainer
from tests.held_runs import LONG, SHORT, claimed, held, recorded, train_to, turn_until, until


def state_of(store: Store, run_id: str) -> tuple[str, str | None]:
    run = store.run(run_id)
    assert run is not None
    return run.state, run.worker


def handed_over(store: Store) -> tuple[str, Worker, Worker]:
    """A run whose worker was buried by mistake, and the other worker that resumed it; both train on."""
    run_id = store.create(LONG, "handed over")
    first, second = Worker("first", store, 4), Worker("second", store, 4)
    turn_until(first, lambda: store.past.checkpoint(run_id).exists())
    store.crew.bury("first", "silent")
    assert store.requeue(run_id, ("lost",))
    second.turn()
    assert state_of(store, run_id) == ("running", "second")
    return run_id, first, second


def contents(store: Store, run_id: str) -> dict[Path, bytes]:
    """All that a run has on disk."""
    return {file: file.read_bytes() for file in (store.folder / "runs" / run_id).rglob("*") if file.is_file()}


def test_a_worker_gives_signs_of_life_while_a_turn_takes_long_and_none_after_it_left(store: Store) -> None:
    worker = Worker("busy", store, 4)
    worker.life.start()  # and not a single turn
    assert control.wait(lambda: store.crew.ready() == 1, 60)
    worker.leave("done")
    assert not worker.life.is_alive()
    assert store.crew.ready() == 0


def test_signs_of_life_go_on_after_the_store_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.worker.LIFE_EVERY", 0.01)
    give, failures = store.crew.sign_of_life, [OperationalError("UPDATE", {}, Exception("database is locked"))]

    def sign_of_life(*arguments: Any, **named: Any) -> None:
        if failures:
            raise failures.pop()
        give(*arguments, **named)

    monkeypatch.setattr(store.crew, "sign_of_life", sign_of_life)
    worker = Worker("patient", store, 4)
    worker.life.start()
    assert control.wait(lambda: store.crew.ready() == 1, 60)
    worker.leave("done")


def test_the_server_buries_silent_workers_but_not_its_own_that_live(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.workers.LOOK_EVERY", 0.001)
    own, foreign = store.create(SHORT, "own"), store.create(SHORT, "foreign")
    store.claim("asleep", 4)
    store.claim("gone", 4)
    local = LocalWorkers(store, Settings(tmp_path, store.url, workers=1, runs_at_once=4))
    local.processes["asleep"] = subprocess.Popen(["sleep", "60"])
    local.watcher.start()
    until(store, foreign, lambda run: run.state == "lost")
    local.stop()
    assert state_of(store, own) == ("running", "asleep")


def test_a_letter_that_the_store_can_never_take_does_not_keep_the_others_back(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = store.create(SHORT, "run")
    worker = Worker("w", store, 4)

    def too_large() -> None:
        raise DataError("UPDATE", {}, Exception("string or blob too big"))

    worker.post(too_large)
    worker.post(partial(store.set_state, run_id, "stopped"))
    assert state_of(store, run_id)[0] == "stopped"
    assert "too big" in capsys.readouterr().err


def test_an_answer_too_large_for_the_store_fails_with_its_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.tasks.MOST_RESULT", 1_000_000)
    monkeypatch.setitem(ANSWERS, "export", lambda *_: bytes(2_000_000))
    task_id = store.questions.ask("export", {})
    answer(store, "w")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.message == "the answer has 2 MB, more than one may have here (1 MB)"


@pytest.mark.parametrize("is_running", [True, False], ids=["training", "paused"])
def test_memory_that_a_run_holds_is_no_room_for_another(store: Store, is_running: bool) -> None:
    one = needed(SHORT).total
    store.limits = Limits(memory=WORKER + 2 * one - 1)
    worker = Worker("w", store, 4)
    for name in ("first", "second"):
        store.create(LONG, name)
    worker.claim()
    for run in worker.active.values():
        run.is_running = is_running
    worker.claim()
    assert (len(worker.active), worker.is_full, worker.is_held_back) == (1, True, True)


def test_a_worker_for_which_nothing_of_the_queue_is_looks_less_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.limits = Limits(runs_a_visitor=1)
    for n in range(2):
        store.create(SHORT, str(n), owner="me")
    store.claim("other", 4)
    worker = Worker("w", store, 4)
    looks: list[str] = []
    monkeypatch.setattr(store, "claim", lambda *_: looks.append("look"))
    for _ in range(5):
        worker.listen(is_busy=False)
    assert len(looks) == 1


def test_a_worker_that_was_buried_by_mistake_drops_its_run_and_leaves_curve_and_checkpoint_alone(store: Store) -> None:
    run_id, first, second = handed_over(store)
    second.active[run_id].save()
    before, saved, kept = store.run(run_id), contents(store, run_id), store.past.kept(run_id)
    assert before is not None
    first.active[run_id].saved_step = -1  # a checkpoint is due
    turn_until(first, lambda: not first.active)
    assert store.run(run_id) == before
    assert recorded(store, run_id).stepped["step"] == list(range(1, before.step + 1))
    assert (contents(store, run_id), store.past.kept(run_id)) == (saved, kept)


def test_a_worker_that_was_buried_by_mistake_keeps_no_step_of_the_run(store: Store) -> None:
    run_id, first, _ = handed_over(store)
    saved = contents(store, run_id)
    lost = first.active[run_id]
    lost.keeping = frozenset(range(lost.trainer.step + 1, 10**6))
    with pytest.raises(NotHeld):
        lost.turn(0.02)
    assert contents(store, run_id) == saved


def test_an_error_in_a_worker_that_was_buried_by_mistake_does_not_fail_the_run(store: Store) -> None:
    run_id, first, _ = handed_over(store)
    first.fail(first.active[run_id], RuntimeError("a step that broke"))
    assert state_of(store, run_id) == ("running", "second")
    assert not first.active


@pytest.mark.parametrize("name", ["pause", "resume", "stop"])
def test_a_control_is_left_to_the_worker_that_holds_the_run(store: Store, name: str) -> None:
    run_id, first, _ = handed_over(store)
    first.active[run_id].is_running = False
    asked = store.ask(run_id, name)
    first.obey(store.open_controls([run_id])[0])
    assert store.control_outcome(asked) == (False, None)
    assert state_of(store, run_id) == ("running", "second")


def test_runs_are_left_one_by_one_even_where_one_was_lost(store: Store) -> None:
    lost, kept = store.create(LONG, "lost"), store.create(LONG, "kept")
    worker = Worker("leaving", store, 4)
    while len(worker.active) < 2:
        worker.claim()
    store.set_state(lost, "lost", "silent")
    worker.leave("the server stopped")
    run = store.run(kept)
    assert run is not None
    assert run.message.startswith("the server stopped at step")


def test_answers_take_a_small_share_of_the_time_of_a_worker_that_trains(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bool] = []

    def take(_store: Store, _worker: str, is_busy: bool) -> Task:
        answers.append(is_busy)
        return Task(0, "look", None, {}, "taken", "", None)

    def answer_to(_store: Store, _task: Task) -> tuple[None, str]:
        time.sleep(0.03)
        return None, "no answer"

    monkeypatch.setattr("playground.runs.worker.take", take)
    monkeypatch.setattr("playground.runs.worker.answer_to", answer_to)
    worker = Worker("w", store, 4)
    for _ in range(3):
        worker.turn()
    assert answers == [False] * 3, "nothing else to do: it looks at every turn"
    store.create(LONG, "trains")
    turn_until(worker, lambda: True in answers)
    answers.clear()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        worker.turn()
    assert 1 <= len(answers) <= 1.5 * SHARE / 0.03 + 1
    assert all(answers)


def test_a_fresh_run_has_a_checkpoint_as_soon_as_its_first_steps_are_on_record(store: Store) -> None:
    active = held(store, LONG)
    active.turn(0.15)
    step = recorded(store, active.id).stepped["step"][-1]
    assert load(store.past.checkpoint(active.id))[0]["step"] == step


def test_a_run_killed_in_its_very_first_checkpoint_starts_over(store: Store) -> None:
    run_id = store.create(LONG, "unlucky")
    file = store.past.checkpoint(run_id)
    file.parent.mkdir(parents=True)
    file.with_name(f"{file.name}.part").write_bytes(b"half a file")
    store.set_state(run_id, "lost")
    store.requeue(run_id, ("lost",))
    assert claimed(store).trainer.step == 0


def test_a_step_for_which_the_disk_has_no_room_is_not_kept_and_training_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(trainer: Trainer, file: Path) -> None:
        if file.parent.name == "kept":
            raise OSError(28, "No space left on device")
        save(trainer, file)

    active = held(store, LONG)
    monkeypatch.setattr("playground.runs.active.save", full)
    before = [one.step for one in store.past.kept(active.id)]
    train_to(active, 3)
    assert [one.step for one in store.past.kept(active.id)] == before
    assert "No space left" in capsys.readouterr().err
