"""Servers and workers as real processes: one is killed, two share a folder; and workers that no server here started."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from playground.runs import control
from playground.runs.schema import workers
from playground.runs.settings import Settings
from playground.runs.store import Store
from playground.runs.worker import Worker
from playground.runs.workers import LocalWorkers, Workers
from tests.held_runs import LONG, SHORT, recorded, turn_until, until

PROJECT = Path(__file__).parents[1]
SERVER = """
import time
from playground.runs.settings import open_store, settings
from playground.runs.workers import LocalWorkers
LocalWorkers(open_store(settings()), settings()).start()
time.sleep(600)
"""


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """What app.py starts, with one worker, but for the pages."""
    variables = {"PLAYGROUND_DATA": str(tmp_path), "PLAYGROUND_WORKERS": "1"}
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=PROJECT, env={**os.environ, **variables})
    yield process
    process.kill()
    process.wait()


def second_server(store: Store, folder: Path) -> LocalWorkers:
    """Another one on the same folder, without workers of its own; it looks for silent workers all the time."""
    return LocalWorkers(Store(store.url, folder), Settings(folder, store.url, workers=0, runs_at_once=4))


def test_a_second_server_leaves_the_runs_of_the_first_alone_and_finds_them_when_that_is_killed(
    store: Store, tmp_path: Path, server: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.workers.LOOK_EVERY", 0.001)
    run_id = store.create(LONG, "of the first server")
    step = until(store, run_id, lambda run: run.step > 0, patience=60).step
    holder = until(store, run_id, lambda run: run.state == "running").worker
    for _ in range(2):
        other = second_server(store, tmp_path)
        other.start()
        step = until(other.store, run_id, lambda run: run.step > step + 30).step  # noqa: B023
        other.stop()
        other.store.close()
    assert until(store, run_id, lambda run: run.step > step).worker == holder

    server.kill()
    lost = until(store, run_id, lambda run: run.state == "lost")
    assert lost.message.startswith("the server stopped at step")
    control.resume(store, run_id)
    here = Worker("here", store, 4)
    turn_until(here, lambda: until(store, run_id, lambda run: True).step > lost.step + 20)
    here.leave("done")
    steps = recorded(store, run_id).stepped["step"]
    assert steps == list(range(1, len(steps) + 1))


def test_a_worker_that_was_silent_at_one_look_only_is_not_buried(store: Store, tmp_path: Path) -> None:
    """All are, for a moment, after a sleep of the machine or a lock on the database."""
    run_id = store.create(SHORT, "asleep")
    store.claim("of another server", 4)
    server = second_server(store, tmp_path)
    server.look_for_silent()
    store.crew.sign_of_life("of another server", ready=True)
    server.look_for_silent()
    assert until(store, run_id, lambda run: True).state == "running"
    store.crew.bury("of another server", "its worker was killed (signal 9)")
    server.store.close()


@pytest.fixture
def own(store: Store, tmp_path: Path) -> Iterator[LocalWorkers]:
    """A server with a worker that was seen two minutes ago."""
    server = second_server(store, tmp_path)
    server.processes["own"] = subprocess.Popen(["sleep", "60"])
    store.crew.sign_of_life("own", ready=True)
    with store.engine.begin() as connection:
        connection.execute(update(workers).values(seen=workers.c.seen - 120))
    yield server
    server.processes["own"].kill()
    server.processes["own"].wait()
    server.store.close()


def test_an_own_worker_that_hangs_is_killed_after_two_looks(own: LocalWorkers) -> None:
    own.look_for_silent()
    assert own.processes["own"].poll() is None
    own.look_for_silent()
    assert own.processes["own"].wait(timeout=60) == -signal.SIGKILL


def test_an_own_worker_that_awakes_with_the_machine_is_not_killed(own: LocalWorkers) -> None:
    own.look_for_silent()
    own.store.crew.sign_of_life("own", ready=True)
    own.look_for_silent()
    own.look_for_silent()
    assert own.processes["own"].poll() is None


def test_no_own_worker_is_killed_while_none_could_say_that_it_lives(
    own: LocalWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(own.store, "check", locked)
    for _ in range(3):
        with pytest.raises(OperationalError):
            own.look_for_silent()
    assert own.processes["own"].poll() is None


def test_a_watcher_that_the_store_fails_says_later_what_was_lost(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("playground.runs.workers.LOOK_EVERY", 0.001)
    run_id = store.create(SHORT, "run")
    store.claim("killed", 4)
    server = second_server(store, tmp_path)
    bury, failures = server.store.crew.bury, [1, 2]

    def fails_twice(worker: str, message: str) -> None:
        if failures:
            failures.pop()
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        bury(worker, message)

    monkeypatch.setattr(server.store.crew, "bury", fails_twice)
    monkeypatch.setattr(server, "replace", lambda _: None)
    server.processes["killed"] = subprocess.Popen(["sleep", "60"])
    server.watcher.start()
    server.processes["killed"].send_signal(signal.SIGKILL)
    assert until(store, run_id, lambda run: run.state == "lost").message == "its worker was killed (signal 9)"
    server.stop()
    server.store.close()
    assert "locked by another program" in capfd.readouterr().err


class Scheduler:
    """As a cluster's: it is given the store's URL and the folder, and has a worker run somewhere."""

    def __init__(self, url: str, folder: Path) -> None:
        self.store = Store(url, folder)
        self.is_over = threading.Event()
        self.job = threading.Thread(target=self.work)

    def start(self) -> None:
        self.job.start()

    def stop(self) -> None:
        self.is_over.set()
        self.job.join()
        self.store.close()

    def work(self) -> None:
        worker = Worker("on a cluster", self.store, runs_at_once=4)
        worker.life.start()
        while not self.is_over.is_set():
            worker.turn()
        worker.leave("the cluster ended it")


def test_another_scheduler_behind_the_same_interface_trains_what_pages_ask_for(store: Store, tmp_path: Path) -> None:
    crew: Workers = Scheduler(store.url, tmp_path)
    crew.start()
    run_id = control.start(store, LONG, "remote")
    until(store, run_id, lambda run: run.state == "running" and run.step > 5)
    control.pause(store, run_id)
    assert until(store, run_id, lambda run: run.state == "paused").worker == "on a cluster"
    control.resume(store, run_id)
    until(store, run_id, lambda run: run.state == "running")
    crew.stop()
    assert until(store, run_id, lambda run: run.state == "lost").message.startswith("the cluster ended it")


def test_nothing_but_the_app_knows_that_workers_are_processes_here() -> None:
    sources = [PROJECT / "app.py", *PROJECT.glob("pages/*.py"), *PROJECT.glob("playground/**/*.py")]
    users = {file.relative_to(PROJECT).as_posix() for file in sources if "LocalWorkers" in file.read_text()}
    assert users == {"app.py", "playground/runs/workers.py"}
