"""The charts of the live board, without data: the browser fills them."""

import json
from functools import cache
from typing import Any

import pandas as pd

from playground.figures import curves, layers

EMPTY = pd.DataFrame()


@cache
def board_figures(names: tuple[str, ...], with_penalty: bool) -> list[dict[str, Any]]:
    """Loss, accuracy, gradients, updates and learning rate as Plotly's JSON; `names` are the weighted layers'."""
    charts = [
        curves.loss(EMPTY, EMPTY, EMPTY, with_penalty),
        curves.accuracy(EMPTY, EMPTY, EMPTY),
        layers.gradients(EMPTY, names, EMPTY),
        layers.updates(EMPTY, names, EMPTY),
        curves.learning_rate(EMPTY, EMPTY),
    ]
    return [json.loads(chart.to_json()) for chart in charts]
