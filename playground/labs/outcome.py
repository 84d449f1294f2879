"""What came out of a study so far: tables of its runs, and what was measured of them."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from playground.labs.topic import Arm
from playground.runs.states import LIVE, State

CURVE = ("step", "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
PLACE = ("arm", "group", "at", "seed")


@dataclass(frozen=True, eq=False)
class Outcome:
    """One run of a study as it stands.

    `evaluated` has `CURVE` for columns; `stepped` and `layers` are the tables of the run's journal. `measured`: what
    workers answered about it, by the kind of question; `problems`: why they couldn't.
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

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, eq=False)
class Results:
    """All runs of a study; `answered`: what a worker made of the set-up itself; `problem`: why it couldn't.

    `is_over`: nothing of it goes on any more.
    """

    outcomes: tuple[Outcome, ...] = ()
    answered: Any = None
    problem: str = ""
    is_over: bool = False

    def curves(self) -> pd.DataFrame:
        """`PLACE` and `CURVE`, all evaluations of all runs."""
        parts = [placed(outcome, outcome.evaluated) for outcome in self.outcomes if len(outcome.evaluated)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*PLACE, *CURVE])

    def finals(self) -> pd.DataFrame:
        """`PLACE` and `CURVE`, the last evaluation of each finished run."""
        done = [outcome for outcome in self.outcomes if outcome.state == "finished" and len(outcome.evaluated)]
        parts = [placed(outcome, outcome.evaluated.tail(1)) for outcome in done]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*PLACE, *CURVE])

    def ended(self, arm: str) -> tuple[Outcome, ...]:
        """An arm's finished runs, by seed."""
        found = [outcome for outcome in self.outcomes if outcome.arm.name == arm and outcome.state == "finished"]
        return tuple(sorted(found, key=lambda outcome: outcome.seed))


def placed(outcome: Outcome, rows: pd.DataFrame) -> pd.DataFrame:
    arm = outcome.arm
    return rows.assign(arm=arm.name, group=arm.line, at=arm.at, seed=outcome.seed)[[*PLACE, *rows.columns]]
