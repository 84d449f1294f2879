"""The live board: a run's charts and its status line.

The figures come from `playground.figures` once, without data; the component fills them from its stream.
"""

from typing import Any

from playground.experiment import Experiment
from playground.figures.board import board_figures
from playground.live.component import mount
from playground.network import facts
from playground.network.names import HEAD, layer_names

WEIGHTED = tuple(kind.__name__ for kind in facts.WEIGHTED)

Standing = dict[str, Any]


def board(
    run_id: str | None,
    experiment: Experiment,
    key: str,
    with_penalty: bool,
    standing: Standing | None = None,
    charts: slice = slice(None),
) -> Any:
    """Charts of a run, live; empty ones where `run_id` is None.

    `with_penalty`: whether there is one to draw beside the loss. `standing`: how the run stood when this page was
    painted (state, attempt, step, live settings); where it stands otherwise, the component reruns the page once.
    """
    figures = board_figures(weighted_names(experiment), with_penalty)[charts]
    return mount("board", run_id, key, {"standing": standing, "figures": figures}, on_state_change=lambda: None)


def status_line(run_id: str | None, key: str) -> None:
    """How far a run is: a bar, and "step 412 of 550 · epoch 7.5 of 10 · 12,300 digits/s · 12 s left"."""
    mount("status", run_id, key)


def weighted_names(experiment: Experiment) -> tuple[str, ...]:
    """The layers that have weights, as every chart calls them."""
    hidden = experiment.network.layers
    names = zip(hidden, layer_names(hidden), strict=False)
    return (*(name for layer, name in names if layer.kind in WEIGHTED), HEAD)
