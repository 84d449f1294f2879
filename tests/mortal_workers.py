"""Workers to be killed: `python -m tests.mortal_workers FOLDER`, one command a line.

A real worker pays seconds for importing PyTorch. Here one process has paid, and forks: each child runs a worker's own
loop, on a store and files of its own, until SIGKILL ends it. `born NAME` makes one and answers with its process id.
Each notes the steps that it makes in a file: run, step, and the seconds of processor time that it had used.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

from playground.runs import active
from playground.runs.active import ActiveRun
from playground.runs.settings import Settings
from playground.runs.worker import warm_up, work

PROJECT = Path(__file__).parents[1]


class Nursery:
    def __init__(self, chosen: Settings) -> None:
        self.folder = chosen.folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.mortal_workers", str(chosen.folder)],
            cwd=PROJECT,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "PLAYGROUND_DATA": str(chosen.folder),
                "PLAYGROUND_STORE": chosen.store_url,
                "PLAYGROUND_RUNS_AT_ONCE": str(chosen.runs_at_once),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def born(self, worker: str) -> int:
        """The process id of a new worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print("born", worker, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def buried(self) -> None:
        """Once the last worker has ended."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ended\n"

    def steps_of(self, worker: str) -> list[tuple[str, int, float]]:
        """(run, step, processor time) of all steps that a worker made."""
        file = self.folder / f"{worker}.steps"
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [line.split() for line in lines if line.endswith(".")]  # it may have been killed within a line
        return [(run, int(step), float(seconds)) for run, step, seconds, _ in rows]

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def live(worker: str, folder: Path, nursery: int) -> None:
    """A worker's loop; what it does is noted beside."""
    watch, diary = ActiveRun.watch, os.open(folder / f"{worker}.steps", os.O_WRONLY | os.O_CREAT)

    def noted(run: ActiveRun) -> None:
        os.write(diary, f"{run.id} {run.trainer.step} {time.process_time()} .\n".encode())
        watch(run)

    with patch.object(ActiveRun, "watch", noted), patch.object(active, "CHECKPOINT_EVERY", 0.15):
        work(worker, nursery)


def main() -> None:
    warm_up()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(line.split()[1], Path(sys.argv[1]), os.getppid())
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
