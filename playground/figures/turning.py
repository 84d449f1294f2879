"""The turning point on a chart: where a curve is lowest before it rises again."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import color_of
from playground.figures.colors import MARK

RISEN = 0.1  # of the lowest value; less is the wobble of a curve that goes on level


def mark_lowest(figure: go.Figure, curves: pd.DataFrame, arms: Sequence[str], column: str, x: str, word: str) -> None:
    """A ring at the lowest point of each arm's mean over seeds, where it has risen since; the first one is named.

    `curves`: `arm`, x and the column; `word`: what to call a place on the x axis.
    """
    for place, arm in enumerate(arms):
        mean = curves[curves["arm"] == arm].groupby(x)[column].mean()
        places, values = mean.index.tolist(), mean.tolist()
        low = min(values, default=0.0)
        if not values or values[-1] < (1 + RISEN) * low:
            continue
        at = places[values.index(low)]
        figure.add_scatter(
            x=[at],
            y=[low],
            mode="markers",
            marker={"symbol": "circle-open", "size": 11, "color": color_of(place), "line": {"width": 2.5}},
            showlegend=False,
            hovertemplate=f"{arm}: lowest at {word} %{{x:.3~g}}<extra></extra>",
        )
        if place == 0:
            figure.add_annotation(
                x=at, y=low, text=f"turns at {word} {at:.3g}", showarrow=True, arrowcolor=MARK, ax=30, ay=-34
            )


def mark_least(figure: go.Figure, finals: pd.DataFrame, column: str, word: str) -> None:
    """A ring, and its name, at the place of a sweep whose mean over seeds is least.

    `finals`: `at` and the column.
    """
    mean = finals.groupby("at")[column].mean()
    if mean.empty:
        return
    places, values = mean.index.tolist(), mean.tolist()
    low = min(values)
    at = places[values.index(low)]
    figure.add_scatter(
        x=[at],
        y=[low],
        mode="markers+text",
        text=[f"least at {word} {at:g}"],
        textposition="top center",
        marker={"symbol": "circle-open", "size": 13, "color": color_of(0), "line": {"width": 2.5}},
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )


def add_others(figure: go.Figure, finals: pd.DataFrame, column: str) -> None:
    """Runs beside a sweep as diamonds, a colour an arm: the mean over seeds. `finals`: `arm`, `at` and the column."""
    for place, (arm, rows) in enumerate(finals.groupby("arm", sort=False), start=1):
        figure.add_scatter(
            name=str(arm),
            x=[float(rows["at"].iloc[0])],
            y=[float(rows[column].mean())],
            mode="markers",
            marker={"symbol": "diamond", "size": 10, "color": color_of(place)},
            hovertemplate=f"{arm} %{{y:.3f}}<extra></extra>",
        )
