"""The live board: one browser component for charts, the digit panel and the status line, fed by the live stream.

The figures come from `playground.figures` once, without data; the component fills them from its WebSocket and never
asks Python, so a page reruns only when the run's state changes.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from playground.experiment import Experiment
from playground.figures import colors
from playground.figures.board import board_figures
from playground.figures.javascript import plotly_version
from playground.network.names import HEAD, layer_names

FOLDER = Path(__file__).parent
SCRIPTS = ("live.js", "axes.js", "charts.js", "digit.js", "status.js", "board.js")
DIGITS = {"sample": 5_000, "mnist": 70_000}
WEIGHTED = ("Linear", "Conv2d")

Standing = dict[str, Any]

COMPONENT = st.components.v2.component(
    "live_board",
    html='<div class="dlp-root">\n</div>',
    css=(FOLDER / "board.css").read_text(),
    js="\n".join((FOLDER / name).read_text() for name in SCRIPTS),
    isolate_styles=False,
)


def board(
    run_id: str | None,
    experiment: Experiment,
    key: str,
    with_penalty: bool,
    digit: int = 0,
    standing: Standing | None = None,
) -> Any:
    """All charts of a run and what one digit does to every layer, live; empty charts where `run_id` is None.

    `with_penalty`: whether there is one to draw beside the loss. `standing`: how the run stood when this page was
    painted (state, attempt, step, live settings); where it stands otherwise, the component reruns the page once.
    """
    return COMPONENT(
        key=key,
        data={
            "part": "board",
            "run": run_id,
            "standing": standing,
            "base": base_path(),
            "plotly": f"{base_path()}/live/plotly.min.js?v={plotly_version()}",
            "figures": board_figures(weighted_names(experiment), with_penalty),
            "digit": digit,
            "digits": DIGITS[experiment.data.source],
            "colors": {"sequential": colors.SEQUENTIAL, "diverging": colors.DIVERGING},
        },
        on_state_change=lambda: None,
    )


def status_line(run_id: str | None, key: str) -> None:
    """How far a run is: a bar, and "step 412 of 550 · epoch 7.5 of 10 · 12,300 digits/s · 12 s left"."""
    COMPONENT(key=key, data={"part": "status", "run": run_id, "base": base_path()})


def weighted_names(experiment: Experiment) -> tuple[str, ...]:
    """The layers that have weights, as every chart calls them."""
    hidden = experiment.network.layers
    names = zip(hidden, layer_names(hidden), strict=False)
    return (*(name for layer, name in names if layer.kind in WEIGHTED), HEAD)


def base_path() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
