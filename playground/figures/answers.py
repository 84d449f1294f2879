"""What networks answer to one digit, side by side."""

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import color_of
from playground.figures.colors import GRID, MARK
from playground.figures.frame import LEGEND_ABOVE, frame


def answer_bars(found: pd.DataFrame) -> go.Figure:
    """Probabilities of the ten classes, a bar a network and class; a tick where each was before the move.

    `found`: one row a network and class, `network`, `digit`, `now` and `before`.
    """
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": False, "title_standoff": 8, "fixedrange": True}
    figure = go.Figure(
        layout=frame(
            "Both answers",
            "Bars: the moved digit. Lines: the same digit where it was.",
            250,
            {"l": 60, "r": 16, "t": 34, "b": 42},
            barmode="group",
            bargap=0.25,
            hovermode="x unified",
            legend={**LEGEND_ABOVE, "y": 1.02},
            meta={"is_wide": True},
            xaxis={**axis, "title_text": "class", "tickvals": list(range(10)), "showgrid": False, "range": [-0.5, 9.5]},
            yaxis={**axis, "title_text": "probability", "tickformat": ".0%", "range": [0, 1.02]},
        )
    )
    for place, (name, rows) in enumerate(found.groupby("network", sort=False)):
        figure.add_bar(
            name=name,
            x=rows["digit"].tolist(),
            y=rows["now"].tolist(),
            offsetgroup=name,
            marker={"color": color_of(place), "line": {"width": 0}},
            hovertemplate=f"{name} %{{y:.1%}}<extra></extra>",
        )
    networks = list(dict.fromkeys(found["network"]))
    for place, name in enumerate(networks):
        rows = found[found["network"] == name]
        shift = (place - (len(networks) - 1) / 2) * 0.75 / max(len(networks), 1)
        figure.add_scatter(
            name=f"{name}, unmoved",
            x=[digit + shift for digit in rows["digit"]],
            y=rows["before"].tolist(),
            mode="markers",
            marker={"symbol": "line-ew", "size": 14, "line": {"width": 2, "color": MARK}},
            showlegend=False,
            hovertemplate=f"{name}, unmoved %{{y:.1%}}<extra></extra>",
        )
    return figure
