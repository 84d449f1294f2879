"""The turning point of a run, where its validation loss was lowest; and branches that begin there."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playground.labs.outcome import Outcome
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.study import add
from playground.runs.past import Origin
from playground.runs.store import Store

BRANCH = "branch: "


@dataclass(frozen=True)
class Turn:
    """Where a run's validation loss was lowest; `rise`: last / lowest - 1.

    `apart`: epochs from there to the farther one of the measurements beside it; it lies no closer than that.
    `train_losses`: there, and at the end.
    """

    step: int
    epoch: float
    loss: float
    rise: float
    is_last: bool
    apart: float
    train_losses: tuple[float, float]


def turn_of(evaluated: pd.DataFrame) -> Turn:
    """The turning point of one run's evaluations, of which there is at least one.

    >>> columns = {"step": [0, 10], "epoch": [0, 1], "validation_loss": [2.0, 0.5], "train_loss": [2, 1]}
    >>> turn_of(pd.DataFrame(columns)).step
    10
    """
    losses, epochs = evaluated["validation_loss"].astype(float).tolist(), evaluated["epoch"].astype(float).tolist()
    place = losses.index(min(losses))
    beside = epochs[max(place - 1, 0) : place + 2]
    train = evaluated["train_loss"].astype(float).tolist()
    return Turn(
        step=int(evaluated["step"].iloc[place]),
        epoch=epochs[place],
        loss=losses[place],
        rise=losses[-1] / losses[place] - 1,
        is_last=place == len(losses) - 1,
        apart=max(abs(epoch - epochs[place]) for epoch in beside),
        train_losses=(train[place], train[-1]),
    )


def nearest_kept(store: Store, run_id: str, step: int) -> int | None:
    """The kept step that is nearest; None where none is left."""
    steps = [one.step for one in store.past.kept(run_id)]
    return min(steps, key=lambda kept: abs(kept - step), default=None)


def branch_name(remedy: str) -> str:
    return BRANCH + remedy


def branch(store: Store, study_id: str, outcomes: Sequence[Outcome], remedy: str) -> list[str]:
    """Fork each run that has turned, at the kept step nearest its turning point, with a remedy; the forks' ids.

    They join the study, each paired with the run it comes from. Runs that have that branch already get no other.
    """
    forks = []
    existing = {(trial.arm, trial.seed) for _, trial in store.studies.trials(study_id)}
    for one in outcomes:
        if (branch_name(remedy), one.seed) in existing:
            continue
        turn = turn_of(one.evaluated)
        step = nearest_kept(store, one.run_id, turn.step)
        if step is not None and not turn.is_last:
            changed = REMEDIES[remedy](one.arm.experiment)
            origin = Origin(one.run_id, step)
            forks.append(add(store, study_id, branch_name(remedy), changed, one.seed, origin=origin))
    return forks
