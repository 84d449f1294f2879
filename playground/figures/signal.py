"""The signal from layer to layer, measured and expected, an arm a colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from playground.figures.arms import add_band, arm_chart, color_of, faint, frame_if_empty
from playground.figures.colors import MARK
from playground.figures.frame import frame

EDGE = 0.03  # of the height: where the marks of numbers stand that a log axis has no place for
ROW = 84  # pixels
AROUND = 74
ROW_TITLE = {"x": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "font_size": 11, "showarrow": False}
SHARES = {"saturated": "solid", "dead": "dash"}


def layer_curves(
    rows: pd.DataFrame, theory: pd.DataFrame, arms: Sequence[str], column: str, title: str, look_for: str, y: str
) -> go.Figure:
    """A column over the hidden layers on a log axis: dots are measured, lines are what theory expects.

    `rows`: `arm`, `seed`, `layer` and the column; `theory` likewise without a seed. An exact zero is a triangle at the
    bottom edge, a number that isn't finite one at the top.
    """
    figure = arm_chart(title, look_for, "hidden layer", y, type="log", exponentformat="power", nticks=7)
    figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})
    for place, arm in enumerate(arms):
        own, color = rows[rows["arm"] == arm], color_of(place)
        is_shown = own[column].map(lambda value: isfinite(value) and value > 0).astype(bool)
        add_band(figure, arm, own[is_shown], "layer", column, color, ".3g", mode="markers")
        add_marks(figure, arm, own[own[column] == 0], EDGE, "triangle-down", "exactly 0", color)
        add_marks(figure, arm, own[~is_shown & (own[column] != 0)], 1 - EDGE, "triangle-up", "not a number", color)
        wanted = theory[(theory["arm"] == arm) & (theory[column] > 0)]
        figure.add_scatter(
            x=wanted["layer"].tolist(),
            y=wanted[column].tolist(),
            mode="lines",
            line={"color": color, "width": 1.5},
            legendgroup=arm,
            name=f"{arm}, theory",
            showlegend=False,
            hovertemplate=f"{arm}, theory %{{y:.3g}}<extra></extra>",
        )
    line = {"color": MARK, "width": 1.5}
    figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name="theory", hoverinfo="skip")
    return with_whole_layers(frame_if_empty(figure), theory if len(theory) else rows)


def add_marks(
    figure: go.Figure, arm: str, rows: pd.DataFrame, height: float, symbol: str, said: str, color: str
) -> None:
    if len(rows):
        layers = sorted(set(rows["layer"]))
        figure.add_scatter(
            name=arm,
            x=layers,
            y=[height] * len(layers),
            yaxis="y2",
            mode="markers",
            marker={"symbol": symbol, "size": 8, "color": color},
            legendgroup=arm,
            showlegend=False,
            cliponaxis=False,
            hovertemplate=f"{arm} {said}<extra></extra>",
        )


def share_curves(rows: pd.DataFrame, arms: Sequence[str]) -> go.Figure:
    """Which share of each layer has stopped passing gradient: saturated values solid, dead units dashed."""
    look_for = "Solid: tanh or sigmoid values with hardly a slope. Dashed: ReLU units that are 0 for all digits."
    figure = arm_chart(
        "Saturated values, dead units", look_for, "hidden layer", "share", range=[-0.03, 1.03], tickformat=".0%"
    )
    for place, arm in enumerate(arms):
        own = rows[rows["arm"] == arm]
        for column, dash in SHARES.items():
            told = own[own[column].notna()].astype({column: float})
            if len(told):
                add_band(figure, arm, told, "layer", column, color_of(place), ".1%", dash, f"{arm}, {column}")
    return with_whole_layers(frame_if_empty(figure), rows)


def with_whole_layers(figure: go.Figure, rows: pd.DataFrame) -> go.Figure:
    if len(rows):
        last = int(rows["layer"].max())
        figure.update_xaxes(range=[1 - 0.02 * last, 1.02 * last], tickformat=",d", nticks=min(last, 8) + 1)
    return figure


@dataclass(frozen=True)
class Panel:
    """The histogram of one layer of one arm: counts in equal bins from low to high."""

    arm: str
    layer: int
    deviation: float
    low: float
    high: float
    counts: tuple[float, ...]


def histograms(panels: Sequence[Panel], arms: Sequence[str], layers: Sequence[int]) -> go.Figure:
    """Small multiples, a row an arm, a column a layer: each over its own range, with its standard deviation σ."""
    return drawn_histograms(tuple(panels), tuple(arms), tuple(layers))


@lru_cache(maxsize=32)  # they take a tenth of a second, and stay as they are while training goes on
def drawn_histograms(panels: Sequence[Panel], arms: Sequence[str], layers: Sequence[int]) -> go.Figure:
    look_for = "Each over its own range, zeros left out. Heaps at both ends: saturated. A σ that drifts away: lost."
    title = "What leaves the layers before training"
    places = {(panel.arm, panel.layer): panel for panel in panels}
    figure = make_subplots(
        max(len(arms), 1),
        max(len(layers), 1),
        column_titles=[f"layer {layer}" for layer in layers],
        horizontal_spacing=0.015,
        vertical_spacing=0.45 / max(len(arms), 1),
    )
    height = AROUND + ROW * max(len(arms), 1)
    figure.update_layout(
        frame(title, look_for, height, {"l": 8, "r": 8, "t": 40, "b": 20}, meta={"is_wide": True}, showlegend=False)
    )
    figure.update_annotations(font_size=12, yshift=14)  # the titles of the columns, above those of the rows
    figure.update_xaxes(showgrid=False, zeroline=False, showticklabels=False)
    figure.update_yaxes(showgrid=False, zeroline=False, visible=False, rangemode="tozero")
    for row, arm in enumerate(arms, start=1):
        top = next(figure.select_yaxes(row=row, col=1)).domain[1]
        figure.add_annotation(text=arm, y=top, yanchor="bottom", **ROW_TITLE)
        for column, layer in enumerate(layers, start=1):
            panel = places.get((arm, layer))
            if panel is not None:
                add_panel(figure, panel, row, column, color_of(row - 1))
    return figure


def add_panel(figure: go.Figure, panel: Panel, row: int, column: int, color: str) -> None:
    bins = len(panel.counts)
    edges = [panel.low + (panel.high - panel.low) * place / bins for place in range(bins + 1)]
    figure.add_scatter(
        name=f"{panel.arm}, layer {panel.layer}",
        x=edges,
        y=[*panel.counts, 0],
        mode="lines",
        line={"color": color, "width": 1, "shape": "hv"},
        fill="tozeroy",
        fillcolor=faint(color),
        hovertemplate=f"{panel.arm}, layer {panel.layer}: %{{y:,d}} values from %{{x:.3g}}<extra></extra>",
        row=row,
        col=column,
    )
    sigma = f"σ {panel.deviation:.2g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    figure.update_xaxes(title={"text": sigma, "font_size": 11, "standoff": 2}, row=row, col=column)
