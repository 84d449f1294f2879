"""Units that start alike stay alike: how alike they are over training, with and without a grain of noise."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.experiment import Experiment, Initialization
from playground.figures.symmetry import similarity_curves
from playground.labs.claims import Claim, at_least, at_most, effect, in_words
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
    seeds: int = Field(3, ge=1, le=10)
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
    """`COLUMNS`: the mean cosine between the units of both hidden layers, at each kept step of each finished run."""
    rows = [
        (name, one.seed, row["step"], *row["cosine"])
        for name in dict.fromkeys(one.arm.name for one in found.outcomes)
        for one in found.ended(name)
        if "symmetry" in one.measured
        for row in one.measured["symmetry"]["rows"]
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def charts(setup: Symmetry, found: Results) -> Sequence[Any]:
    names = [arm.name for arm in arms(setup)]
    return [similarity_curves(similarities(found), names), *training_charts(found.curves(), names)]


def answer(setup: Symmetry, found: Results) -> tuple[Claim, ...]:
    rows = similarities(found)
    owns = [(arm.name, rows[rows["arm"] == arm.name]) for arm in arms(setup)]
    told = [told_arm(name, own, setup.seeds) for name, own in owns if len(own)]
    text = accuracies(found, setup.steps)
    return (*told, Claim(text)) if text and found.is_over else tuple(told)


def told_arm(name: str, rows: pd.DataFrame, seeds: int) -> Claim:
    """How alike the first layer's units are at the start and at the end, and whether that is as expected.

    Constant units stay alike whatever the seed; of the others nothing is decided before they ended with all `seeds`.
    """
    first, last = ends(rows)
    text = (
        f"**{name}**: mean cosine between the units of layer 1 from {in_words(effect(first), cosine)} at step 0 to "
        f"{in_words(effect(last), cosine)} at step {rows['step'].max():,}"
    )
    if name == ALIKE:
        least = float(rows[["first", "second"]].min().min())
        return Claim(f"{text}, never below {cosine(least)} in either layer.", least > 1 - ROUNDING)
    if len(last) < seeds:
        return Claim(f"{text}.")
    if name == NOISY:
        holds, said = at_least(effect(first - last), APART), "the grain breaks the symmetry"
    else:
        holds, said = at_most(effect(last.abs()), UNLIKE), "units drawn at random are nearly orthogonal"
    return Claim(f"{text}: {said}." if holds else f"{text}.", holds)


def ends(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The first layer's mean cosine at the first and at the last kept step, by seed."""
    by_step = rows.set_index(["step", "seed"])["first"]
    return by_step.loc[rows["step"].min()], by_step.loc[rows["step"].max()]


def cosine(value: float) -> str:
    """
    >>> cosine(0.99999999)
    '1.0000'
    """
    return f"{value:.4f}".replace("-", "−")


def came_true(setup: Symmetry, found: Results) -> str:
    """What became of the units with a grain of noise; "" where it hung on the seed."""
    rows = similarities(found)
    own = rows[rows["arm"] == NOISY]
    if not len(own) or own["seed"].nunique() < setup.seeds:
        return ""
    first, last = ends(own)
    return {True: PARTS, False: STAYS, None: ""}[at_least(effect(first - last), APART)]


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
