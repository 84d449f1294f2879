"""How long the gradient is, beside the norm at which it is clipped."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from playground.figures.arms import add_band, arm_chart, color_of, frame_if_empty
from playground.figures.colors import MARK


def norm_curves(rows: pd.DataFrame, arms: Sequence[str], clip_norm: float) -> go.Figure:
    """The norm of each arm's gradient over steps, on a log axis; those above the dotted line are clipped in one arm.

    `rows`: `arm`, `seed`, `step` and `norm`; an exact zero, which a log axis has no place for, is left out.
    """
    look_for = "L2 norm by all weights, as backpropagation finds it. Dotted: what the clipped arm shortens it to."
    figure = arm_chart("Norm of the gradient", look_for, "step", "norm", type="log", exponentformat="power", nticks=7)
    figure.update_layout(meta={**figure.layout.meta, "is_wide": True})
    shown = rows[rows["norm"] > 0]
    for place, arm in enumerate(arms):
        add_band(figure, arm, shown[shown["arm"] == arm], "step", "norm", color_of(place), ".3g", mode="lines+markers")
    if len(shown):
        figure.add_hline(y=clip_norm, line={"color": MARK, "width": 1.5, "dash": "dot"})
    return frame_if_empty(figure)
