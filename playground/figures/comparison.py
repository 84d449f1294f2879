"""Lines that are compared, on shared axes: the smoothed one, the raw one behind it, and the spread over seeds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from playground.figures.arms import arm_chart, color_of, faint, frame_if_empty, on_log_scale
from playground.figures.colors import MARK

DASHES = ("solid", "dash", "dot")
SAME_DASH = 4  # neighbouring lines
PALE = 0.28
AXES = {"step": "step", "epoch": "epoch", "seconds": "seconds of training, by each run's mean speed"}


def style_of(place: int) -> tuple[str, str]:
    """(colour, dash) of the line at a place; no two of the first twelve have both in common.

    >>> style_of(0), style_of(5)
    (('#7A57B0', 'solid'), ('#7B8C1E', 'dash'))
    """
    return color_of(place), DASHES[place // SAME_DASH % len(DASHES)]


def compared_curves(
    lines: Mapping[str, tuple[int, pd.DataFrame]],
    x: str,
    y: str,
    title: str,
    look_for: str,
    is_smoothed: bool = False,
    is_difference: bool = False,
    number: str = ".4g",
    **y_axis: Any,
) -> go.Figure:
    """`lines`: name → (its place among those compared, `x`, `mean`, `low`, `high`, `raw` and `count`).

    A difference has a line at 0. Names stand beside the pointer; the page has the legend.
    """
    figure = arm_chart(title, look_for, AXES[x], y, **y_axis)
    figure.update_layout(showlegend=False, margin_t=14, hoverlabel_namelength=-1)
    for name, (place, table) in lines.items():
        color, dash = style_of(place)
        if len(table) and table["count"].max() > 1:
            add_spread(figure, table, x, color)
        if is_smoothed and not is_difference:
            add_raw(figure, table, x, color)
        figure.add_scatter(
            name=name,
            x=numbers(table[x]),
            y=numbers(table["mean"]),
            mode="lines",
            line={"color": color, "width": 2, "dash": dash},
            hovertemplate=f"{name} %{{y:{number}}}<extra></extra>",
        )
    if is_difference:
        figure.add_hline(y=0, line={"color": MARK, "width": 1})
    means = [table["mean"] for _, table in lines.values()]
    return on_log_scale(frame_if_empty(figure), pd.concat(means) if means else pd.Series(dtype=float))


def add_spread(figure: go.Figure, table: pd.DataFrame, x: str, color: str) -> None:
    """From the least to the most over seeds."""
    whole = table.dropna(subset=["low", "high"])
    places = numbers(whole[x])
    figure.add_scatter(
        x=np.concatenate([places, places[::-1]]),
        y=np.concatenate([numbers(whole["high"]), numbers(whole["low"])[::-1]]),
        fill="toself",
        fillcolor=faint(color),
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
    )


def add_raw(figure: go.Figure, table: pd.DataFrame, x: str, color: str) -> None:
    """What was recorded, pale behind the smoothed line."""
    figure.add_scatter(
        x=numbers(table[x]),
        y=numbers(table["raw"]),
        mode="lines",
        line={"color": color, "width": 1},
        opacity=PALE,
        hoverinfo="skip",
    )


def numbers(values: pd.Series) -> NDArray[np.float32]:
    """An array, which Plotly takes and sends as it is: of a list it looks at each number. NaN is a gap."""
    return values.to_numpy(dtype=np.float32)
