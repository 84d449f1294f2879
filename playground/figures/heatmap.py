"""Gradients of all layers at once: a row a layer, a column a step."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import GRID, MARK, SEQUENTIAL, colorscale
from playground.figures.frame import layer_axis, room_for
from playground.figures.layers import on_log_axis
from playground.figures.steps import add_changes, column, frame_if_empty, step_chart

# Powers of ten. The same ones in every run: one colour is one magnitude.
VANISHED, EXPLODED = -8, 0
ROW = 30  # pixels
LEAST_HEIGHT, MOST_HEIGHT = 200, 420
AROUND = 100  # of the rows: colour bar, steps and their title


def gradient_heatmap(
    layers: pd.DataFrame, names: Sequence[str], changed: pd.DataFrame, at: int | None = None
) -> go.Figure:
    """RMS of the gradient per weight as colour, on a log scale: the first layer at the top, `at` a line at that step.

    `layers` is the journal's table, as in `layers.gradients`. A ring is exactly 0, a cross is not finite (NaN or
    infinite): colours have no place for them.
    """
    look_for = "Faint: vanishing. Strongest: exploding. A ring is exactly 0, a cross not finite. Log scale."
    figure = step_chart("RMS, layer by layer", look_for, "")
    height = min(max(AROUND + ROW * len(names), LEAST_HEIGHT), MOST_HEIGHT)
    figure.update_layout(
        height=height,
        margin={"l": room_for(names), "t": 34},
        hovermode="closest",
        xaxis_title_standoff=20,
        yaxis=layer_axis(names, showgrid=False, nticks=0),
    )
    steps, rows = column(layers, "step"), column(layers, "gradient")
    by_layer = [[row[layer] for row in rows] for layer in range(len(names))] if steps else []
    found = [
        (step, name, row[layer]) for layer, name in enumerate(names) for step, row in zip(steps, rows, strict=True)
    ]
    figure.add_heatmap(
        name="gradient RMS",
        x=steps,
        y=list(names) if steps else [],
        z=[[power(value) for value in values] for values in by_layer],
        zmin=VANISHED,
        zmax=EXPLODED,
        colorscale=colorscale(SEQUENTIAL["light"]),
        colorbar={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": 1,
            "yanchor": "bottom",
            "ypad": 6,
            "thickness": 8,
            "len": 1,
            "outlinecolor": GRID,
            "tickvals": list(range(VANISHED, EXPLODED + 1, 2)),
            "ticktext": ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1"],
        },
        customdata=by_layer,
        hoverongaps=False,
        hovertemplate="%{y}, step %{x:,d}: %{customdata:.2e}<extra></extra>",
        meta={"window": "gradient"},
    )
    add_marks(figure, "exactly 0", "circle-open", [(step, name) for step, name, value in found if value == 0])
    lost = [(step, name) for step, name, value in found if not math.isfinite(value)]
    add_marks(figure, "not finite", "x-thin-open", lost)
    add_changes(figure, changed)
    figure.add_scatter(
        name="shown",
        x=[] if at is None else [at, at],
        y=[] if at is None else [0, 1],
        yaxis="y2",
        mode="lines",
        line={"color": MARK, "width": 2},
        showlegend=False,
        hoverinfo="skip",
    )
    return frame_if_empty(figure, len(names) - 0.5, -0.5)


def power(value: float) -> float | None:
    """log10 of a magnitude; None for 0, infinity and NaN.

    >>> power(0.01), power(0.0), power(math.inf)
    (-2.0, None, None)
    """
    positive = on_log_axis(value)
    return None if positive is None else math.log10(positive)


def add_marks(figure: go.Figure, name: str, symbol: str, places: Sequence[tuple[int, str]]) -> None:
    figure.add_scatter(
        name=name,
        x=[step for step, _ in places],
        y=[layer for _, layer in places],
        mode="markers",
        marker={"symbol": symbol, "size": 6, "color": MARK, "line": {"width": 1.5, "color": MARK}},
        showlegend=False,
        hovertemplate=f"%{{y}}, step %{{x:,d}}: {name}<extra></extra>",
    )
