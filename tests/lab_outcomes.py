"""Results that nobody trained for: what a topic's arms would have come to, for its charts and answers."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from playground.labs.outcome import CURVE, Outcome, Results
from playground.labs.topic import Arm, Topic
from playground.runs.states import State

Measured = Callable[[Arm, int], Mapping[str, Any]]


def came_out(
    topic: Topic,
    accuracy: Callable[[Arm, int], float],
    measured: Measured = lambda arm, seed: {},
    states: Mapping[str, State] | None = None,
    **setup: Any,
) -> tuple[Any, Results]:
    """The set-up, and its results with the arms' last validation accuracies and what was measured of each run."""
    chosen = topic.setup.but(**setup)
    outcomes = [
        outcome(arm, seed, accuracy(arm, seed), measured(arm, seed), (states or {}).get(arm.name, "finished"))
        for seed in range(chosen.seed, chosen.seed + chosen.seeds)
        for arm in topic.arms(chosen)
    ]
    return chosen, Results(tuple(outcomes), is_over=True)


def outcome(arm: Arm, seed: int, accuracy: float, measured: Mapping[str, Any], state: State) -> Outcome:
    rows = [(0, 0.0, 2.3, 0.1, 2.3, 0.1), (160, 10.0, 0.1, 1.0, 0.3, accuracy)]
    evaluated = pd.DataFrame(rows, columns=[*CURVE])
    nothing = pd.DataFrame()
    return Outcome(
        *(arm, seed, f"r{arm.name}{seed}", state, "", 160, 160, None),
        *(evaluated, nothing, nothing, (), dict(measured) if state == "finished" else {}),
    )
