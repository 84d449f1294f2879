"""The charts of page Inside, without data: the browser fills them."""

import json
from functools import cache
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from playground.figures import fields, heatmap, layers, map, ratios, ribbons, weights

EMPTY = pd.DataFrame()


@cache
def inside_figures(panel: str, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """A panel's charts as Plotly's JSON, by the names that it knows; `names` are the weighted layers'."""
    match panel:
        case "gradients":
            charts = {
                "gradients": renamed(layers.gradients(EMPTY, names, EMPTY), "RMS per layer"),
                "heatmap": heatmap.gradient_heatmap(EMPTY, names, EMPTY),
                "ratios": ratios.gradient_against_weight(EMPTY, names),
            }
        case "weights":
            charts = {"histogram": weights.weight_histogram(EMPTY), "norms": weights.weight_norms(EMPTY, names)}
        case "field":
            charts = {"field": fields.field_shares(EMPTY)}
        case "drawing":
            charts = {"ribbons": ribbons.ribbons(EMPTY)}
        case "map":
            charts = {"map": map.representation_map(EMPTY)}
        case _:
            charts = {}
    return {name: json.loads(chart.to_json()) for name, chart in charts.items()}


def renamed(chart: go.Figure, title: str) -> go.Figure:
    """The chart under another title: the section above it says what it is of."""
    return chart.update_layout(meta={**chart.layout.meta, "title": title})
