"""Polynomials through noisy points: the curves, their errors, and how penalties draw coefficients to zero.

All figures take what a worker answered (see `training/polynomial_study.py`), or None before that.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import add_band, arm_chart, color_of, frame_if_empty
from playground.figures.colors import DEPTH, MARK, TEST, TRAIN, VALIDATION, between

Study = dict[str, Any] | None
LIMIT = 2.2  # of the y axis: a curve that shoots out is cut off


def polynomial_curves(study: Study, degrees: Sequence[int], title: str, look_for: str, **meta: Any) -> go.Figure:
    """Fits of some degrees among the points that they were trained on, and the true cubic."""
    figure = arm_chart(title, look_for, "x", "y", range=[-LIMIT, LIMIT])
    figure.update_layout(meta={**figure.layout.meta, **meta}, hovermode="closest")
    figure.update_xaxes(range=[-1.02, 1.02])
    if study is None:
        return figure
    grid, first = study["grid"], study["fits"][0]["seed"]
    figure.add_scatter(
        name="training points",
        **study["points"],
        mode="markers",
        marker={"color": MARK, "size": 7},
        hovertemplate="x %{x:.2f}, y %{y:.2f}<extra></extra>",
    )
    figure.add_scatter(
        name="4x³ − 3x",
        x=grid["x"],
        y=grid["truth"],
        mode="lines",
        line={"color": MARK, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    curves = {one["degree"]: one["curve"] for one in study["fits"] if one["seed"] == first}
    for place, degree in enumerate(degrees):
        figure.add_scatter(
            name=f"degree {degree}",
            x=grid["x"],
            y=curves[degree],
            mode="lines",
            line={"color": color_of(place), "width": 2},
            hovertemplate=f"degree {degree}: %{{y:.3f}}<extra></extra>",
        )
    return figure


def degree_errors(study: Study, noise: float) -> go.Figure:
    """Mean squared error on the training points and on others of two kinds, over the degree; the noise as a line."""
    figure = arm_chart(
        "Error against degree",
        "Validation error, on 1,000 other points, chooses the degree; test error, on 1,000 more, is only reported. "
        "Where they turn, the curve follows the noise.",
        *("degree", "mean squared error"),
        type="log",
        tickformat="~g",
    )
    fits = pd.DataFrame(
        study["fits"] if study else {"degree": [], "train_error": [], "validation_error": [], "test_error": []}
    )
    add_band(figure, "train", fits, "degree", "train_error", TRAIN, ".3g", mode="lines+markers")
    add_band(figure, "validation", fits, "degree", "validation_error", VALIDATION, ".3g", mode="lines+markers")
    add_band(figure, "test", fits, "degree", "test_error", TEST, ".3g", mode="lines+markers")
    if study and noise:
        figure.add_hline(
            y=noise**2,
            line={"color": MARK, "width": 1, "dash": "dot"},
            annotation={"text": "the noise itself", "font": {"size": 11}},
        )
    return figure if study else frame_if_empty(figure)


def penalty_path(study: Study, kind: str, title: str, look_for: str) -> go.Figure:
    """Each coefficient over the strength of the penalty: ours as a line, scikit-learn's as rings on it."""
    figure = arm_chart(title, look_for, "strength λ of the penalty", "coefficient")
    figure.update_layout(hovermode="closest", showlegend=True)
    figure.update_xaxes(type="log", tickformat="~g", dtick=1)
    if not study:
        return frame_if_empty(figure)
    found = study[kind]
    columns = list(zip(*found["ours"], strict=True))
    theirs = list(zip(*found["theirs"], strict=True))
    for place, (mine, other) in enumerate(zip(columns, theirs, strict=True)):
        color = between(DEPTH, place / max(len(columns) - 1, 1))
        figure.add_scatter(
            name="ours",
            legendgroup="ours",
            showlegend=place == 0,
            x=found["strengths"],
            y=mine,
            mode="lines",
            line={"color": color, "width": 1.8},
            hovertemplate=f"P{place + 1}: %{{y:.3f}} at λ %{{x:.3g}}<extra></extra>",
        )
        figure.add_scatter(
            name="scikit-learn",
            legendgroup="scikit-learn",
            showlegend=place == 0,
            x=found["strengths"][::3],
            y=other[::3],
            mode="markers",
            marker={"symbol": "circle-open", "size": 6, "color": color},
            hoverinfo="skip",
        )
    return figure


def penalty_errors(study: Study, degree: int) -> go.Figure:
    """Validation error over the strength, which is chosen by it, and train error: ridge and lasso."""
    figure = arm_chart(
        "Validation error against strength",
        f"Degree {degree}. Too weak: it follows the noise. Too strong: it can't follow the cubic. Dashed: train.",
        *("strength λ of the penalty", "mean squared error"),
        type="log",
        tickformat="~g",
        dtick="D2",
    )
    figure.update_xaxes(type="log", tickformat="~g", dtick=1)
    if not study:
        return frame_if_empty(figure)
    for place, kind in enumerate(("ridge", "lasso")):
        for column, dash in (("validation_error", "solid"), ("train_error", "dash")):
            figure.add_scatter(
                name=kind,
                legendgroup=kind,
                showlegend=dash == "solid",
                x=study[kind]["strengths"],
                y=study[kind][column],
                mode="lines",
                line={"color": color_of(place), "width": 2, "dash": dash},
                hovertemplate=f"{kind}, {column.split('_')[0]} %{{y:.3g}}<extra></extra>",
            )
    return figure
