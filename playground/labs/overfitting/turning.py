"""The turning point of a run, where its validation loss was lowest; and branches that begin there."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playground.labs.outcome import Outcome
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.study import add
from playground.runs.past import Origin
from playground.runs.store import Store


@dataclass(frozen=True)
class Turn:
    """Where a run's validation loss was lowest; `rise`: last / lowest - 1."""

    step: int
    epoch: float
    loss: float
    rise: float
    is_last: bool


def turn_of(evaluated: pd.DataFrame) -> Turn:
    """The turning point of one run's evaluations, of which there is at least one.

    >>> turn_of(pd.DataFrame({"step": [0, 10, 20], "epoch": [0, 1, 2], "validation_loss": [2.0, 0.5, 0.6]})).step
    10
    """
    lowest = evaluated.loc[[evaluated["validation_loss"].idxmin()]]
    loss = float(lowest["validation_loss"].iloc[0])
    last = float(evaluated["validation_loss"].iloc[-1])
    step = int(lowest["step"].iloc[0])
    is_last = step == int(evaluated["step"].iloc[-1])
    return Turn(step, float(lowest["epoch"].iloc[0]), loss, last / loss - 1, is_last)


def nearest_kept(store: Store, run_id: str, step: int) -> int | None:
    """The kept step that is nearest; None where none is left."""
    steps = [one.step for one in store.past.kept(run_id)]
    return min(steps, key=lambda kept: abs(kept - step), default=None)


def branch_name(remedy: str) -> str:
    return f"branch: {remedy}"


def branch(store: Store, study_id: str, outcomes: Sequence[Outcome], remedy: str) -> list[str]:
    """Fork each run that has turned, at the kept step nearest its turning point, with a remedy; the forks' ids.

    They join the study, each paired with the run it comes from.
    """
    forks = []
    for one in outcomes:
        turn = turn_of(one.evaluated)
        step = nearest_kept(store, one.run_id, turn.step)
        if step is not None and not turn.is_last:
            changed = REMEDIES[remedy](one.arm.experiment)
            origin = Origin(one.run_id, step)
            forks.append(add(store, study_id, branch_name(remedy), changed, one.seed, origin=origin))
    return forks
