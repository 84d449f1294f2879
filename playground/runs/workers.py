"""The server's side of the workers: start them, notice when one is gone, say what was lost, start another.

All above knows `Workers` alone, so that a cluster's scheduler can stand behind it: a worker is
`python -m playground.runs.worker ID`, anywhere. It needs PLAYGROUND_STORE, a database that it can reach (SQLite is for
one machine); PLAYGROUND_DATA, the same folder on a shared file system, for checkpoints; a clock right to a few seconds,
for its signs of life; and, for the same curves bit for bit, the same libraries and kind of processor. It ends with the
process that started it.
"""

import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from playground.runs.control import READ_ONCE
from playground.runs.health import in_words
from playground.runs.settings import Settings, as_variables
from playground.runs.store import Store

LOOK_EVERY = 0.1  # seconds
LOOK_FOR_SILENT_EVERY = 50  # looks
HUNG_AFTER = 60.0  # seconds
SHORT_LIFE = 10.0  # a worker that ends sooner is started again more and more slowly
LONGEST_PAUSE = 60.0
LONGEST_GOODBYE = 5.0  # seconds that workers have, all together, to write their checkpoints
OLD = 60.0  # seconds after which nobody waits for an answer that a server before this one was asked for
PROJECT = Path(__file__).parents[2]


class Workers(Protocol):
    """Who trains what is in the queue and answers questions: found, and fed, through the store alone."""

    def start(self) -> None:
        """Begin; runs whose workers are gone are lost. Doesn't wait until the workers are ready."""

    def stop(self) -> None:
        """End the workers that were started here, and no others; each writes checkpoints of its runs first."""


class LocalWorkers:
    """Worker processes on this machine."""

    def __init__(self, store: Store, chosen: Settings) -> None:
        self.store = store
        self.chosen = chosen
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.born: dict[str, float] = {}
        self.next_births: list[float] = []
        self.short_lives = 0
        self.dead: dict[str, str] = {}  # those that the store doesn't know of yet, and how they ended
        self.suspects: set[str] = set()
        self.stopping = threading.Event()
        self.watcher = threading.Thread(target=self.watch, name="workers", daemon=True)

    def start(self) -> None:
        try:
            self.store.crew.bury_the_silent("its worker is gone")
            self.store.questions.drop_old(READ_ONCE, OLD)
        except SQLAlchemyError as error:  # the watcher will find them
            print(in_words(error), file=sys.stderr)
        for _ in range(self.chosen.workers):
            self.spawn()
        self.watcher.start()

    def stop(self) -> None:
        """End all workers; each writes checkpoints of its runs first."""
        self.stopping.set()
        self.watcher.join()
        for process in self.processes.values():
            process.terminate()
        end = time.monotonic() + LONGEST_GOODBYE
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def watch(self) -> None:
        looks = 0
        while not self.stopping.wait(LOOK_EVERY):
            looks += 1
            self.look_after_own()
            try:
                for worker in list(self.dead):
                    self.store.crew.bury(worker, self.dead[worker])
                    del self.dead[worker]
                if looks % LOOK_FOR_SILENT_EVERY == 0:
                    self.look_for_silent()
            except SQLAlchemyError as error:  # tried again at the next look
                self.suspects = set()
                print(in_words(error), file=sys.stderr)

    def look_after_own(self) -> None:
        for worker, process in list(self.processes.items()):
            if process.poll() is not None:
                del self.processes[worker]
                self.dead[worker] = f"its worker {ending(process.returncode)}"
                self.replace(worker)
        for due in [due for due in self.next_births if due <= time.monotonic()]:
            self.next_births.remove(due)
            self.spawn()

    def look_for_silent(self) -> None:
        """Bury those that were silent at two looks in a row; kill own ones that were for long: they hang.

        After a sleep of the machine, or a lock on the database, all are silent for a moment: another server's too,
        and of those nobody here knows that they live.
        """
        silent = self.store.crew.silent() - self.processes.keys()
        hung = self.store.crew.unseen_for(HUNG_AFTER) & self.processes.keys()
        if hung:
            self.store.check()  # where nothing can be written, silence says nothing
        for worker in silent & self.suspects:
            self.store.crew.bury(worker, "its worker gave no sign of life")
        for worker in hung & self.suspects:
            self.processes[worker].kill()  # buried and replaced as all that are killed
        self.suspects = silent | hung

    def replace(self, worker: str) -> None:
        """Plan another worker: at once, or later and later where workers end soon after their start."""
        now = time.monotonic()
        self.short_lives = self.short_lives + 1 if now - self.born.pop(worker) < SHORT_LIFE else 0
        pause = min(2.0**self.short_lives, LONGEST_PAUSE) if self.short_lives > self.chosen.workers else 0.0
        self.next_births.append(now + pause)

    def spawn(self) -> None:
        worker = f"w{secrets.token_hex(4)}"
        self.born[worker] = time.monotonic()
        self.processes[worker] = subprocess.Popen(
            [sys.executable, "-m", "playground.runs.worker", worker],
            cwd=PROJECT,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",  # two threads gain a little on an idle machine and lose a lot on a busy one
                **as_variables(self.chosen),
            },
        )


def ending(code: int) -> str:
    """How a process ended, in words.

    >>> ending(-9)
    'was killed (signal 9)'
    """
    return f"was killed (signal {-code})" if code < 0 else f"ended with code {code}"
