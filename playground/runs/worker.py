"""A worker process: `python -m playground.runs.worker ID`, started by the server, fed by the store.

It takes turns between the runs it holds, so a click finds any of them within a turn. It writes nothing but the store
and checkpoints, and ends by itself when the server that started it is gone.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from playground.errors import SpecError
from playground.experiment import Conv2d, Data, Experiment, Flatten, MaxPool2d, Network, ReLU, Training
from playground.runs.active import REST, ActiveRun
from playground.runs.health import in_words
from playground.runs.limits import check, in_mb, needed
from playground.runs.machine import confine
from playground.runs.memory import WORKER
from playground.runs.settings import settings
from playground.runs.store import Control, NotHeld, Run, Store
from playground.runs.tasks import answer_to, take
from playground.runs.viewer import SHARE, Viewer
from playground.training.devices import find_device
from playground.training.trainer import Trainer

TURN = 0.02  # seconds that one run trains before controls are looked at
LISTEN_EVERY = 0.02
IDLE = 0.02  # seconds between two turns that find nothing to do
CLAIM_EVERY = 0.1  # while busy; an idle worker looks at every turn
LIFE_EVERY = 1.0
LONGEST_WAIT = 5.0  # seconds, of a question after one that took long, while runs train
REST_OF_VIEWS = 1.0  # seconds, after one could not be made
PATIENCE = 1.0  # seconds that a worker waits for a locked database: runs train meanwhile, nothing is lost by it


class Worker:
    def __init__(self, worker_id: str, store: Store, runs_at_once: int) -> None:
        self.id = worker_id
        self.store = store
        self.runs_at_once = runs_at_once
        self.active: dict[str, ActiveRun] = {}
        self.viewer = Viewer(store)
        self.listened = self.claimed = self.answers_after = 0.0
        self.outbox: list[Callable[[], object]] = []  # what the store has to be told, in this order
        self.is_held_back = False  # runs wait, and none of them is for this worker
        self.is_full = False  # it has no room for the next of them
        self.rest_until = 0.0  # the store failed
        self.leaving = threading.Event()
        self.life = threading.Thread(target=self.live, name="life", daemon=True)

    def turn(self) -> None:
        """Look at what is asked, then let each run train for a moment."""
        is_busy = any(run.is_running for run in self.active.values())
        if time.monotonic() >= self.rest_until:
            try:
                self.listen(is_busy)
            except SQLAlchemyError as error:
                self.rest(error)
        for run in list(self.active.values()):
            self.carefully(run, ActiveRun.turn, TURN)
        self.show()
        for run_id in [run_id for run_id, run in self.active.items() if run.has_ended]:
            del self.active[run_id]
            self.post(partial(self.viewer.let_go, run_id))
        if not is_busy:
            time.sleep(IDLE)

    def listen(self, is_busy: bool) -> None:
        """Say what has to be said, obey, take a run, answer a question."""
        self.send()
        now = time.monotonic()
        if self.active and now - self.listened > LISTEN_EVERY:
            self.listened = now
            for control in self.store.open_controls(self.active):
                self.obey(control)
        is_due = now - self.claimed > CLAIM_EVERY
        if is_due or not (is_busy or self.is_held_back):
            self.claimed = now
            self.claim()
        if is_due or not is_busy:
            self.answer(is_busy)

    def post(self, letter: Callable[[], object]) -> None:
        """Tell the store something: now, or once it answers again."""
        self.outbox.append(letter)
        if time.monotonic() >= self.rest_until:
            try:
                self.send()
            except SQLAlchemyError as error:
                self.rest(error)

    def send(self) -> None:
        while self.outbox:
            try:
                self.outbox[0]()
            except (NotHeld, OSError):
                pass
            except (DataError, IntegrityError, OverflowError) as error:  # the store will never take it
                print(f"{self.id}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
            self.outbox.pop(0)

    def rest(self, error: SQLAlchemyError) -> None:
        """Runs train on while the store is left alone."""
        self.rest_until = time.monotonic() + REST
        print(f"{self.id}: {in_words(error)}", file=sys.stderr)

    def answer(self, is_busy: bool) -> None:
        """Answer a question; while runs train, not more than a small share of the time."""
        begin = time.monotonic()
        if is_busy and begin < self.answers_after:
            return
        task = take(self.store, self.id, is_busy)
        if task is None:
            return
        self.flush()
        result, message = answer_to(self.store, task)
        self.post(partial(self.store.questions.answer, task.id, result, message))
        end = time.monotonic()
        self.answers_after = end + min((end - begin) / SHARE, LONGEST_WAIT)

    def flush(self) -> None:
        """Before something that may take long: whatever happens meanwhile, the curves so far are on record."""
        for run in list(self.active.values()):
            self.carefully(run, lambda run, _: run.flush(), None)

    def live(self) -> None:
        """Give signs of life until the worker leaves: in a thread, since a step or an answer may take long."""
        while True:
            try:
                self.store.crew.sign_of_life(self.id, ready=True, is_full=self.is_full)
            except SQLAlchemyError as error:  # a store that is busy or away for a moment
                print(f"{self.id}: {in_words(error)}", file=sys.stderr)
            if self.leaving.wait(LIFE_EVERY):
                return

    def claim(self) -> None:
        run = self.store.claim(self.id, self.runs_at_once, self.has_room)
        self.is_held_back = run is None and not self.store.is_queue_empty()
        if run is None:
            return
        self.flush()
        try:
            check(run.experiment, self.store.limits)  # another server's may be wider, or have been
            if run.attempt:
                self.viewer.let_go(run.id)  # a worker that was killed left what it showed
            self.active[run.id] = ActiveRun(run, self.store)
        except SQLAlchemyError:  # back into the queue with it, once the store answers
            self.outbox.append(partial(self.store.record, run.id, 0, None, run.holder, state="queued", worker=None))
            raise
        except Exception as error:
            self.fail(run, error)

    def has_room(self, experiment: Experiment) -> bool:
        """Whether a run fits beside those that train or pause here; one that fits beside none trains alone."""
        limit = self.store.limits.memory
        self.is_full = False
        if limit is None or not self.active:
            return True
        with suppress(SpecError):  # it can't begin, and will be told why
            needs = [needed(one) for one in (experiment, *(run.trainer.now for run in self.active.values()))]
            self.is_full = WORKER + sum(one.total for one in needs) > limit
        return not self.is_full

    def obey(self, control: Control) -> None:
        run = self.active.get(control.run)
        if run is None:  # lost over the control before this one
            return
        refusal = None
        try:
            run.obey(control)
        except SpecError as error:
            refusal = error.message
        except NotHeld as error:
            self.fail(run, error)
            return  # the control is for the one that holds it
        except SQLAlchemyError as error:  # obeyed, but not on record yet
            run.rest()
            self.rest(error)
        except Exception as error:
            self.fail(run, error)
        self.post(partial(self.store.take_control, control.id, refusal))

    def show(self) -> None:
        """A view that can't be made must not touch the runs."""
        if time.monotonic() < self.rest_until:
            return
        try:
            self.viewer.serve(self.active)
        except SQLAlchemyError as error:
            self.rest(error)
        except Exception as error:
            traceback.print_exception(error)
            self.viewer.rest_until = time.monotonic() + REST_OF_VIEWS

    def carefully(self, run: ActiveRun, act: Callable[[ActiveRun, Any], None], argument: Any) -> None:
        """One run's failure must not touch the others; a store that fails is no failure of the run."""
        try:
            act(run, argument)
        except SQLAlchemyError as error:
            run.rest()
            self.rest(error)
        except Exception as error:
            self.fail(run, error)

    def fail(self, run: Run | ActiveRun, error: Exception) -> None:
        """Let go of a run and say why, unless it is another worker's by now."""
        self.active.pop(run.id, None)
        if isinstance(error, NotHeld):
            return
        if not isinstance(error, SpecError):
            traceback.print_exception(error)
        columns = {"state": "failed", "message": reason(error, self.store.limits.memory), "ended": time.time()}
        self.post(partial(self.store.record, run.id, 0, None, run.holder, **columns))
        self.post(partial(self.viewer.let_go, run.id))

    def leave(self, message: str) -> None:
        for run in list(self.active.values()):
            if not run.has_ended:
                self.carefully(run, ActiveRun.leave, f"{message} at step {run.trainer.step:,}")
                if run.id in self.active:
                    self.post(partial(self.viewer.let_go, run.id))
        self.leaving.set()
        if self.life.is_alive():
            self.life.join()  # a sign of life after the burial would be a ghost's
        try:
            self.send()
            self.store.crew.bury(self.id, message)
        except SQLAlchemyError as error:  # who finds it silent buries it
            self.rest(error)


