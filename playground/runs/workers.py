"""The server's side of the workers: start them, notice when one is gone, say what was lost, start another."""

import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path

from playground.runs.settings import Settings
from playground.runs.store import Store

LOOK_EVERY = 0.1  # seconds
SHORT_LIFE = 10.0  # a worker that ends sooner is started again more and more slowly
LONGEST_PAUSE = 60.0
PROJECT = Path(__file__).parents[2]


OLD = 60.0  # seconds


class LocalWorkers:
    """Worker processes on this machine; nothing but the store's URL ties them to it."""

    def __init__(self, store: Store, chosen: Settings) -> None:
        self.store = store
        self.chosen = chosen
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.born: dict[str, float] = {}
        self.next_births: list[float] = []
        self.short_lives = 0
        self.stopping = threading.Event()
        self.watcher = threading.Thread(target=self.watch, name="workers", daemon=True)

    def start(self) -> None:
        self.store.bury_the_silent("its worker is gone")
        self.store.drop_old_tasks("look", OLD)
        for _ in range(self.chosen.workers):
            self.spawn()
        self.watcher.start()

    def stop(self) -> None:
        """End all workers; each writes checkpoints of its runs first."""
        self.stopping.set()
        self.watcher.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def watch(self) -> None:
        turns = 0
        while not self.stopping.wait(LOOK_EVERY):
            for worker, process in list(self.processes.items()):
                if process.poll() is not None:
                    del self.processes[worker]
                    self.store.bury(worker, f"its worker {ending(process.returncode)}")
                    self.replace(worker)
            for due in [due for due in self.next_births if due <= time.monotonic()]:
                self.next_births.remove(due)
                self.spawn()
            turns += 1
            if turns % 50 == 0:
                self.store.bury_the_silent("its worker gave no sign of life", spare=self.processes)

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
                "PLAYGROUND_DATA": str(self.chosen.folder),
                "PLAYGROUND_STORE": self.chosen.store_url,
                "PLAYGROUND_WORKERS": str(self.chosen.workers),
                "PLAYGROUND_RUNS_AT_ONCE": str(self.chosen.runs_at_once),
            },
        )


def ending(code: int) -> str:
    """How a process ended, in words.

    >>> ending(-9)
    'was killed (signal 9)'
    """
    return f"was killed (signal {-code})" if code < 0 else f"ended with code {code}"
