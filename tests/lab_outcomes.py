"""Results made up for a topic: runs that ended with given numbers, without training any."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from playground.labs.outcome import CURVE, Outcome, Results
from playground.labs.topic import Arm, Topic, planned
from playground.runs.states import State

Row = tuple[float, float, float, float]  # train loss and accuracy, validation loss and accuracy
Measured = Callable[[Arm, int], Mapping[str, Any]]


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


def came_out(
    topic: Topic,
    accuracy: Callable[[Arm, int], float],
    measured: Measured = lambda arm, seed: {},
    states: Mapping[str, State] | None = None,
    **setup: Any,
) -> tuple[Any, Results]:
    """The set-up, and its results with the arms' last validation accuracies and what was measured of each run."""
    chosen = topic.setup.but(**setup)

    def ended(arm: Arm, seed: int) -> Outcome:
        state = (states or {}).get(arm.name, "finished")
        rows = [(2.3, 0.1, 2.3, 0.1), (0.1, 1.0, 0.3, accuracy(arm, seed))]
        return outcome(arm, seed, rows, state, measured=dict(measured(arm, seed)) if state == "finished" else {})

    return chosen, Results(tuple(ended(arm, seed) for arm, seed in planned(topic, chosen)), is_over=True)
