"""The signal that workers measured at step 0, as tables, with what theory expects beside it."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from playground.experiment import CLASSES, Experiment, Linear
from playground.labs.initialization.deep import PIXELS
from playground.labs.outcome import Outcome
from playground.labs.topic import Arm
from playground.network.signal import Expected, expected

ROWS = ("arm", "seed", "layer", "deviation", "gradient", "saturated", "dead")
THEORY = ("arm", "layer", "deviation", "gradient")
CHANGES = ("arm", "seed", "deviation", "gradient")
STANDARDIZED = 1.0  # E[x²] of standardized pixels
ALL_ALIKE = 0.3  # RMS of p - y over ten classes where each has p = 1/10


def signals(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """`ROWS`: one row a hidden layer of each run that was measured, the first layer 1; NaN where there is no number."""
    rows = [
        {**{name: layer[name] for name in ROWS[3:]}, "arm": outcome.arm.name, "seed": outcome.seed, "layer": place}
        for outcome in outcomes
        if "signal" in outcome.measured
        for place, layer in enumerate(outcome.measured["signal"]["layers"][:-1], start=1)
    ]
    return pd.DataFrame(rows, columns=[*ROWS])


def theories(arms: Iterable[Arm], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """`THEORY`: what is expected of each arm's hidden layers; none of an arm that no theory holds for.

    From the mean square of the pixels and the gradient at the logits that were measured; before that, from those of
    standardized pixels and of answers that are all alike.
    """
    rows = []
    for arm in arms:
        ends = next((ends_of(one.measured["signal"]) for one in outcomes if is_measured(one, arm)), None)
        for place, layer in enumerate(theory_of(arm.experiment, *(ends or (STANDARDIZED, ALL_ALIKE))), start=1):
            rows.append({"arm": arm.name, "layer": place, **vars(layer)})
    return pd.DataFrame(rows, columns=[*THEORY])


def is_measured(outcome: Outcome, arm: Arm) -> bool:
    return outcome.arm.name == arm.name and "signal" in outcome.measured


def ends_of(found: dict[str, Any]) -> tuple[float, float]:
    return found["input_square"], found["layers"][-1]["gradient"]


def theory_of(experiment: Experiment, input_square: float, head_gradient: float) -> tuple[Expected, ...]:
    """What is expected of a deep MLP whose hidden layers all have one activation function."""
    layers = experiment.network.layers
    widths = [layer.units for layer in layers if isinstance(layer, Linear)]
    initialization = experiment.network.initialization
    return expected((PIXELS, *widths, CLASSES), layers[-1].kind, initialization, input_square, head_gradient)


def changes(rows: pd.DataFrame) -> pd.DataFrame:
    """`CHANGES`: the deviation of the last hidden layer / that of the first, and the gradient the other way.

    Of signals a row for each run, of theories one for each arm, without a seed. 0 where nothing arrives.
    """
    by = [name for name in ("arm", "seed") if name in rows]
    found = []
    for key, run in rows.groupby(by, sort=False):
        first, last = run.iloc[0], run.iloc[-1]
        change = {"deviation": ratio(last, first, "deviation"), "gradient": ratio(first, last, "gradient")}
        found.append({**dict(zip(by, key, strict=True)), **change})
    return pd.DataFrame(found, columns=[*by, *CHANGES[2:]])


def ratio(arriving: pd.Series, leaving: pd.Series, column: str) -> float:
    return float(arriving[column] / leaving[column]) if leaving[column] else 0.0
