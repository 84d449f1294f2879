"""One initialization, four activation functions: which of them lets the gradient back to the first layer."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

from pydantic import Field

from playground.experiment import Initialization
from playground.labs.claims import Claim, at_least, in_words, paired, points
from playground.labs.initialization.charts import signal_charts, training_charts
from playground.labs.initialization.deep import ACTIVATIONS, deep
from playground.labs.initialization.measured import changes, signals
from playground.labs.initialization.told import AHEAD, accuracies, times, told_changes
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

STEPS = 200
VANISHED = 1e-3  # a gradient has if so little of it arrives
DEEP = 10  # layers from which on sigmoid's has: each takes three quarters and more


class Vanishing(Setup):
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
    is_claimed = setup.layers >= DEEP and setup.scale == 1
    claim = Claim(
        f"Through {setup.layers} sigmoid layers the gradient comes back {times(sigmoid, seeds)}"
        + (f", less than 1/{1 / VANISHED:,.0f}: its slope is at most 1/4, at every layer." if is_claimed else "."),
        bool((sigmoid < VANISHED).all()) if is_claimed else None,
    )
    return (claim, *told, *sigmoid_learns_least(found))


def sigmoid_learns_least(found: Results) -> tuple[Claim, ...]:
    """Whether training follows; nothing before all have ended."""
    finals = found.finals()
    others = [name for name in dict.fromkeys(finals["arm"]) if name != "sigmoid"]
    if not found.is_over or not len(finals):
        return ()
    behind = [one for one in (paired(finals, name, "sigmoid", "validation_accuracy") for name in others) if one]
    if not behind:
        return (Claim(accuracies(found, STEPS)),)
    least = min(behind, key=lambda one: one.mean)
    text = f"Training follows: each other arm is ahead of sigmoid, by at least {in_words(least, points)}."
    return (Claim(f"{text} {accuracies(found, STEPS)}", at_least(least, AHEAD)),)


def came_true(setup: Vanishing, found: Results) -> str:
    """The arm of which least arrives at the first layer."""
    means = changes(signals(found.outcomes)).groupby("arm")["gradient"].mean()
    return str(means.idxmin()) if len(means) else ""


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
