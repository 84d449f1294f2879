"""Results made up for a topic: runs that ended with given numbers, without training any."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from playground.labs.outcome import CURVE, Outcome, Results
from playground.labs.topic import Arm, Topic, planned
from playground.runs.states import State

Row = tuple[float, float, float, float]  # train loss and accuracy, validation loss and accuracy


def outcome(arm: Arm, seed: int, rows: Sequence[Row], state: State = "finished", **more: Any) -> Outcome:
    """A run evaluated every 10 steps, an epoch each."""
    evaluated = pd.DataFrame([(10 * place, float(place), *row) for place, row in enumerate(rows)], columns=list(CURVE))
    empty = pd.DataFrame({"step": [], "loss": []})
    last = 10 * (len(rows) - 1)
    name = f"{arm.name}-{seed}"
    return Outcome(arm, seed, name, state, "", last, last, None, evaluated, empty, empty, (), **more)


def results(topic: Topic, rows: Callable[[Arm, int], Sequence[Row]], **setup: Any) -> tuple[Any, Results]:
    """The set-up, and all its runs, finished, with what `rows` gives each."""
    chosen = topic.setup.but(**setup)
    plan = planned(topic, chosen)
    return chosen, Results(tuple(outcome(arm, seed, rows(arm, seed)) for arm, seed in plan), is_over=True)
