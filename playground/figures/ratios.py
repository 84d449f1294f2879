"""How strongly each layer is pulled at for its size."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DEPTH, GRID, MARK, TRAIN
from playground.figures.frame import LEGEND_ABOVE, frame, layer_axis, room_for
from playground.figures.layers import on_log_axis
from playground.figures.steps import column

ROW = 30  # pixels
AROUND = 96  # of the rows: legend, numbers and their title
MOST_HEIGHT = 640
WEIGHT = DEPTH[4]
ALWAYS = (1e-3, 1e-1)  # on the axis: two decades, for one power of ten alone gives no scale
EDGE = 0.02  # of the width: where the ring of a zero stands


def gradient_against_weight(layers: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Two dots a layer on one log axis, the RMS of its gradient and of its weights, and their ratio beside them.

    `layers`: one row a layer, `gradient` and `weight`; not finite ones have no dot. The bar between the dots is as long
    as the ratio is far from 1. An exact zero, which a log axis has no place for, is a ring at the left edge. The axis
    reaches at least from 10⁻³ to 10⁻¹, where most networks are, so that three powers of ten are there to read it by.
    """
    figure = go.Figure(layout=layout(names))
    weights, gradients = column(layers, "weight"), column(layers, "gradient")
    rows = list(names) if gradients else []
    figure.add_scatter(
        name="between",
        **bars(rows, gradients, weights),
        mode="lines",
        line={"color": MARK, "width": 2},
        opacity=0.6,
        hoverinfo="skip",
        showlegend=False,
    )
    for name, values, color in (("gradient", gradients, TRAIN), ("weight", weights, WEIGHT)):
        figure.add_scatter(
            name=name,
            x=list(map(on_log_axis, values)),
            y=rows,
            mode="markers",
            marker={"size": 10, "color": color},
            hovertemplate=f"%{{y}}: {name} RMS %{{x:.2e}}<extra></extra>",
        )
        figure.add_scatter(
            name=f"{name} exactly 0",
            x=[EDGE for value in values if value == 0],
            y=[row for row, value in zip(rows, values, strict=True) if value == 0],
            xaxis="x2",
            mode="markers",
            marker={"size": 10, "symbol": "circle-open", "color": color, "line": {"width": 2}},
            cliponaxis=False,
            hovertemplate=f"%{{y}}: {name} exactly 0<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        name="ratio",
        x=[1.0] * len(rows),
        y=rows,
        text=[ratio_text(gradient, weight) for gradient, weight in zip(gradients, weights, strict=True)],
        xaxis="x2",
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(  # not `autorangeoptions.include`, which Plotly leaves unheeded on a log axis
        name="always on the axis",
        x=list(ALWAYS),
        y=[name for name in names[:1] for _ in ALWAYS],
        mode="none",
        hoverinfo="skip",
        showlegend=False,
    )
    if not rows:
        figure.update_layout(xaxis_range=[-6, 0])  # powers of ten
    return figure


def layout(names: Sequence[str]) -> go.Layout:
    return frame(
        "Gradient against weight",
        "The number is gradient / weight, RMS per weight. Far below its neighbours: hardly learning.",
        min(AROUND + ROW * len(names), MOST_HEIGHT),
        {"l": room_for(names), "r": 62, "t": 34, "b": 48},
        meta={"edge": EDGE},
        hovermode="closest",
        legend=LEGEND_ABOVE,
        xaxis={
            "type": "log",
            "title": {"text": "RMS per weight", "standoff": 18},
            "exponentformat": "power",
            "minorloglabels": "none",
            "nticks": 5,
            "gridcolor": GRID,
            "zeroline": False,
        },
        xaxis2={"overlaying": "x", "range": [0, 1], "visible": False, "fixedrange": True},
        yaxis=layer_axis(names, gridcolor=GRID),
    )


def bars(
    rows: Sequence[str], gradients: Sequence[float], weights: Sequence[float]
) -> dict[str, list[float | str | None]]:
    """A line from dot to dot in each row that has both, and a gap after it."""
    lines: dict[str, list[float | str | None]] = {"x": [], "y": []}
    for row, *ends in zip(rows, gradients, weights, strict=True):
        if all(on_log_axis(end) for end in ends):
            lines["x"] += [*ends, None]
            lines["y"] += [row, row, None]
    return lines


def ratio_text(gradient: float, weight: float) -> str:
    """
    >>> ratio_text(0.001, 0.1), ratio_text(0.0, 0.1), ratio_text(0.1, 0.0), ratio_text(math.nan, 0.1)
    ('0.01', '0', '∞', '–')
    """
    if not (math.isfinite(gradient) and math.isfinite(weight)):
        return "–"
    if weight == 0:
        return "∞" if gradient else "0"
    return f"{gradient / weight:.2g}".replace("e-0", "e-")
