"""What every chart over steps has in common: its frame, its lines, and the marks where a control was changed.

A trace's `meta` names the window of the live stream and the columns in it that feed the trace: the live board replaces
the trace's arrays with them. Charts made of a whole run carry the same names and need no stream.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import GRID, MARK

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
        layout=go.Layout(
            template=None,
            meta={"title": title, "look_for": look_for},
            height=240,
            margin={"l": 60, "r": 20, "t": 30, "b": 42},
            paper_bgcolor="rgba(0, 0, 0, 0)",
            plot_bgcolor="rgba(0, 0, 0, 0)",
            hovermode="x unified",
            hoverdistance=40,
            dragmode="zoom",
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font_size": 12},
            xaxis={
                **axis,
                "title_text": "step",
                "tickformat": ",d",
                "nticks": 7,
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
    steps, fields, old, new = (column(changed, name) for name in ("step", "field", "old", "new"))
    marks = change_marks(steps, fields, old, new)
    figure.add_scatter(
        name="changed",
        **marks,
        yaxis="y2",
        mode="lines+text" if with_text else "lines",
        line={"color": MARK, "width": 1.2, "dash": "dot"},
        textposition="bottom right",
        textfont={"size": 10},
        cliponaxis=False,
        showlegend=False,
        hovertemplate="step %{x:,d}: %{text}<extra></extra>",
        meta={"window": "changed", "x": "x", "y": "y", "text": "text"},
    )


def frame_if_empty(figure: go.Figure, low: float, high: float) -> go.Figure:
    """The figure, with plain axes where there is nothing to scale them by; `low` and `high` as its y axis counts."""
    if not any(trace.x is not None and len(trace.x) for trace in figure.data):
        figure.update_layout(xaxis_range=[0, 100], yaxis_range=[low, high])
    return figure


def change_marks(
    steps: Sequence[int], fields: Sequence[str], old: Sequence[float], new: Sequence[float], *, first: int = 0
) -> dict[str, list[Any]]:
    """Each change as a line from bottom to top, and a gap after it; texts of neighbours stand at different heights.

    `first`: how many changes came before these.

    >>> change_marks([40], ["optimizer.learning_rate"], [0.001], [0.01])["text"]
    ['', 'learning rate 0.001 → 0.01', '', '']
    """
    marks: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    for place, (step, field, before, after) in enumerate(zip(steps, fields, old, new, strict=True), first):
        marks["x"] += [step, step, step, None]
        marks["y"] += [0, 1 - TEXT_ROW * (place % TEXT_ROWS), 1, None]
        marks["text"] += ["", f"{FIELDS.get(field, field)} {before:g} → {after:g}", "", ""]
    return marks


def column(frame: pd.DataFrame, name: str) -> list[Any]:
    """A column as plain numbers; empty where the frame has no such column yet."""
    return frame[name].tolist() if name in frame else []
