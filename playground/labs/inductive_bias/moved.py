"""What was measured of moved test digits, as tables and claims."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playground.labs.claims import Effect, at_least, effect
from playground.labs.outcome import Outcome, Results

COLUMNS = ("arm", "group", "at", "seed", "accuracy")


def finished(found: Results) -> tuple[Outcome, ...]:
    """The runs that anything is said about, one an arm and seed: none that was cut short."""
    names = dict.fromkeys(one.arm.name for one in found.outcomes)
    return tuple({(name, one.seed): one for name in names for one in found.ended(name)}.values())


def shift_map(outcome: Outcome) -> NDArray[np.float64] | None:
    """[dy, dx], each from -reach to reach."""
    found = outcome.measured.get("shifts")
    return np.array(found["accuracy"]) if found else None


def shift_maps(found: Results, arm: str) -> list[NDArray[np.float64]]:
    """Of an arm's finished runs, by seed."""
    maps = (shift_map(outcome) for outcome in found.ended(arm))
    return [one for one in maps if one is not None]


def at_distance(accuracy: NDArray[np.float64], pixels: int) -> float:
    """The mean over shifts by so many pixels right, left, down and up.

    >>> at_distance(np.array([[0, 1, 0], [3, 9, 5], [0, 7, 0]]), 1)
    4.0
    """
    middle = len(accuracy) // 2
    ways = ((0, pixels), (0, -pixels), (pixels, 0), (-pixels, 0))
    return float(np.mean([accuracy[middle + down, middle + right] for down, right in ways]))


def over_distance(found: Results) -> pd.DataFrame:
    """`COLUMNS`, a row a run and distance: `at` pixels, the mean of the four directions."""
    rows = [
        (outcome.arm.name, outcome.arm.name, pixels, outcome.seed, accuracy)
        for outcome in finished(found)
        for pixels, accuracy in enumerate(along(outcome))
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def along(outcome: Outcome) -> list[float]:
    """Accuracy after shifts by 0, 1, … pixels, from the map or as it was measured; nothing where neither is there."""
    accuracy = shift_map(outcome)
    if accuracy is not None:
        return [at_distance(accuracy, pixels) for pixels in range(len(accuracy) // 2 + 1)]
    return outcome.measured.get("along shifts", {}).get("accuracy", [])


def over(found: Results, kind: str) -> pd.DataFrame:
    """`COLUMNS`, a row a run and a "rotation" or "scale"."""
    rows = [
        (outcome.arm.name, outcome.arm.name, at, outcome.seed, accuracy)
        for outcome in finished(found)
        if "rotation and scale" in outcome.measured
        for at, accuracy in outcome.measured["rotation and scale"][kind]
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def of_arm(table: pd.DataFrame, arm: str, at: float) -> Effect | None:
    """An arm's accuracy at a place of a table of `COLUMNS`."""
    return maybe(table[(table["arm"] == arm) & (table["at"] == at)]["accuracy"].dropna())


def ahead(table: pd.DataFrame, arm: str, against: str, at: float) -> Effect | None:
    """How much more an arm has there than another one, seed by seed."""
    wide = table[table["at"] == at].pivot(index="seed", columns="arm", values="accuracy")
    if arm not in wide or against not in wide:
        return None
    return maybe((wide[arm] - wide[against]).dropna())


def lost(table: pd.DataFrame, arm: str, at: float) -> Effect | None:
    """How much less an arm has there than at 0, seed by seed."""
    wide = table[table["arm"] == arm].pivot(index="seed", columns="at", values="accuracy")
    if 0 not in wide or at not in wide:
        return None
    return maybe((wide[0] - wide[at]).dropna())


def loses_less(table: pd.DataFrame, arm: str, against: str, at: float) -> Effect | None:
    """How much less than another one an arm loses from 0 to there, seed by seed."""
    wide = table.pivot(index="seed", columns=["arm", "at"], values="accuracy")
    if not {(name, place) for name in (arm, against) for place in (0, at)} <= set(wide.columns):
        return None
    losses = {name: wide[name, 0] - wide[name, at] for name in (arm, against)}
    return maybe((losses[against] - losses[arm]).dropna())


def minus(found: Effect) -> Effect:
    return Effect(-found.mean, -found.high, -found.low, found.count)


def is_more(found: Effect | None) -> bool:
    """Whether it is above 0 by more than luck."""
    return found is not None and found.mean > 0 and bool(at_least(found, 0))


def winner(lead: Effect | None, ahead: str, behind: str) -> str:
    """`ahead` where a lead is above 0, `behind` where it is below; "" where luck could explain it."""
    if lead is None:
        return ""
    return ahead if is_more(lead) else behind if is_more(minus(lead)) else ""


def maybe(values: Iterable[float]) -> Effect | None:
    """The effect; None without values."""
    numbers: Sequence[float] = [*values]
    return effect(numbers) if numbers else None


def digits_measured(found: Results) -> int:
    """On how many test digits; 0 where none has been measured yet."""
    kinds = ("shifts", "along shifts")
    counts = (one.measured[kind]["digits"] for one in finished(found) for kind in kinds if kind in one.measured)
    return next(counts, 0)
