"""Activation functions with their slopes, and how long products of random matrices become."""

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from playground.figures.arms import arm_chart, color_of, frame_if_empty
from playground.figures.colors import MARK

Array = NDArray[np.float64]


def function_curves(x: Array, values: Mapping[str, Array], title: str, look_for: str, y: str) -> go.Figure:
    """Some functions over x, by name."""
    figure = arm_chart(title, look_for, "x", y)
    for place, (name, of_function) in enumerate(values.items()):
        figure.add_scatter(
            name=name,
            x=x.tolist(),
            y=of_function.tolist(),
            mode="lines",
            line={"color": color_of(place), "width": 2},
            hovertemplate=f"{name} %{{y:.3f}}<extra></extra>",
        )
    return figure


def product_curves(logs: Sequence[Sequence[float]], growth: float, deviation: float, factors: int) -> go.Figure:
    """The norm of each seed's product after each factor, on a log axis, and what theory expects of it.

    `logs`: natural logarithms, a row a seed; `growth` and `deviation` are those of one factor's. The band holds 95 % of
    all products.
    """
    look_for = "A line a seed. Dotted: theory, and the band of 95 % of products. Level at 0: the scale keeps them."
    figure = arm_chart("Product of random matrices", look_for, "factors", "log₁₀ of the norm")
    places = np.arange(1, factors + 1)
    middle, half = growth * places / log(10), 1.96 * deviation * np.sqrt(places) / log(10)
    figure.add_scatter(
        x=[*places.tolist(), *places[::-1].tolist()],
        y=[*(middle + half).tolist(), *(middle - half)[::-1].tolist()],
        fill="toself",
        fillcolor="rgba(128, 140, 152, 0.14)",
        line={"width": 0},
        mode="lines",
        showlegend=False,
        hoverinfo="skip",
    )
    for row in logs:
        figure.add_scatter(
            x=places.tolist(),
            y=(np.asarray(row) / log(10)).tolist(),
            mode="lines",
            line={"color": color_of(0), "width": 1.5},
            opacity=0.8,
            showlegend=False,
            hovertemplate="10^%{y:.1f}<extra></extra>",
        )
    figure.add_scatter(
        name="theory",
        x=places.tolist(),
        y=middle.tolist(),
        mode="lines",
        line={"color": MARK, "width": 2, "dash": "dot"},
        hovertemplate="theory 10^%{y:.1f}<extra></extra>",
    )
    return frame_if_empty(figure)
