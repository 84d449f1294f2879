"""Experiments on shared axes: a colour an arm, the mean over its seeds as a line, and their spread as a band."""

from collections.abc import Iterable, Sequence
from math import log10
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import ARMS, GRID, MARK
from playground.figures.frame import LEGEND_ABOVE, frame

Axis = Literal["step", "epoch"]
DASHES = ("solid", "dash", "dot")
HEIGHT = 280
NEAREST = 1.8  # times the tick before: their labels would overlap


def color_of(place: int) -> str:
    """The colour of the arm at a place among those compared."""
    return ARMS[place % len(ARMS)]


def arm_chart(title: str, look_for: str, x: str, y: str, **y_axis: Any) -> go.Figure:
    """Empty axes for arms; `look_for` is the line that says what to look for."""
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": False, "title_standoff": 8}
    return go.Figure(
        layout=frame(
            title,
            look_for,
            HEIGHT,
            {"l": 60, "r": 16, "t": 34, "b": 42},
            hovermode="x unified",
            legend={**LEGEND_ABOVE, "y": 1.02},
            xaxis={**axis, "title_text": x, "nticks": 6},
            yaxis={**axis, "title_text": y, "nticks": 6, **y_axis},
        )
    )


def on_log_scale(figure: go.Figure, values: pd.Series) -> go.Figure:
    """Ticks of a log axis as far apart as they can be read: 1, 2, 5 within two powers of ten, else powers alone."""
    known = values[(values > 0) & (values < float("inf"))]
    if figure.layout.yaxis.type == "log" and len(known):
        low, high = log10(known.min()), log10(known.max())
        figure.update_yaxes(nticks=0, dtick="D2" if high - low < 2 else max(1, round((high - low) / 5)))
    return figure


def arm_curves(
    curves: pd.DataFrame,
    arms: Sequence[str],
    columns: Sequence[str],
    title: str,
    look_for: str,
    y: str,
    x: Axis = "step",
    number: str = ".3f",
    **y_axis: Any,
) -> go.Figure:
    """Columns of the arms' evaluations over steps or epochs: the first column solid, the second dashed.

    `curves`: `arm`, `seed`, `step`, `epoch` and the columns.
    """
    figure = arm_chart(title, look_for, x, y, **y_axis)
    for place, arm in enumerate(arms):
        own = curves[curves["arm"] == arm]
        for column, dash in zip(columns, DASHES, strict=False):
            said = arm if len(columns) == 1 else f"{arm}, {column.split('_')[0]}"
            add_band(figure, arm, own, x, column, color_of(place), number, dash, said, in_legend=column == columns[0])
    return frame_if_empty(figure)


def difference_curves(
    curves: pd.DataFrame,
    arms: Sequence[str],
    column: str,
    title: str,
    look_for: str,
    y: str,
    x: Axis = "step",
    number: str = "+.3f",
    **y_axis: Any,
) -> go.Figure:
    """Each arm minus the first one, of the same seed each; where they were measured at other steps, interpolated."""
    figure = arm_chart(title, look_for, x, y, **y_axis)
    for place, arm in enumerate(arms[1:], start=1):
        rows = differences(curves, arms[0], arm, column, x)
        add_band(figure, f"{arm} − {arms[0]}", rows, x, column, color_of(place), number)
    figure.add_hline(y=0, line={"color": MARK, "width": 1})
    return frame_if_empty(figure)


