"""How alike the units of a layer are, step after step."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import add_band, arm_chart, color_of, frame_if_empty

COLUMNS = {"first": "solid", "second": "dash"}


def similarity_curves(rows: pd.DataFrame, arms: Sequence[str]) -> go.Figure:
    """Mean cosine between the units of two hidden layers: the first one's solid, the second one's dashed.

    `rows`: `arm`, `seed`, `step`, `first` and `second`.
    """
    look_for = "1: copies of one another; 0: nothing in common. Solid: layer 1, dashed: layer 2; drawn when a run ends."
    title = "Mean cosine similarity between units"
    figure = arm_chart(title, look_for, "step", "mean cosine", range=[-0.1, 1.05])
    figure.update_layout(meta={**figure.layout.meta, "is_wide": True})
    for place, arm in enumerate(arms):
        own = rows[rows["arm"] == arm]
        for column, dash in COLUMNS.items():
            said, is_first = f"{arm}, {column} layer", column == "first"
            add_band(figure, arm, own, "step", column, color_of(place), ".3f", dash, said, is_first)
    return frame_if_empty(figure)
