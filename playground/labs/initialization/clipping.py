"""A gradient that explodes, and what clipping its norm does about it."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from playground.experiment import Experiment, Initialization
from playground.figures.clipping import norm_curves
from playground.labs.claims import Claim, at_least, in_words, number, paired, points
from playground.labs.initialization.charts import training_charts
from playground.labs.initialization.deep import MOMENTUM, deep, sizes
from playground.labs.initialization.told import accuracies
from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm, Setup, Topic

Cause = Literal["weights", "rate"]

STEPS = 200
WIDTH = 128
GAIN = 1.6  # times He's deviation: too large
RATE, HIGH_RATE = 0.03, 0.3
AHEAD = 0.1  # of accuracy: what clipping gains, at least
HALF = 0.5  # of the digits: above it a run has learned
UNCLIPPED, CLIPPED = "no clipping", "clipped"
DIVERGES, CRAWLS, LEARNS = "it diverges as well", "it learns, but hardly", "it learns"
COLUMNS = ("arm", "seed", "step", "norm")


class Clipping(Setup):
    cause: Cause = "weights"
    layers: int = Field(10, ge=2, le=30)
    clip_norm: float = Field(1.0, gt=0, le=1000)


def arms(setup: Clipping) -> tuple[Arm, ...]:
    he = Initialization(kind="He normal")
    large = Initialization(kind="normal", std=GAIN * sqrt(2 / WIDTH))

    def of(start: Initialization, rate: float, clip_norm: float | None = None) -> Experiment:
        optimizer = MOMENTUM.but(learning_rate=rate)
        return deep(setup.layers, WIDTH, "ReLU", start, STEPS, clip_norm, optimizer)

    at = f"clipped at {setup.clip_norm:g}"
    if setup.cause == "weights":
        return (
            Arm(CLIPPED, of(large, RATE, setup.clip_norm), note=f"σ {GAIN:g} times He's, {at}"),
            Arm(UNCLIPPED, of(large, RATE)),
            Arm("He instead", of(he, RATE)),
        )
    return (
        Arm(CLIPPED, of(he, HIGH_RATE, setup.clip_norm), note=f"rate {HIGH_RATE:g}, {at}"),
        Arm(UNCLIPPED, of(he, HIGH_RATE)),
        Arm("a tenth of the rate", of(he, HIGH_RATE / 10)),
    )


def norms(outcomes: Sequence[Outcome], layers: int) -> pd.DataFrame:
    """`COLUMNS`: the L2 norm of the gradient by all weights, biases left out, as backpropagation found it."""
    counts = [inputs * outputs for inputs, outputs in pairwise(sizes(layers, WIDTH))]
    rows = [
        (one.arm.name, one.seed, step, sqrt(sum(count * rms**2 for count, rms in zip(counts, gradient, strict=True))))
        for one in outcomes
        for step, gradient in zip(one.layers["step"], one.layers["gradient"], strict=True)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def charts(setup: Clipping, found: Results) -> Sequence[Any]:
    names = [arm.name for arm in arms(setup)]
    lengths = norm_curves(norms(found.outcomes, setup.layers), names, setup.clip_norm)
    return [lengths, *training_charts(found.curves(), names, explodes=True)]


def answer(setup: Clipping, found: Results) -> tuple[Claim, ...]:
    begun = norms(found.outcomes, setup.layers)
    first = begun[(begun["arm"] == UNCLIPPED) & (begun["step"] == 1)]["norm"]
    if not found.is_over or not len(first):
        return ()
    told = Claim(
        f"At step 1 the gradient's norm is {number(first.mean())} (mean over {len(first)} seed"
        f"{'s' if len(first) > 1 else ''}); clipped at {setup.clip_norm:g} it keeps its direction."
    )
    diverged = [one.message for one in found.outcomes if one.arm.name == UNCLIPPED and one.state == "diverged"]
    ahead = paired(found.finals(), CLIPPED, UNCLIPPED, "validation_accuracy")
    if diverged and found.ended(CLIPPED):
        seeds = sum(one.arm.name == UNCLIPPED for one in found.outcomes)
        text = f"Without clipping {len(diverged)} of {seeds} diverged, with it none of {len(found.ended(CLIPPED))}"
        is_remedy = Claim(f"{text}.", len(found.ended(CLIPPED)) == seeds)
    elif ahead is not None:
        is_remedy = Claim(f"Clipping gains {in_words(ahead, points)}.", at_least(ahead, AHEAD))
    else:
        is_remedy = Claim("Clipping didn't keep it from diverging.", False)
    return (told, is_remedy, Claim(accuracies(found, STEPS)))


def came_true(setup: Clipping, found: Results) -> str:
    """What became of the clipped arm."""
    ended = found.finals()
    own = ended[ended["arm"] == CLIPPED]["validation_accuracy"]
    if not len(own):
        return DIVERGES
    return LEARNS if own.mean() > HALF else CRAWLS


CLIPPING = Topic(
    name="clipping",
    title="Clipping",
    question="A gradient explodes: does clipping save the run?",
    setup=Clipping(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(DIVERGES, CRAWLS, LEARNS),
    came_true=came_true,
)
