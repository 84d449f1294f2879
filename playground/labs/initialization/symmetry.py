"""Units that start alike stay alike: how alike they are over training, with and without a grain of noise."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.experiment import Experiment, Initialization
from playground.figures.symmetry import similarity_curves
from playground.labs.claims import Claim, effect, in_words
from playground.labs.initialization.charts import training_charts
from playground.labs.initialization.deep import ADAM, Activation, deep
from playground.labs.initialization.told import accuracies
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

LAYERS = 2
ALIKE, NOISY, RANDOM = "constant", "with a grain of noise", "random"
ROUNDING = 1e-6  # of a cosine, in float32
APART = 0.05  # by so much the cosine has to fall for units to have parted
UNLIKE = 0.2  # units that are drawn at random stay below
COLUMNS = ("arm", "seed", "step", "first", "second")
STAYS, PARTS = "they stay alike", "training tells them apart"


class Symmetry(Setup):
    width: int = Field(32, ge=2, le=512)
    activation: Activation = "ReLU"
    value: float = Field(0.05, ge=-1, le=1)
    noise: float = Field(0.001, gt=0, le=1)
    steps: int = Field(600, ge=50, le=5_000)


def arms(setup: Symmetry) -> tuple[Arm, ...]:
    def start(initialization: Initialization) -> Experiment:
        return deep(LAYERS, setup.width, setup.activation, initialization, setup.steps, optimizer=ADAM)

    return (
        Arm(ALIKE, start(Initialization(kind="constant", value=setup.value))),
        Arm(NOISY, start(Initialization(kind="constant", value=setup.value, noise=setup.noise))),
        Arm(RANDOM, start(Initialization(kind="Xavier normal"))),
    )


def similarities(found: Results) -> pd.DataFrame:
    """`COLUMNS`: the mean cosine between the units of both hidden layers, at each kept step of each run."""
    rows = [
        (one.arm.name, one.seed, row["step"], *row["cosine"])
        for one in found.outcomes
        if "symmetry" in one.measured
        for row in one.measured["symmetry"]["rows"]
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def charts(setup: Symmetry, found: Results) -> Sequence[Any]:
    names = [arm.name for arm in arms(setup)]
    return [similarity_curves(similarities(found), names), *training_charts(found.curves(), names)]


def answer(setup: Symmetry, found: Results) -> tuple[Claim, ...]:
    rows = similarities(found)
    told = [told_arm(name, rows[rows["arm"] == name]) for name in (ALIKE, NOISY, RANDOM) if name in set(rows["arm"])]
    return (*told, Claim(accuracies(found, setup.steps))) if told and found.is_over else tuple(told)


def told_arm(name: str, rows: pd.DataFrame) -> Claim:
    """How alike the first layer's units are at the start and at the end, and whether that is as expected."""
    first, last = (rows[rows["step"] == step]["first"] for step in (rows["step"].min(), rows["step"].max()))
    text = (
        f"**{name}**: mean cosine between the units of layer 1 from {in_words(effect(first), cosine)} at step 0 to "
        f"{in_words(effect(last), cosine)} at step {rows['step'].max():,}"
    )
    if name == ALIKE:
        least = float(rows[["first", "second"]].min().min())
        return Claim(f"{text}, never below {cosine(least)} in either layer.", least > 1 - ROUNDING)
    if name == NOISY:
        return Claim(f"{text}: the grain breaks the symmetry.", bool((first.mean() - last.mean()) > APART))
    return Claim(f"{text}: units drawn at random are nearly orthogonal.", bool(abs(last.mean()) < UNLIKE))


def cosine(value: float) -> str:
    """
    >>> cosine(0.99999999)
    '1.0000'
    """
    return f"{value:.4f}".replace("-", "−")


def came_true(setup: Symmetry, found: Results) -> str:
    """What became of the units with a grain of noise."""
    rows = similarities(found)
    own = rows[rows["arm"] == NOISY].groupby("step")["first"].mean()
    if not len(own):
        return ""
    return PARTS if own.iloc[0] - own.iloc[-1] > APART else STAYS


SYMMETRY = Topic(
    name="symmetry",
    title="Symmetry",
    question="Units that start almost alike: does training tell them apart?",
    setup=Symmetry(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(STAYS, PARTS),
    came_true=came_true,
    at_end=("symmetry",),
)
