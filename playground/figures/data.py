"""How many digits of each class the splits hold."""

import pandas as pd
import plotly.graph_objects as go

from playground.figures.colors import GRID, TEST, TRAIN, VALIDATION

COLORS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def counts_figure(counts: pd.DataFrame) -> go.Figure:
    """Bars of the columns split, digit and count, a split beside the other; empty axes where there are no rows."""
    figure = go.Figure(
        [
            go.Bar(
                x=rows["digit"],
                y=rows["count"],
                name=name,
                marker_color=color,
                hovertemplate="%{y:,} of digit %{x}<extra>" + name + "</extra>",
            )
            for name, color in COLORS.items()
            for rows in [counts[counts["split"] == name]]
        ]
    )
    figure.update_layout(
        height=260,
        margin={"l": 50, "r": 10, "t": 10, "b": 40},
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        dragmode=False,
    )
    figure.update_xaxes(title="digit", tickvals=list(range(10)), range=[-0.6, 9.6], fixedrange=True)
    figure.update_yaxes(title="digits", gridcolor=GRID, rangemode="tozero", fixedrange=True)
    return figure
