"""Runs for comparisons, made by hand: what they recorded is given."""

from collections.abc import Sequence

import pandas as pd

from playground.comparison.lines import Line, Member
from playground.experiment import Experiment
from playground.labs.study import Tables
from playground.labs.topic import with_seed
from playground.runs.finals import OnTest
from playground.runs.imports import Imported
from playground.runs.past import Origin
from playground.runs.states import State
from playground.runs.store import Run

STEPPED = ("step", "epoch", "loss", "penalty", "accuracy", "learning_rate", "batch_size")


def member(
    experiment: Experiment | None = None,
    seed: int = 0,
    losses: Sequence[float] = (2.0, 1.0),
    accuracies: Sequence[float] | None = None,
    state: State = "finished",
    seconds: float = 10.0,
    name: str = "MLP",
    changed: Sequence[tuple[int, str, float, float]] = (),
    origin: Origin | None = None,
    test: OnTest | None = None,
    imported: Imported | None = None,
) -> Member:
    """A run with one evaluation a step, from step 0 on, of which validation and train loss are the same."""
    chosen = with_seed(experiment or Experiment(), seed)
    steps = range(len(losses))
    evaluated = pd.DataFrame(
        {
            "step": steps,
            "epoch": [step / 2 for step in steps],
            "train_loss": losses,
            "train_accuracy": accuracies or [0.5] * len(losses),
            "validation_loss": losses,
            "validation_accuracy": accuracies or [0.5] * len(losses),
        }
    )
    rows = [(step, step / 2, losses[step], 0.0, 0.5, 0.1, 8) for step in steps[1:]]
    stepped = pd.DataFrame(rows, columns=STEPPED)
    changes = pd.DataFrame(changed, columns=["step", "field", "old", "new"])
    last = len(losses) - 1
    run = Run(
        id=f"r{name}{seed}",
        name=name,
        experiment=chosen,
        state=state,
        message="",
        created=0.0,
        ended=None,
        worker=None,
        begin="run",
        attempt=0,
        step=last,
        total_steps=last,
        epoch=last / 2,
        digits_per_second=0.0,
        seconds=seconds,
        layers=(),
        live={},
    )
    return Member(run, Tables(evaluated, stepped, pd.DataFrame(), changes), origin, test, imported)


def line(*members: Member, name: str = "MLP") -> Line:
    return Line(name, members)
