"""Looks inside a network, live and back through time: the time bar and the panels of page Inside."""

from functools import lru_cache
from typing import Any

from playground.data.digits import load_digits
from playground.data.splits import split
from playground.errors import SpecError
from playground.experiment import Data, Experiment
from playground.figures.inside import inside_figures
from playground.live.board import WEIGHTED, weighted_names
from playground.live.component import mount
from playground.network.fields import field_table
from playground.network.shapes import trace
from playground.runs.settings import kept_bytes

SPLITS = ("train", "validation", "test")
MOST_CHOICES = 500  # digits of a split that a page offers


def panel(name: str, run_id: str | None, experiment: Experiment, hint: str = "") -> None:
    """One look inside a run's network: a name of `PARTS` in board.js; `hint` stands above it."""
    mount(
        name,
        run_id,
        f"inside.{name}",
        {
            "hint": hint,
            "layers": layers_of(experiment),
            "fields": field_table(experiment.network),
            "digits": digits_of(experiment.data, experiment.training.seed),
            "source": experiment.data.source,
            "figures": inside_figures(name, weighted_names(experiment)),
        },
    )


def time_bar(run_id: str) -> int | None:
    """The slider over the kept steps, the film, and "Fork here"; returns the step at which a fork is asked for."""
    answer = mount("time", run_id, "inside.time", {"most_bytes": kept_bytes()}, on_fork_change=lambda: None)
    return answer.fork


def layers_of(experiment: Experiment) -> list[dict[str, Any]]:
    """Every layer and the head: name, kind, output shape, whether it has weights."""
    found = trace(experiment.network)
    rows = [*found.rows, *([found.head] if found.head else [])]
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "shape": list(row.output_shape),
            "weighted": row.kind in WEIGHTED,
        }
        for row in rows
    ]


def digits_of(data: Data, seed: int) -> dict[str, Any]:
    """How many digits the source has, and the first ones of each split by their index.

    None at all where there are no such digits, or where they can't be split so: nothing can be trained on them either.
    """
    try:
        return choices(data, seed)
    except SpecError:
        return {"count": 0, "splits": {name: [] for name in SPLITS}}


@lru_cache(maxsize=8)  # not of what raises: digits may be downloaded later
def choices(data: Data, seed: int) -> dict[str, Any]:
    digits = load_digits(data.source)
    parts = split(digits.labels, data, seed, digits.official_test)
    return {"count": len(digits), "splits": {name: getattr(parts, name)[:MOST_CHOICES].tolist() for name in SPLITS}}
