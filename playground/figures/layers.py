"""How strongly training pulls at each weighted layer, over steps."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DEPTH, MARK, colorscale, layer_palette
from playground.figures.steps import add_changes, add_line, column, frame_if_empty, step_chart


def gradients(layers: pd.DataFrame, names: Sequence[str], changed: pd.DataFrame) -> go.Figure:
    """RMS of the gradient per weight, one line a layer, on a log axis; zeros are rings at the bottom.

    `layers` is the journal's table: `step`, and `gradient` with one number a layer in each row.
    """
    look_for = (
        "Lines far apart: some layers hardly learn. RMS per weight, log scale; a ring at the bottom is exactly 0."
    )
    return layer_chart("Gradients per layer", look_for, "gradient RMS", layers, "gradient", names, changed)


def updates(layers: pd.DataFrame, names: Sequence[str], changed: pd.DataFrame) -> go.Figure:
    """Size of each step relative to the weights, RMS(Δw)/RMS(w), one line a layer; faint guide at 1e-3."""
    look_for = (
        "About 10⁻³ a step (the faint line) is healthy, far above it unstable. A ring at the bottom is exactly 0."
    )
    figure = layer_chart("Updates / weights", look_for, "RMS(Δw) / RMS(w)", layers, "update", names, changed)
    figure.add_shape(
        type="line",
        xref="paper",
        x0=0,
        x1=1,
        y0=1e-3,
        y1=1e-3,
        line={"color": MARK, "width": 1},
        opacity=0.55,
        layer="below",
    )
    return figure


def layer_chart(
    title: str, look_for: str, y: str, layers: pd.DataFrame, name: str, names: Sequence[str], changed: pd.DataFrame
) -> go.Figure:
    figure = step_chart(title, look_for, y, type="log", exponentformat="power", minorloglabels="complete", nticks=3)
    palette = layer_palette(len(names))
    steps, rows = column(layers, "step"), column(layers, name)
    for index, (layer, color) in enumerate(zip(names, palette, strict=True)):
        frame = pd.DataFrame({"step": steps, str(index): [on_log_axis(row[index]) for row in rows]})
        add_line(figure, layer, frame, str(index), name, color, ".2e", width=1.6)
    figure.add_scatter(
        name="exactly 0",
        **zero_marks(zip(steps, rows, strict=True), names),
        yaxis="y2",
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 6,
            "colorscale": colorscale(DEPTH),
            "cmin": 0,
            "cmax": max(len(names) - 1, 1),
        },
        showlegend=False,
        hovertemplate="%{text} exactly 0<extra></extra>",
        meta={"window": f"{name} zero", "x": "x", "y": "y", "text": "text", "marker.color": "layer"},
    )
    add_changes(figure, changed)
    return frame_if_empty(figure, -5, -1)  # powers of ten


def on_log_axis(value: float) -> float | None:
    """The value where a log axis has a place for it; None for 0, infinity and NaN."""
    return value if 0 < value < math.inf else None


def zero_marks(rows: Iterable[tuple[int, Sequence[float]]], names: Sequence[str]) -> dict[str, Any]:
    """A mark for each layer and step where the number is exactly 0, which a log axis can't show.

    Marks of one layer lie in one row at the bottom of the chart: `y` is a share of its height.

    >>> zero_marks([(5, (0.1, 0.0))], ["Linear #1", "Head"])["text"]
    ['Head']
    """
    found = [(step, layer) for step, row in rows for layer, value in enumerate(row) if value == 0]
    height = min(0.04, 0.25 / max(len(names), 1))
    return {
        "x": [step for step, _ in found],
        "y": [0.025 + height * layer for _, layer in found],
        "text": [names[layer] for _, layer in found],
        "marker_color": [layer for _, layer in found],
    }
