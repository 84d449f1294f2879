"""Before any training: what is left of the signal in each layer. Then some steps, to see whether it can be trained."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from playground.labs.claims import Claim
from playground.labs.initialization.charts import signal_charts, training_charts
from playground.labs.initialization.deep import MADE_FOR, NOTES, STARTS, Activation, Start, deep
from playground.labs.initialization.told import learned_most, told_changes, training_follows
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

STEPS = 200


class Signal(Setup):
    seeds: int = Field(3, ge=1, le=10)
    layers: int = Field(20, ge=2, le=30)
    width: int = Field(128, ge=8, le=512)
    activation: Activation = "ReLU"
    starts: tuple[Start, ...] = ("too small", "Xavier", "He", "too large")

    @model_validator(mode="after")
    def something_is_compared(self) -> Self:
        if not self.starts:
            raise ValueError("no initialization is chosen: choose one or more")
        return self


def arms(setup: Signal) -> tuple[Arm, ...]:
    """In the order of the list, but the one that was made for the activation function first."""
    made_for = MADE_FOR[setup.activation]
    chosen = sorted((name for name in STARTS if name in setup.starts), key=lambda name: name != made_for)
    return tuple(
        Arm(name, deep(setup.layers, setup.width, setup.activation, STARTS[name], STEPS), note=NOTES.get(name, ""))
        for name in chosen
    )


def charts(setup: Signal, found: Results) -> Sequence[Any]:
    """The signal before training beside the loss, which moves first; the histograms last, for they take a row."""
    shown = arms(setup)
    forwards, backwards, *rest = signal_charts(shown, found, setup.layers)
    return [forwards, backwards, *training_charts(found.curves(), [arm.name for arm in shown]), *rest]


def answer(setup: Signal, found: Results) -> tuple[Claim, ...]:
    shown = arms(setup)
    return (*told_changes(shown, found, setup.layers, setup.width), *training_follows(shown, found, STEPS))


def came_true(setup: Signal, found: Results) -> str:
    return learned_most(arms(setup), found)


SIGNAL = Topic(
    name="signal",
    title="Signal",
    question="How must a deep network start, so that it can learn?",
    setup=Signal(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=("too small", "Xavier", "He", "too large"),
    came_true=came_true,
    at_start=("signal",),
)