def differences(curves: pd.DataFrame, base: str, arm: str, column: str, x: Axis) -> pd.DataFrame:
    """`seed`, x and the column: the arm minus the base of the same seed, where both were measured."""
    parts = [pd.DataFrame({"seed": [], x: [], column: []})]
    for seed, own in curves[curves["arm"] == arm].groupby("seed"):
        other = curves[(curves["arm"] == base) & (curves["seed"] == seed)]
        if len(other) and len(own):
            places = other[x].to_numpy(dtype=float)
            inside = (places >= own[x].min()) & (places <= own[x].max())
            there = np.interp(places[inside], own[x].to_numpy(dtype=float), own[column].to_numpy(dtype=float))
            found = {"seed": seed, x: places[inside], column: there - other[column].to_numpy(dtype=float)[inside]}
            parts.append(pd.DataFrame(found))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def sweep_curves(
    finals: pd.DataFrame,
    groups: Sequence[str],
    columns: Sequence[str],
    title: str,
    look_for: str,
    x: str,
    y: str,
    log_x: bool = False,
    number: str = ".3f",
    **y_axis: Any,
) -> go.Figure:
    """How columns depend on what was swept: the mean over seeds, its spread, and a ring for each run.

    `finals`: `group`, `at`, `seed` and the columns.
    """
    figure = arm_chart(title, look_for, x, y, **y_axis)
    if log_x:
        figure.update_xaxes(type="log", tickformat=",~g", tickvals=log_ticks(finals["at"]) or None)
    for place, group in enumerate(groups):
        own = finals[finals["group"] == group]
        for column, dash in zip(columns, DASHES, strict=False):
            said = group if len(columns) == 1 else f"{group}, {column.split('_')[0]}"
            if own["seed"].nunique() > 1:
                figure.add_scatter(
                    name=group,
                    legendgroup=group,
                    x=own["at"].tolist(),
                    y=own[column].tolist(),
                    mode="markers",
                    marker={"symbol": "circle-open", "size": 6, "color": color_of(place), "opacity": 0.6},
                    showlegend=False,
                    hoverinfo="skip",
                )
            is_first = column == columns[0]
            add_band(figure, group, own, "at", column, color_of(place), number, dash, said, is_first, "lines+markers")
    return frame_if_empty(figure)


def log_ticks(places: Iterable[float]) -> list[float]:
    """The places that were swept, as ticks of a log axis, without those too near to the one before.

    >>> log_ticks([500, 50, 100, 120, 500])
    [50, 100, 500]
    """
    ticks: list[float] = []
    for place in sorted(set(places)):
        if not ticks or place >= NEAREST * ticks[-1]:
            ticks.append(place)
    return ticks


def add_band(
    figure: go.Figure,
    name: str,
    rows: pd.DataFrame,
    x: str,
    column: str,
    color: str,
    number: str,
    dash: str = "solid",
    said: str = "",
    in_legend: bool = True,
    mode: str = "lines",
) -> None:
    """The mean over seeds at each x, and from the least to the most where there are several.

    Over time, only where as many seeds were measured as anywhere: a mean that loses a seed jumps without any learning.
    `name` stands in the legend, `said` beside the pointer.
    """
    spread = rows.groupby(x)[column].agg(["mean", "min", "max", "count"]).sort_index()
    if x in get_args(Axis):
        spread = spread[spread["count"] == spread["count"].max()]
    if len(spread) and spread["count"].max() > 1:
        places = spread.index.tolist()
        figure.add_scatter(
            x=[*places, *places[::-1]],
            y=[*spread["max"].tolist(), *spread["min"].tolist()[::-1]],
            fill="toself",
            fillcolor=faint(color),
            mode="lines",
            line={"width": 0},
            showlegend=False,
            hoverinfo="skip",
            name=name,
            legendgroup=name,
        )
    figure.add_scatter(
        name=name,
        x=spread.index.tolist(),
        y=spread["mean"].tolist(),
        mode=mode,
        line={"color": color, "width": 2, "dash": dash},
        marker={"color": color, "size": 6},
        showlegend=in_legend,
        legendgroup=name,
        hovertemplate=f"{said or name} %{{y:{number}}}<extra></extra>",
    )


def faint(color: str) -> str:
    """A colour that lets most of what lies below it through.

    >>> faint("#7A57B0")
    'rgba(122, 87, 176, 0.18)'
    """
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.18)"


def frame_if_empty(figure: go.Figure) -> go.Figure:
    """Plain axes where nothing has been measured yet."""
    if not any(trace.x is not None and len(trace.x) for trace in figure.data):
        figure.update_xaxes(range=[0, 100], type="linear")
        figure.update_yaxes(range=[0, 1], type="linear")
    return figure
