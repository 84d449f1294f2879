"""What was measured, in words: means over seeds with their uncertainty, and claims that hold or don't."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

# Student's t, 97.5 % point, for 1 to 11 degrees of freedom: there are at most twelve seeds.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201)


@dataclass(frozen=True)
class Claim:
    """A sentence with measured numbers; `holds`: as expected, otherwise, or None: undecided, or simply told."""

    text: str
    holds: bool | None = None


@dataclass(frozen=True)
class Effect:
    """A mean over `count` seeds and its 95 % interval (Student's t); of one seed the interval is unknown: the mean."""

    mean: float
    low: float
    high: float
    count: int


def effect(values: Iterable[float]) -> Effect:
    """The mean of numbers of independent seeds, with its interval; raises `ValueError` without any.

    >>> effect([1.0, 2.0, 3.0])
    Effect(mean=2.0, low=-0.48433821...
    """
    numbers = np.asarray([*values], dtype=float)
    if not len(numbers):
        raise ValueError("there is no mean of nothing")
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return Effect(mean, mean, mean, 1)
    half = STUDENT[min(len(numbers) - 1, len(STUDENT)) - 1] * float(numbers.std(ddof=1)) / sqrt(len(numbers))
    return Effect(mean, mean - half, mean + half, len(numbers))


def paired(finals: pd.DataFrame, arm: str, against: str, column: str) -> Effect | None:
    """One arm's number minus another's, of the same seed each; None where no seed has both.

    `finals`: one row a run, `arm`, `seed` and the column.
    """
    both = finals[finals["arm"].isin((arm, against))].drop_duplicates(["seed", "arm"], keep="last")
    wide = both.pivot(index="seed", columns="arm", values=column)
    if arm not in wide or against not in wide:
        return None
    differences = (wide[arm] - wide[against]).dropna()
    return effect(differences) if len(differences) else None


def together(table: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """The rows of seeds that all these arms have, so that their means differ by what is said of their differences."""
    rows = table[table["arm"].isin(arms)]
    return rows[rows.groupby("seed")["arm"].transform("nunique") == len(arms)]


def at_least(found: Effect, least: float) -> bool | None:
    """Whether an effect is so large: None where its interval has both sides of it, or where one seed has none."""
    if found.count == 1:
        return None
    if found.low >= least:
        return True
    return False if found.high < least else None


def at_most(found: Effect, most: float) -> bool | None:
    """Whether an effect is no larger: None where its interval has both sides of it, or where one seed has none."""
    if found.count == 1:
        return None
    if found.high <= most:
        return True
    return False if found.low > most else None


def within(found: Effect, bound: float) -> bool | None:
    """Whether an effect is no larger either way; None where its interval leaves that open."""
    above, below = at_least(found, -bound), at_most(found, bound)
    return False if False in (above, below) else above and below


def in_words(found: Effect, form: Callable[[float], str]) -> str:
    """The mean with its uncertainty.

    >>> in_words(Effect(0.8632, 0.8632, 0.8632, 1), percent)
    '86.3 % (1 seed)'
    >>> in_words(Effect(0.035, 0.021, 0.049, 3), points)
    '+3.5 points (3 seeds, 95 % interval +2.1 to +4.9)'
    """
    if found.count == 1:
        return f"{form(found.mean)} (1 seed)"
    least, most = BOUNDS.get(form, (found.low, found.high))
    ends = max(found.low, least), min(found.high, most)
    low, high = (form(end).removesuffix(" points").removesuffix(" %") for end in ends)
    return f"{form(found.mean)} ({found.count} seeds, 95 % interval {low} to {high})"


def percent(share: float) -> str:
    """
    >>> percent(0.8632)
    '86.3 %'
    """
    return f"{100 * share:.1f} %"


def points(difference: float) -> str:
    """A difference of two shares.

    >>> points(-0.0126)
    '−1.3 points'
    """
    return f"{100 * difference:+.1f} points".replace("-", "−")


def number(value: float) -> str:
    """Three significant digits; an exponent where they would stand far from the point.

    >>> number(0.4321), number(12345.0), number(1.5e7), number(0.0000123)
    ('0.432', '12,300', '1.5e7', '1.23e-5')
    """
    if 1000 <= abs(value) < 1e6:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


BOUNDS = {percent: (0.0, 1.0), points: (-1.0, 1.0)}  # Student's interval knows none
