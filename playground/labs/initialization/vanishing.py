"""One initialization, four activation functions: which of them lets the gradient back to the first layer."""

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

from pydantic import Field

from playground.experiment import Initialization
from playground.labs.claims import Claim, at_least, at_most, effect, in_words, points
from playground.labs.initialization.charts import signal_charts, training_charts
from playground.labs.initialization.deep import ACTIVATIONS, deep
from playground.labs.initialization.measured import changes, signals
from playground.labs.initialization.reached import reached
from playground.labs.initialization.told import AHEAD, LEAST, OPEN, accuracies, times, told_changes
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

STEPS = 200
VANISHED = 1e-3  # a gradient has if so little of it arrives
SURELY = -0.1  # of its logarithm: by so much less of one arm's arrives than of any other's
DEEP = 10  # layers from which on sigmoid's has: each takes three quarters and more


class Vanishing(Setup):
    seeds: int = Field(3, ge=1, le=10)
    layers: int = Field(10, ge=2, le=30)
    width: int = Field(128, ge=8, le=512)
    scale: float = Field(1.0, ge=0.1, le=10)  # times 1/√width: the standard deviation of all weights


def arms(setup: Vanishing) -> tuple[Arm, ...]:
    start = Initialization(kind="normal", std=setup.scale / sqrt(setup.width))
    names = {"Sigmoid": "sigmoid", "Tanh": "tanh"}
    return tuple(
        Arm(names.get(activation, activation), deep(setup.layers, setup.width, activation, start, STEPS))
        for activation in sorted(ACTIVATIONS, key=lambda name: name != "Sigmoid")
    )


def charts(setup: Vanishing, found: Results) -> Sequence[Any]:
    shown = arms(setup)
    forwards, backwards, *others = signal_charts(shown, found, setup.layers)
    return [backwards, forwards, *others, *training_charts(found.curves(), [arm.name for arm in shown])]


def answer(setup: Vanishing, found: Results) -> tuple[Claim, ...]:
    measured = changes(signals(found.outcomes))
    sigmoid = measured[measured["arm"] == "sigmoid"]["gradient"]
    told = told_changes(arms(setup), found, setup.layers, setup.width)
    if not len(sigmoid):
        return told
    seeds = f"{len(sigmoid)} seed{'s' if len(sigmoid) > 1 else ''}"
    told_back = f"Through {setup.layers} sigmoid layers the gradient comes back {times(sigmoid, seeds)}"
    claim = Claim(f"{told_back}.")
    if setup.layers >= DEEP and setup.scale == 1:
        is_gone = bool((sigmoid < VANISHED).all())
        less = f"less than 1/{1 / VANISHED:,.0f}"
        why = f"{less}: its slope is at most 1/4, at every layer" if is_gone else f"not always {less}"
        claim = Claim(f"{told_back}, {why}.", is_gone)
    return (claim, *told, *sigmoid_learns_least(setup, found))


def sigmoid_learns_least(setup: Vanishing, found: Results) -> tuple[Claim, ...]:
    """Whether training follows; nothing before all have ended, no verdict without a seed with which all arms did."""
    text = accuracies(found, STEPS)
    if not found.is_over or not text:
        return ()
    table = reached(arms(setup), found)
    if not len(table):
        return (Claim(f"{text} {OPEN}"),)
    others = table.drop(columns="sigmoid")
    closest = str(others.mean().idxmin())
    least = effect(others[closest] - table["sigmoid"])
    follows = at_least(effect(others.min(axis=1) - table["sigmoid"]), AHEAD)
    if follows:
        told = f"Training follows: each other arm is ahead of sigmoid, {closest} least, by {in_words(least, points)}."
    else:
        told = f"Of the other arms {closest} reached least; its accuracy minus sigmoid's: {in_words(least, points)}."
    return (Claim(f"{told} {text}", follows),)


def came_true(setup: Vanishing, found: Results) -> str:
    """The arm of which least arrives at the first layer; "" where it hangs on the seed."""
    arrives = changes(signals(found.outcomes)).set_index(["seed", "arm"])["gradient"].unstack()
    arrives = arrives.reindex(columns=[arm.name for arm in arms(setup)]).astype(float).dropna()
    table = arrives.clip(lower=LEAST).map(log)
    if not len(table):
        return ""
    least = str(table.mean().idxmin())
    gap = effect(table[least] - table.drop(columns=least).min(axis=1))
    return least if at_most(gap, SURELY) else ""


VANISHING = Topic(
    name="vanishing",
    title="Vanishing gradients",
    question="Which activation function loses the gradient on its way back?",
    setup=Vanishing(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=("sigmoid", "tanh", "ReLU", "GELU"),
    came_true=came_true,
    at_start=("signal",),
)
