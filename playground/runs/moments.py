"""A run at one of its steps, from the worker's hands or from a checkpoint."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from playground.data.tensors import load
from playground.errors import SpecError
from playground.network.build import Net, build
from playground.runs.active import ActiveRun
from playground.runs.past import Judged
from playground.runs.questions import Task
from playground.runs.store import Run, Store
from playground.training.checkpoint import weights_at
from playground.views.moment import Moment, Verdicts

At = int | Literal["last", "now"]
ROOM = 128_000_000  # bytes for networks that were looked into


def live_moment(run: ActiveRun, store: Store) -> Moment:
    """As it is now, between two steps; the network is the one that trains."""
    trainer = run.trainer
    return Moment(
        trainer.experiment,
        trainer.net,
        trainer.dataset,
        trainer.step,
        verdicts=partial(read_verdicts, store, run.id, trainer.step),
        imported=run.imported,
    )


def run_of(store: Store, task: Task) -> Run:
    """The run that a question is about; raises `SpecError` where it is gone."""
    run = store.run(task.run or "")
    if run is None:
        raise SpecError("run", f"there is no run {task.run}")
    return run


def saved_moment(store: Store, run: Run, at: At) -> Moment:
    """At a kept step, at the last step on disk or at the newest snapshot; raises `SpecError` where there is none."""
    file = file_of(store, run, at)
    if not file.exists():
        raise SpecError("run", missing(at))
    net, step = SHELF.network(run, file)
    return Moment(
        run.experiment,
        net,
        load(run.experiment.data, run.experiment.training.seed),
        step,
        verdicts=partial(read_verdicts, store, run.id, step),
        kept=partial(kept_moments, store, run, step),
        imported=store.imports.start_of(run.id),
    )


def file_of(store: Store, run: Run, at: At) -> Path:
    match at:
        case "last":
            return last_file(store, run)
        case "now":
            return store.past.snapshot(run.id)
        case _:
            return store.past.kept_checkpoint(run.id, at)


def last_file(store: Store, run: Run) -> Path:
    """The last checkpoint; where a run broke off, the newest kept one may be later, or the only one."""
    last, kept = store.past.checkpoint(run.id), store.past.kept(run.id)
    is_behind = run.state == "diverged" or not last.exists()
    return store.past.kept_checkpoint(run.id, kept[-1].step) if kept and is_behind else last


def missing(at: At) -> str:
    match at:
        case "last":
            return "this run has no checkpoint: it ended before its first one was written"
        case "now":
            return "the run has ended meanwhile"
        case _:
            return f"step {at:,} of this run isn't kept: choose one on the slider"


def kept_moments(store: Store, run: Run, until: int) -> Iterator[Moment]:
    for one in store.past.kept(run.id):
        if one.step <= until:
            yield saved_moment(store, run, one.step)


def read_verdicts(store: Store, run_id: str, until: int) -> Verdicts:
    rows = store.past.verdicts(run_id, until)
    return Verdicts(np.array([row.step for row in rows], np.int64), table(rows, "train"), table(rows, "validation"))


def table(rows: list[Judged], split: str) -> np.ndarray:
    """bool [evaluations, digits]."""
    digits = len(getattr(rows[0], split)) if rows else 0
    return np.array([np.frombuffer(getattr(row, split), np.bool_) for row in rows], np.bool_).reshape(len(rows), digits)


class Found(NamedTuple):
    net: Net
    step: int
    written: int  # when, in nanoseconds


class Shelf:
    """Networks from checkpoints, the ones looked into last: reading and building one takes 5 ms."""

    def __init__(self) -> None:
        self.networks: OrderedDict[Path, Found] = OrderedDict()
        self.bytes = 0

    def network(self, run: Run, file: Path) -> tuple[Net, int]:
        """(network on the CPU, its step); a file that was written anew goes into the network that was there."""
        written = file.stat().st_mtime_ns
        found = self.networks.get(file)
        if found is None or found.written != written:
            net = found.net if found else build(run.experiment.network, run.experiment.training.seed).eval()
            step = weights_at(net, file)
            self.bytes += 0 if found else size_of(net)
            found = self.networks[file] = Found(net, step, written)
        self.networks.move_to_end(file)
        while self.bytes > ROOM and len(self.networks) > 1:
            self.bytes -= size_of(self.networks.popitem(last=False)[1].net)
        return found.net, found.step


def size_of(net: Net) -> int:
    return sum(value.numel() * value.element_size() for value in net.state_dict().values())


SHELF = Shelf()
