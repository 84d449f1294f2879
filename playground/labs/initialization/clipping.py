"""A gradient that explodes, and what clipping its norm does about it."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from playground.experiment import Experiment, Initialization
from playground.figures.clipping import norm_curves
from playground.labs.claims import Claim, at_least, effect, in_words, number, points
from playground.labs.initialization.charts import training_charts
from playground.labs.initialization.deep import MOMENTUM, deep, sizes
from playground.labs.initialization.reached import diverged, reached
from playground.labs.initialization.told import accuracies
from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm, Setup, Topic

Cause = Literal["weights", "rate"]

STEPS = 200
WIDTH = 128
GAIN = 1.6  # times He's deviation: too large
RATE, HIGH_RATE = 0.03, 0.3
AHEAD = 0.1  # of accuracy: what clipping gains, at least
LEARNED = 0.3  # of the digits, three times what guessing finds: above it a run has learned
UNCLIPPED, CLIPPED = "no clipping", "clipped"
DIVERGES, CRAWLS, LEARNS = "it diverges as well", "it learns, but hardly", "it learns"
COLUMNS = ("arm", "seed", "step", "norm")


class Clipping(Setup):
    seeds: int = Field(3, ge=1, le=10)
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
    text = accuracies(found, STEPS)
    if not found.is_over or not text:
        return ()
    return (*told_norm(setup, found), *is_remedy(setup, found), Claim(text))


def told_norm(setup: Clipping, found: Results) -> tuple[Claim, ...]:
    """How long the gradient is before the first step, and what clipping does to it."""
    begun = norms(found.outcomes, setup.layers)
    first = begun[(begun["arm"] == UNCLIPPED) & (begun["step"] == 1)]["norm"]
    if not len(first):
        return ()
    is_clipped = f"clipped at {setup.clip_norm:g} it keeps its direction"
    is_left = f"{setup.clip_norm:g}, the longest that is allowed, is more"
    seeds = f"{len(first)} seed{'s' if len(first) > 1 else ''}"
    what = is_clipped if first.mean() > setup.clip_norm else is_left
    return (Claim(f"At step 1 the gradient's norm is {number(first.mean())} (mean over {seeds}); {what}."),)


def is_remedy(setup: Clipping, found: Results) -> tuple[Claim, ...]:
    """Whether clipping saves runs; nothing unless each of them finished or diverged."""
    table = reached(arms(setup), found)
    if len(table) != setup.seeds:
        return ()
    without, with_it = diverged(UNCLIPPED, found), diverged(CLIPPED, found)
    if not without and not with_it:
        ahead = effect(table[CLIPPED] - table[UNCLIPPED])
        told = f"Accuracy with clipping minus that without it: {in_words(ahead, points)}."
        return (Claim(told, at_least(ahead, AHEAD)),)
    told = f"Without clipping {without or 'none'} of {setup.seeds} diverged, with it {with_it or 'none'}."
    by_luck = setup.seeds == 1 or 0 < with_it < setup.seeds or 0 < without < setup.seeds
    return (Claim(told, None if by_luck else not with_it),)


def came_true(setup: Clipping, found: Results) -> str:
    """What became of the clipped arm; "" where it hung on the seed."""
    table, lost = reached(arms(setup), found), diverged(CLIPPED, found)
    if not found.is_over or len(table) != setup.seeds:
        return ""
    if lost:
        return DIVERGES if lost == setup.seeds > 1 else ""
    return {True: LEARNS, False: CRAWLS, None: ""}[at_least(effect(table[CLIPPED]), LEARNED)]


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
