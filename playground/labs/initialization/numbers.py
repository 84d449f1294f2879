"""The numbers behind it all: functions with their slopes, and the product of many random matrices."""

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import numpy as np
from pydantic import Field

from playground.figures.numbers import function_curves, product_curves
from playground.labs.claims import Claim, at_least, at_most, effect, in_words, within
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic
from playground.network.functions import FUNCTIONS
from playground.network.products import growth, growth_deviation, keeping_scale

NAMES = {"Sigmoid": "sigmoid", "Tanh": "tanh"}
X = np.linspace(-5, 5, 201)
FADES, STAYS, GROWS = "it fades to nothing", "it stays about 1", "it grows without end"
ROUGHLY = 0.1  # of the exponent, for the first few factors
DECADES = 3.0  # beyond a thousandth, or a thousand, the norm no longer stays about 1
SIGNIFICANT = 3.0  # standard errors that a mean may be off


class Numbers(Setup):
    scale: float = Field(0.5, ge=0.01, le=10)  # standard deviation of the entries
    size: int = Field(4, ge=1, le=64)
    factors: int = Field(100, ge=2, le=500)
    seeds: int = Field(5, ge=1, le=10)


def arms(setup: Numbers) -> tuple[Arm, ...]:
    """Nothing is trained."""
    return ()


def charts(setup: Numbers, found: Results) -> Sequence[Any]:
    logs = found.answered["logs"] if found.answered else []
    return [
        product_curves(logs, growth(setup.scale, setup.size), growth_deviation(setup.size), setup.factors),
        function_curves(
            X,
            {NAMES.get(name, name): function.value(X) for name, function in FUNCTIONS.items()},
            "Activation functions",
            "Sigmoid leaves values around 1/2, not around 0; tanh and sigmoid flatten at both ends.",
            "f(x)",
        ),
        function_curves(
            X,
            {NAMES.get(name, name): function.slope(X) for name, function in FUNCTIONS.items()},
            "Their slopes",
            "What multiplies the gradient on its way back. Sigmoid's is 1/4 at most, tanh's and ReLU's reach 1.",
            "f'(x)",
        ),
    ]


def answer(setup: Numbers, found: Results) -> tuple[Claim, ...]:
    if not found.answered:
        return ()
    ends = effect(row[-1] / log(10) for row in found.answered["logs"])
    expected = growth(setup.scale, setup.size) * setup.factors / log(10)
    error = growth_deviation(setup.size) * sqrt(setup.factors / ends.count) / log(10)
    # A matrix is √size times as long as what it makes of one direction; from there on the product has but one.
    is_expected = abs(ends.mean - expected) < SIGNIFICANT * error + log(setup.size) / 2 / log(10) + ROUGHLY
    told = (
        f"After {setup.factors} factors of {setup.size} × {setup.size} with σ = {setup.scale:g} the norm is "
        f"10 to the power of {in_words(ends, exponent)}; theory expects {exponent(expected)} ± {error:.1f}."
    )
    keeps = (
        f"The scale that keeps the typical norm is {keeping_scale(setup.size):.3f}. 1/√{setup.size} = "
        f"{1 / sqrt(setup.size):.3f} keeps the mean of its square, which a few large products carry."
    )
    return Claim(told, is_expected), Claim(keeps)


def exponent(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def came_true(setup: Numbers, found: Results) -> str:
    """What became of the typical product; "" where it hangs on the draw."""
    if not found.answered:
        return ""
    ends = effect(row[-1] / log(10) for row in found.answered["logs"])
    if at_most(ends, -DECADES):
        return FADES
    if at_least(ends, DECADES):
        return GROWS
    return STAYS if within(ends, DECADES) else ""


NUMBERS = Topic(
    name="numbers",
    title="Numbers",
    question="Many random matrices, multiplied: what becomes of the product?",
    setup=Numbers(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(FADES, STAYS, GROWS),
    came_true=came_true,
    task="products",
)
