"""Where a run goes on that broke off: at the newest of its checkpoints that is whole and no later than its curve."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playground.errors import SpecError
from playground.runs.past import Past
from playground.runs.store import Run
from playground.training.checkpoint import Copy, load, restore
from playground.training.trainer import Trainer


class BroughtBack(NamedTuple):
    """`trainer` is None where nothing can be gone on from; `message` says what was damaged, "" where all is well."""

    trainer: Trainer | None
    message: str


def bring_back(run: Run, past: Past) -> BroughtBack:
    """The run's trainer as its newest good checkpoint has it.

    A checkpoint later than the curve is passed over: a database that lost its last seconds in a power cut would leave
    a gap.
    """
    damaged = ""
    for file in checkpoints(run, past):
        trainer = Trainer(run.experiment)
        try:
            restore(trainer, file)
        except SpecError as error:
            traceback.print_exception(error)
            damaged = "its last checkpoint is damaged"
            continue
        if trainer.step <= run.step:
            return BroughtBack(trainer, damaged and f"{damaged}: it went on from step {trainer.step:,}")
    return BroughtBack(None, damaged and f"{damaged}: it began again where it had begun")


def checkpoints(run: Run, past: Past) -> Iterator[Path]:
    """The last one, then the kept ones, the newest first; a fork's up to its origin are its parent's."""
    last, origin = past.checkpoint(run.id), past.origin(run.id)
    if last.exists():
        yield last
    for one in reversed(past.kept(run.id)):
        if origin is None or one.step > origin.step:
            yield past.kept_checkpoint(run.id, one.step)


def best_copy(trainer: Trainer, run: Run, past: Past) -> Copy | None:
    """The step of the lowest validation loss, as it lay beside the last checkpoint; None where it is kept anyway."""
    best = trainer.watch.step
    if any(one.step == best for one in past.kept(run.id)):
        return None
    try:
        state, tensors = load(past.best_copy(run.id))
    except SpecError:
        return None
    return Copy(best, state["live"], state, tensors) if state["step"] == best else None
