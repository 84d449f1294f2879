"""Accuracy over shifts of the digits: a map a network, side by side on one scale."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from playground.figures.colors import MARK, SEQUENTIAL, colorscale
from playground.figures.frame import frame

GAP = 0.04  # of the chart's width, between two maps
CHANCE = 0.1
HEIGHT = 280
LOOK_FOR = "How far colour reaches from the centre. Chance is 10 %. One colour scale for all."


def shift_heatmaps(maps: Mapping[str, Sequence[NDArray[np.float64]]], reach: int, title: str) -> go.Figure:
    """The mean over its seeds of each network's accuracy [dy, dx], shifts from -reach to reach pixels.

    An arm without a map yet has an empty place.
    """
    figure = go.Figure(
        layout=frame(
            title,
            LOOK_FOR,
            HEIGHT,
            {"l": 44, "r": 8, "t": 30, "b": 64},
            hovermode="closest",
            meta={"colors": "sequential"},
            coloraxis={
                "cmin": CHANCE,
                "cmax": 1,
                "colorscale": colorscale(SEQUENTIAL["light"]),
                "colorbar": {
                    "orientation": "h",
                    "y": -0.2,
                    "yanchor": "top",
                    "thickness": 8,
                    "tickformat": ".0%",
                    "outlinewidth": 0,
                },
            },
        )
    )
    width = (1 - GAP * (len(maps) - 1)) / max(len(maps), 1)
    steps = list(range(-reach, reach + 1))
    for place, (name, found) in enumerate(maps.items()):
        number = "" if place == 0 else str(place + 1)
        left = place * (width + GAP)
        accuracy = np.mean(found, axis=0) if len(found) else np.full((len(steps), len(steps)), np.nan)
        figure.add_heatmap(
            name=name,
            x=steps,
            y=steps,
            z=[[None if np.isnan(value) else value for value in row] for row in accuracy.tolist()],
            xaxis=f"x{number}",
            yaxis=f"y{number}",
            coloraxis="coloraxis",
            xgap=1,
            ygap=1,
            hovertemplate=f"{name}, right %{{x}}, down %{{y}}: %{{z:.1%}}<extra></extra>",
        )
        axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickvals": [-reach, 0, reach]}
        figure.update_layout(
            {
                f"xaxis{number}": {
                    **axis,
                    "domain": [left, left + width],
                    "constrain": "domain",
                    "anchor": f"y{number}",
                    "title": {"text": "right (pixels)", "standoff": 2},
                },
                f"yaxis{number}": {
                    **axis,
                    "anchor": f"x{number}",
                    "autorange": "reversed",
                    "scaleanchor": f"x{number}",
                    "constrain": "domain",
                    "showticklabels": place == 0,
                    "title": {"text": "down (pixels)" if place == 0 else "", "standoff": 2},
                },
            }
        )
        figure.add_annotation(
            text=f"<b>{name}</b>",
            x=left + width / 2,
            y=1,
            xref="paper",
            yref="paper",
            xanchor="center",
            yanchor="bottom",
            showarrow=False,
            font={"size": 12},
        )
        figure.add_scatter(
            x=[0],
            y=[0],
            xaxis=f"x{number}",
            yaxis=f"y{number}",
            mode="markers",
            marker={"symbol": "square-open", "size": 9, "color": MARK},
            showlegend=False,
            hoverinfo="skip",
        )
    return figure
