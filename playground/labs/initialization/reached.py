"""What a verdict may be drawn from: seeds with which each arm came to its own end, by finishing or by diverging."""

from collections.abc import Sequence
from math import nan

import pandas as pd

from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm

GUESSING = 0.1  # the accuracy that a run counts as which diverged


def reached(arms: Sequence[Arm], found: Results) -> pd.DataFrame:
    """The arms' validation accuracies, a row a seed, a column an arm; `GUESSING` of a run that diverged.

    Seeds with which an arm was stopped, changed, failed, got lost or still goes on are left out: what remains of them
    is no fair comparison.
    """
    names = [arm.name for arm in arms]
    values = {(one.arm.name, one.seed): GUESSING for one in found.outcomes if has_diverged(one)}
    finals = found.finals()
    values |= dict(zip(zip(finals["arm"], finals["seed"], strict=True), finals["validation_accuracy"], strict=True))
    seeds = sorted({seed for _, seed in values})
    rows = [[values.get((name, seed), nan) for name in names] for seed in seeds]
    return pd.DataFrame(rows, index=seeds, columns=names, dtype=float).dropna()


def has_diverged(outcome: Outcome) -> bool:
    """Whether it did, with the settings that were planned."""
    return outcome.state == "diverged" and not outcome.is_changed


def diverged(name: str, found: Results) -> int:
    """With how many seeds an arm diverged."""
    return sum(one.arm.name == name and has_diverged(one) for one in found.outcomes)
