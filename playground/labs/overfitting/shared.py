"""Runs that can be compared: those of the seeds that all arms of a comparison have finished."""

from collections.abc import Sequence

import pandas as pd

from playground.labs.claims import together


def shared(finals: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """The rows of these arms, of the seeds that each of them has; one row for each arm and seed.

    >>> finals = pd.DataFrame({"arm": ["a", "b", "a"], "seed": [0, 0, 1]})
    >>> shared(finals, ["a", "b"])["seed"].tolist()
    [0, 0]
    """
    return together(finals.drop_duplicates(["arm", "seed"], keep="last"), arms)


def column(rows: pd.DataFrame, arm: str, name: str) -> pd.Series:
    """One column of one arm, by seed."""
    return rows[rows["arm"] == arm].set_index("seed")[name].astype(float)