OUT_OF_MEMORY = ("out of memory", "can't allocate memory")  # as PyTorch says it, of a GPU and of the CPU


def reason(error: Exception, limit: int | None = None) -> str:
    """Why a run failed, in a sentence; `limit` on the worker's memory, in bytes."""
    if isinstance(error, SpecError):
        return error.message
    if isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY):
        most = f" (a worker may have {in_mb(limit)})" if limit else ""
        return f"not enough memory for this network and batch size{most}: make one of them smaller"
    first_line = next(iter(str(error).splitlines()), "")
    return f"the worker met an error: {type(error).__name__}: {first_line}"[:300]


def warm_up() -> None:
    """Pay for all that happens once in a process before a user waits for it."""
    layers = (Conv2d(channels=4), ReLU(), MaxPool2d(), Flatten())
    trainer = Trainer(
        Experiment(
            data=Data(training_digits=100),
            network=Network(layers=layers),
            training=Training(unit="steps", steps=2, device="cpu"),
        )
    )
    trainer.start()
    trainer.advance()
    trainer.advance()


def main() -> None:
    parent = os.getppid()
    os.nice(10)
    torch.set_num_threads(1)
    warm_up()
    work(sys.argv[1], parent)


def work(worker_id: str, parent: int) -> None:
    """Until told to stop, or until the server that started it is gone."""
    is_told_to_stop = False

    def stop(*_: object) -> None:
        nonlocal is_told_to_stop
        is_told_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    chosen = settings()
    store = Store(chosen.store_url, chosen.folder, PATIENCE)
    store.limits = chosen.limits
    if store.limits.memory and find_device("auto").type == "cpu":  # a GPU's driver maps more than it uses
        confine(store.limits.memory)
    worker = Worker(worker_id, store, chosen.runs_at_once)
    worker.life.start()
    while not is_told_to_stop and os.getppid() == parent:
        worker.turn()
    worker.leave("the server stopped")


if __name__ == "__main__":
    main()
