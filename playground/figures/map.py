"""Digits where a layer puts them, in two dimensions: each point is the digit itself."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DIGITS, TRAIN
from playground.figures.frame import frame
from playground.figures.steps import column

LOOK_FOR = {
    "PCA": "Classes apart: a linear layer can tell them apart. Mixed here, they may still be apart in other "
    "directions. Rings are mistakes.",
    "t-SNE": "Neighbours stay neighbours; distances between groups, and their sizes, mean nothing. Rings are mistakes.",
}


def representation_map(points: pd.DataFrame, shares: Sequence[float] | None = None) -> go.Figure:
    """Points of the columns x, y, label, said and index, the wrong ones ringed; empty axes where there are none.

    Both axes have one scale, for a distance is the same in every direction. `shares`: of the variance along each
    principal component; without them, as for t-SNE, the axes mean nothing and have no title. The layout's `meta.colors`
    are those of the classes on light and dark, and its `meta.look_for_by_method` says what to look for in each kind of
    map; the last trace marks the chosen digit.
    """
    colors = DIGITS["light"]
    labels = column(points, "label")
    wrong = points[points["label"] != points["said"]] if len(points) else points
    figure = go.Figure(
        [
            go.Scatter(
                name="digits",
                x=column(points, "x"),
                y=column(points, "y"),
                text=[str(label) for label in labels],
                customdata=column(points, "index"),
                mode="text",
                textfont={"size": 12, "weight": 600, "color": [colors[label] for label in labels]},
                hoverinfo="none",  # the page shows the digit's picture
            ),
            ring("wrong", wrong, color="#1B2733", width=1.4, size=18),
            ring("chosen", points[:0], color=TRAIN, width=3, size=24),
        ]
    )
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "automargin": False}
    titles = [f"PC {place} ({100 * share:.0f} % of the variance)" for place, share in enumerate(shares or (), 1)] or [
        "",
        "",
    ]
    figure.layout = frame(
        "Map of a layer",
        LOOK_FOR["PCA"],
        height=460,
        margin={"l": 24, "r": 8, "t": 8, "b": 24},
        meta={"colors": DIGITS, "look_for_by_method": LOOK_FOR},
        showlegend=False,
        hovermode="closest",
        dragmode="zoom",
        xaxis={**axis, "title": {"text": titles[0]}},
        yaxis={**axis, "title": {"text": titles[1]}, "scaleanchor": "x"},
    )
    figure.update_layout(template=None)  # of the default one, 7 kB, nothing would show
    if not len(points):
        figure.update_layout(xaxis_range=[-1, 1], yaxis_range=[-1, 1])
    return figure


def ring(name: str, points: pd.DataFrame, color: str, **style: Any) -> go.Scatter:
    marker = {"symbol": "circle-open", "size": style["size"], "line": {"width": style["width"]}, "color": color}
    return go.Scatter(
        name=name, x=column(points, "x"), y=column(points, "y"), mode="markers", marker=marker, hoverinfo="skip"
    )
