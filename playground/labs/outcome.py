"""What came out of a study so far: tables of its runs, and what was measured of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from playground.labs.topic import Arm
from playground.runs.states import LIVE, State

CURVE = ("step", "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
PLACE = ("arm", "group", "at", "seed")


@dataclass(frozen=True, eq=False)
class Outcome:
    """One run of a study as it stands.

    `evaluated` has `CURVE` for columns; `stepped` and `layers` are the tables of the run's journal. `measured`: what
    workers answered about it, by the kind of question; `problems`: why they couldn't. `is_changed`: somebody changed a
    setting while it ran, so it is no longer the arm that was planned, and nothing is concluded from it.
    """

    arm: Arm
    seed: int
    run_id: str
    state: State
    message: str
    step: int
    total_steps: int
    seconds_left: float | None
    evaluated: pd.DataFrame
    stepped: pd.DataFrame
    layers: pd.DataFrame
    layer_names: tuple[str, ...]
    measured: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    is_changed: bool = False

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def counts(self) -> bool:
        """Whether something can be concluded from it: it ended as planned."""
        return self.state == "finished" and not self.is_changed


@dataclass(frozen=True, eq=False)
class Results:
    """All runs of a study; `answered`: what a worker made of the set-up itself; `problem`: why it couldn't.

    `is_over`: nothing of it goes on any more.
    """

    outcomes: tuple[Outcome, ...] = ()
    answered: Any = None
    problem: str = ""
    is_over: bool = False

    @cached_property
    def all_curves(self) -> pd.DataFrame:
        return below_one_another([(one, one.evaluated) for one in self.outcomes])

    @cached_property
    def all_finals(self) -> pd.DataFrame:
        done = [one for one in self.outcomes if one.counts]
        return below_one_another([(one, one.evaluated.tail(1)) for one in done])

    def curves(self) -> pd.DataFrame:
        """`PLACE` and `CURVE`, all evaluations of all runs."""
        return self.all_curves

    def finals(self) -> pd.DataFrame:
        """`PLACE` and `CURVE`, the last evaluation of each run that ended as planned."""
        return self.all_finals

    def ended(self, arm: str) -> tuple[Outcome, ...]:
        """An arm's finished runs, by seed; without those that were changed while they ran."""
        found = [outcome for outcome in self.outcomes if outcome.arm.name == arm and outcome.counts]
        return tuple(sorted(found, key=lambda outcome: outcome.seed))


def below_one_another(parts: Sequence[tuple[Outcome, pd.DataFrame]]) -> pd.DataFrame:
    """The runs' rows in one table, each with its run's place."""
    filled = [(outcome, rows) for outcome, rows in parts if len(rows)]
    if not filled:
        return pd.DataFrame(columns=[*PLACE, *CURVE])
    table = pd.concat([rows for _, rows in filled], ignore_index=True)
    counts = [len(rows) for _, rows in filled]
    places = [(one.arm.name, one.arm.line, one.arm.at, one.seed) for one, _ in filled]
    for position, (name, values) in enumerate(zip(PLACE, zip(*places, strict=True), strict=True)):
        table.insert(position, name, np.repeat(np.array(values, dtype=object), counts))
    return table.astype({"at": float, "seed": int})
