"""The script and the notebook of a run in the store: its experiment, what was changed on the way, where it began."""

from dataclasses import dataclass, fields
from itertools import pairwise
from math import inf
from typing import Any

from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS, Experiment, Spec
from playground.exports.notebook import notebook
from playground.exports.script import script
from playground.runs.journal import curves
from playground.runs.store import Run, Store
from playground.training.events import Changed

LENGTH = ("training.unit", "training.epochs", "training.steps", "training.patience")


@dataclass(frozen=True)
class Course:
    """What trains as a run did, from step 0 on: an experiment, and the changes on the way."""

    experiment: Experiment
    changes: tuple[Changed, ...]


def script_of(store: Store, run: Run) -> str:
    """The run as a Python file; raises `SpecError` for a fork that no single training repeats."""
    course = course_of(store, run)
    return script(course.experiment, run.name, course.changes)


def notebook_of(store: Store, run: Run) -> str:
    """The run as a Jupyter notebook; raises `SpecError` as `script_of` does."""
    course = course_of(store, run)
    return notebook(course.experiment, run.name, course.changes)


def course_of(store: Store, run: Run) -> Course:
    """The whole training that led to the run.

    A fork begins with its parent's weights. So it is trained from the beginning as its parent was, and goes on with the
    values of its own from their step on: that repeats it where it differs in nothing but what can change live and how
    long it trains. Raises `SpecError` for any other fork.
    """
    (_, first), *forks = history(store, run)
    for (_, before), (step, after) in pairwise(((0, first), *forks)):
        check_repeats(before, after, step)
    begun = [
        Changed(step, field, value(first, field), value(fork, field)) for step, fork in forks for field in LIVE_FIELDS
    ]
    changed = curves(text for _, text in store.chunks(run.id)).changed
    # A fork's journal begins with its parent's, so it has all changes. A fork's values come before its changes.
    recorded = [Changed(*row) for row in zip(*(changed[column.name] for column in fields(Changed)), strict=True)]
    changes = tuple(sorted((*begun, *recorded), key=lambda change: change.step))
    length = {field.split(".")[1]: value(run.experiment, field) for field in LENGTH}
    return Course(first.but(training=first.training.but(**length)), changes)


def history(store: Store, run: Run, end: float = inf) -> list[tuple[int, Experiment]]:
    """Which experiment was trained from which step on, to the end or so far; a fork at step 0 is a new beginning."""
    origin = store.past.origin(run.id)
    if origin is None or origin.step == 0:
        return [(0, run.experiment)]
    parent = store.run(origin.parent)
    if parent is None:
        raise fork_error(f"the run it was forked from at step {origin.step:,} is gone")
    before = history(store, parent, min(end, origin.step))
    return before if origin.step >= end else [*before, (origin.step, run.experiment)]


def check_repeats(parent: Experiment, fork: Experiment, step: int) -> None:
    """Raise `SpecError` where a fork isn't its parent with live changes, trained for as long as its own plan says."""
    for section in Experiment.model_fields:
        before, after = getattr(parent, section), getattr(fork, section)
        if not isinstance(before, Spec):
            continue
        for name in type(before).model_fields:
            field = f"{section}.{name}"
            if field in (*LIVE_FIELDS, *LENGTH) or getattr(before, name) == getattr(after, name):
                continue
            raise fork_error(f"it goes on from step {step:,} with another {field}")
    if fork.training.patience is not None:
        raise fork_error(f"from step {step:,} on it stops early by what it measured itself")
    follows_length = parent.schedule.kind == "cosine"
    if follows_length and any(value(parent, field) != value(fork, field) for field in LENGTH):
        raise fork_error(f"up to step {step:,} its learning rate followed the length of another training")


def fork_error(reason: str) -> SpecError:
    return SpecError(
        "run",
        f"this fork can't be written as one training: {reason}. Export the run it was forked from, "
        "or its own weights and experiment",
    )


def value(experiment: Experiment, field: str) -> Any:
    section, name = field.split(".")
    return getattr(getattr(experiment, section), name)
