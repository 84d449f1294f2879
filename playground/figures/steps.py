"""What every chart over steps has in common: its frame, its lines, and the marks where a control was changed.

A trace's `meta` names the window of the live stream and the columns in it that feed the trace: the live board replaces
the trace's arrays with them. Charts made of a whole run carry the same names and need no stream.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import GRID, MARK
from playground.figures.frame import LEGEND_ABOVE, frame

TEXT_ROW = 0.08  # of the chart's height
TEXT_ROWS = 6
FIELDS = {
    "optimizer.learning_rate": "learning rate",
    "regularization.weight_decay": "weight decay",
    "network.dropout": "dropout",
    "training.batch_size": "batch size",
}


def step_chart(title: str, look_for: str, y: str, **y_axis: Any) -> go.Figure:
    """An empty chart over steps; `look_for` is the line that says what to look for.

    The second y axis is hidden and runs from the bottom (0) to the top (1) of the chart, whatever the first one shows.
    """
    # Room for the labels is fixed: measuring them takes the browser half the time of a redraw.
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": False,
        "ticklabeloverflow": "allow",
        "title_standoff": 8,
    }
    return go.Figure(
        layout=frame(
            title,
            look_for,
            height=240,
            margin={"l": 60, "r": 20, "t": 30, "b": 42},
            hovermode="x unified",
            hoverdistance=40,
            dragmode="zoom",
            legend={**LEGEND_ABOVE, "y": 1.02},
            xaxis={
                **axis,
                "title_text": "step",
                "tickformat": ",d",
                "nticks": 5,
                "tickangle": 0,
                "unifiedhovertitle_text": "step %{x:,d}",
                "autorangeoptions": {"minallowed": 0, "include": [0, 10]},
                "spikecolor": MARK,
                "spikethickness": 1,
            },
            yaxis={**axis, "title_text": y, "nticks": 6, **y_axis},
            yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True, "automargin": False},
        )
    )


def add_line(
    figure: go.Figure,
    name: str,
    frame: pd.DataFrame,
    y: str,
    window: str,
    color: str,
    number: str = ".4g",
    **style: Any,
) -> None:
    """A line of a frame's column `y` over its column `step`; gaps where there is no finite number."""
    width = style.pop("width", 2)
    figure.add_scatter(
        name=name,
        x=column(frame, "step"),
        y=column(frame, y),
        mode=style.pop("mode", "lines"),
        line={"color": color, "width": width, "dash": style.pop("dash", "solid")},
        hovertemplate=f"{name} %{{y:{number}}}<extra></extra>",
        meta={"window": window, "x": "step", "y": y},
        **style,
    )


def add_changes(figure: go.Figure, changed: pd.DataFrame, with_text: bool = False) -> None:
    """A dotted line where a control took effect: old → new on hover, and written beside it where `with_text`."""
    columns = [column(changed, name) for name in ("step", "field", "old", "new")]
    figure.add_scatter(
        name="changed",
        **change_marks(*columns),
        yaxis="y2",
        mode="lines",
        line={"color": MARK, "width": 1.2, "dash": "dot"},
        showlegend=False,
        hovertemplate="%{text}<extra></extra>",
        meta={"window": "changed", "x": "x", "y": "y", "text": "text"},
    )
    if with_text:
        figure.add_scatter(
            name="change labels",
            **change_labels(*columns),
            yaxis="y2",
            mode="text",
            textposition="bottom right",
            textfont={"size": 10},
            cliponaxis=False,
            showlegend=False,
            hoverinfo="skip",
            meta={"window": "change labels", "x": "x", "y": "y", "text": "text"},
        )


def frame_if_empty(figure: go.Figure, low: float, high: float) -> go.Figure:
    """The figure, with plain axes where there is nothing to scale them by; `low` and `high` as its y axis counts."""
    if not any(trace.x is not None and len(trace.x) for trace in figure.data):
        figure.update_layout(xaxis_range=[0, 100], yaxis_range=[low, high])
    return figure


def change_marks(
    steps: Sequence[int], fields: Sequence[str], old: Sequence[float], new: Sequence[float]
) -> dict[str, list[Any]]:
    """Each change as a line from bottom to top, and a gap after it.

    >>> change_marks([40], ["optimizer.learning_rate"], [0.001], [0.01])["text"]
    ['learning rate 0.001 → 0.01', 'learning rate 0.001 → 0.01', '']
    """
    marks: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    for step, field, before, after in zip(steps, fields, old, new, strict=True):
        marks["x"] += [step, step, None]
        marks["y"] += [0, 1, None]
        marks["text"] += [*2 * [in_words(field, before, after)], ""]
    return marks


def change_labels(
    steps: Sequence[int], fields: Sequence[str], old: Sequence[float], new: Sequence[float], *, first: int = 0
) -> dict[str, list[Any]]:
    """What changed, beside each line; those of neighbours stand at different heights.

    A trace of its own: where some points of a trace have no text, Plotly's quick redraw mixes the texts up.
    `first`: how many changes came before these.
    """
    heights = [1 - TEXT_ROW * (place % TEXT_ROWS) for place in range(first, first + len(steps))]
    return {"x": [*steps], "y": heights, "text": [in_words(*change) for change in zip(fields, old, new, strict=True)]}


def in_words(field: str, before: float, after: float) -> str:
    """
    >>> in_words("regularization.weight_decay", 0.0, 3e-06)
    'weight decay 0 → 3e-6'
    """
    return f"{FIELDS.get(field, field)} {before:g} → {after:g}".replace("e-0", "e-")


def column(frame: pd.DataFrame, name: str) -> list[Any]:
    """A column as plain numbers; empty where the frame has no such column yet."""
    return frame[name].tolist() if name in frame else []
