"""How weights have moved away from where they started."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DEPTH, GRID, MARK
from playground.figures.frame import LEGEND_ABOVE, frame, layer_axis, room_for
from playground.figures.steps import column

NOW, START = DEPTH[1], MARK
ROW = 34  # pixels
AROUND = 90  # of the rows: legend, numbers and their title
MOST_HEIGHT = 640


def weight_histogram(bins: pd.DataFrame) -> go.Figure:
    """How many of a layer's weights lie in each bin: now as bars, at the start as a line of steps over them.

    `bins`: one row a bin of equal width, `low`, `high`, and the counts `now` and `start`.
    """
    look_for = "Wider than at the start: it has learned. One tall bar: weights that were shrunk, or never moved."
    figure = bars("Distribution, now and at the start", look_for, 260)
    figure.update_layout(
        bargap=0,
        xaxis={"title": {"text": "weight", "standoff": 8}},
        yaxis={"title": {"text": "weights", "standoff": 8}, "rangemode": "tozero", "nticks": 5},
    )
    low, high = column(bins, "low"), column(bins, "high")
    now, start = column(bins, "now"), column(bins, "start")
    edges = [*low, *high[-1:]]
    figure.add_bar(
        name="now",
        x=[(one + other) / 2 for one, other in zip(low, high, strict=True)],
        y=now,
        width=[other - one for one, other in zip(low, high, strict=True)],
        customdata=list(zip(low, high, strict=True)),
        marker={"color": NOW, "line": {"width": 0}},
        opacity=0.75,
        hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g}: %{y:,} now<extra></extra>",
    )
    figure.add_scatter(
        name="start",
        x=edges,
        y=[*start, *start[-1:]],
        mode="lines",
        line={"color": START, "width": 2, "shape": "hv"},
        hovertemplate="from %{x:.3g}: %{y:,} at the start<extra></extra>",
    )
    return figure


def weight_norms(layers: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """The L2 norm of each weighted layer's weights, two bars a layer: now, and at the start.

    `layers`: one row a layer, `now` and `start`.
    """
    look_for = "L2 norm of each layer's weights. Growth without end: raise the weight decay or lower the learning rate."
    figure = bars("Norm per layer", look_for, min(AROUND + ROW * len(names), MOST_HEIGHT))
    figure.update_layout(
        margin={"l": room_for(names)},
        barmode="group",
        bargap=0.3,
        xaxis={"title": {"text": "‖w‖₂", "standoff": 8}, "rangemode": "tozero", "nticks": 5},
        yaxis=layer_axis(names, showgrid=False),
    )
    for name, color in (("now", NOW), ("start", START)):
        values = column(layers, name)
        figure.add_bar(
            name=name,
            x=values,
            y=list(names) if values else [],
            orientation="h",
            marker={"color": color, "line": {"width": 0}},
            hovertemplate=f"%{{y}}: %{{x:.4g}} {'at the start' if name == 'start' else name}<extra></extra>",
        )
    return figure


def bars(title: str, look_for: str, height: int) -> go.Figure:
    """An empty chart for bars."""
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": False}
    margin = {"l": 60, "r": 16, "t": 30, "b": 42}
    return go.Figure(
        layout=frame(title, look_for, height, margin, hovermode="closest", legend=LEGEND_ABOVE, xaxis=axis, yaxis=axis)
    )
