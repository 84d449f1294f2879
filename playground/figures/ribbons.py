"""Ten probabilities of one digit over the steps, as bands that lie on one another."""

from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DIGITS, MARK, rgb
from playground.figures.steps import column, step_chart

OPACITY = {"label": 1.0, "other": 0.35, "even": 0.75}  # of the label's band, of the others, of all where there is none
START = 0.5  # where a log axis has its place for step 0
POWERS = tuple(10**power for power in range(7))
LOG_AXIS: dict[str, Any] = {
    "type": "log",
    "autorangeoptions": {"minallowed": -0.35},  # in powers of ten
    "tickmode": "array",
    "tickvals": [START, *POWERS],
    "ticktext": ["0", *(f"{power:,}" for power in POWERS)],
}

StepAxis = Literal["linear", "log"]


def ribbons(
    answers: pd.DataFrame, label: int | None = None, first: int | None = None, axis: StepAxis = "linear"
) -> go.Figure:
    """Columns `step` and "0" … "9" as bands from 0 upwards; ten bands and a mark without points where there are none.

    The label's band is strong and the others faint. `first`: the step at which the label was first the answer, marked
    from bottom to top. On a log axis step 0 stands at 0.5. Traces: ten bands in the order of digits, then the mark.
    For a browser `meta` has the bands' colours and opacity, and what a log axis is made of.
    """
    look_for = (
        "Each band is a digit's probability at the kept steps, in eval mode; the strong one is the label's. "
        "▼: right for the first time."
    )
    figure = step_chart("Probabilities", look_for, "probability", tickformat=".0%", rangemode="tozero")
    steps = column(answers, "step")
    for digit, color in enumerate(DIGITS["light"]):
        figure.add_scatter(
            name=str(digit),
            x=on_axis(steps, axis),
            y=column(answers, str(digit)),
            customdata=steps,
            mode="lines",
            stackgroup="probability",
            line={"color": color, "width": 0},
            fillcolor=see_through(color, OPACITY[part(digit, label)]),
            hovertemplate=f"{digit}: %{{y:.1%}} at step %{{customdata:,d}}<extra></extra>",
        )
    marked = [first] * 2 if first is not None else []
    figure.add_scatter(
        name="first right",
        x=on_axis(marked, axis),
        y=[0, 1] if marked else [],
        customdata=marked,
        yaxis="y2",
        mode="lines+markers",
        line={"color": MARK, "width": 1.5},
        marker={"color": MARK, "symbol": "triangle-down", "size": [0, 10]},
        cliponaxis=False,
        hovertemplate="right for the first time at step %{customdata:,d}<extra></extra>",
    )
    figure.update_layout(
        meta={**figure.layout.meta, "colors": DIGITS, "opacity": OPACITY, "start": START, "log_axis": LOG_AXIS},
        height=150,
        margin={"l": 62, "r": 14, "t": 12, "b": 38},
        hovermode="closest",
        showlegend=False,
        dragmode=False,
        yaxis={"nticks": 3, "autorangeoptions": {"include": [0, 1]}},  # ten sigmoids may reach higher
    )
    if axis == "log":
        figure.layout.xaxis.autorangeoptions = None
        figure.update_layout(xaxis=LOG_AXIS)
    if not steps:
        figure.update_layout(xaxis_range=[0, 100] if axis == "linear" else [-0.35, 2], yaxis_range=[0, 1])
    return figure


def part(digit: int, label: int | None) -> str:
    return "even" if label is None else "label" if digit == label else "other"


def on_axis(steps: list[int], axis: StepAxis) -> list[float]:
    """
    >>> on_axis([0, 8], "log")
    [0.5, 8]
    """
    return [max(step, START) for step in steps] if axis == "log" else [*steps]


def see_through(color: str, opacity: float) -> str:
    """
    >>> see_through("#0072B2", 0.4)
    'rgba(0, 114, 178, 0.4)'
    """
    red, green, blue = rgb(color)
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
