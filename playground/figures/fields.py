"""How far a unit's effective field reaches."""

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import DEPTH, GRID, MARK
from playground.figures.frame import LEGEND_ABOVE, frame

LINES = (  # column, name, colour, dash
    ("now", "now", DEPTH[2], "solid"),
    ("initial", "at initialization", DEPTH[4], "dash"),
    ("alike", "all pixels alike", MARK, "dot"),
)


def field_shares(shares: pd.DataFrame) -> go.Figure:
    """How much of a unit's effective field lies within a radius of the centre of its theoretical field.

    `shares` has a column `radius`, and the shares `now`, `initial` and `alike`, for a field whose pixels all count the
    same; one trace each, in this order. Without rows the axes alone.
    """
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": False, "title_standoff": 8, "rangemode": "tozero"}
    figure = go.Figure(
        layout=frame(
            "How far the effective field reaches",
            "Above the dotted line: pixels near the centre count more than those at the rim. "
            "Radius: half the side of a square around the theoretical field's centre.",
            height=240,
            margin={"l": 60, "r": 20, "t": 30, "b": 42},
            hovermode="x unified",
            legend={**LEGEND_ABOVE, "y": 1.02},
            xaxis={**axis, "title_text": "radius (pixels)", "unifiedhovertitle_text": "within %{x:.1f} pixels"},
            yaxis={**axis, "title_text": "share of the field", "tickformat": ".0%", "range": [0, 1.02]},
        )
    )
    for column, name, color, dash in LINES:
        figure.add_scatter(
            name=name,
            x=shares["radius"].tolist() if "radius" in shares else [],
            y=shares[column].tolist() if column in shares else [],
            mode="lines",
            line={"color": color, "dash": dash, "width": 1.5 if column == "alike" else 2},
            hovertemplate=f"{name} %{{y:.0%}}<extra></extra>",
        )
    if shares.empty:
        figure.update_layout(xaxis_range=[0, 14])
    return figure
