"""Gradient beside weight, layer by layer."""

import json
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from playground.figures.ratios import gradient_against_weight

NAMES = ("Conv2d #1", "Linear #1", "Head")
NOTHING = pd.DataFrame()
LAYERS = pd.DataFrame({"gradient": [1e-4, 0.0, 0.02], "weight": [0.1, 0.2, 0.0]})


def trace(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def test_each_layer_has_a_dot_for_its_gradient_and_one_for_its_weights() -> None:
    figure = gradient_against_weight(LAYERS, NAMES)
    for name in ("gradient", "weight"):
        dots = trace(figure, name)
        assert list(dots.y) == list(NAMES)
        assert [x or 0.0 for x in dots.x] == LAYERS[name].tolist()
    assert figure.layout.xaxis.type == "log"


def test_an_exact_zero_is_a_ring_at_the_left_edge_and_no_dot() -> None:
    figure = gradient_against_weight(LAYERS, NAMES)
    assert list(trace(figure, "gradient exactly 0").y) == ["Linear #1"]
    assert list(trace(figure, "weight exactly 0").y) == ["Head"]
    assert trace(figure, "gradient").x[1] is None


def test_the_bar_between_joins_the_dots_of_layers_that_have_both() -> None:
    bar = trace(gradient_against_weight(LAYERS, NAMES), "between")
    assert list(bar.x) == [1e-4, 0.1, None]
    assert list(bar.y) == ["Conv2d #1", "Conv2d #1", None]


def test_the_ratio_is_written_beside_each_layer() -> None:
    assert list(trace(gradient_against_weight(LAYERS, NAMES), "ratio").text) == ["0.001", "0", "∞"]


def test_what_is_not_finite_has_no_dot_and_no_ratio() -> None:
    figure = gradient_against_weight(pd.DataFrame({"gradient": [math.nan], "weight": [0.1]}), NAMES[:1])
    assert list(trace(figure, "gradient").x) == [None]
    assert list(trace(figure, "ratio").text) == ["–"]
    assert not trace(figure, "gradient exactly 0").x


@pytest.mark.parametrize("layers", [NOTHING, LAYERS], ids=["empty", "measured"])
def test_the_axis_always_holds_two_decades_however_close_the_dots_are(layers: pd.DataFrame) -> None:
    reached = gradient_against_weight(layers, NAMES).data[-1]  # the page fills in the traces before it
    assert list(reached.x) == [1e-3, 1e-1]
    assert set(reached.y) <= set(NAMES)
    assert (reached.xaxis, reached.mode, reached.showlegend) == (None, "none", False)


@pytest.mark.parametrize("layers", [NOTHING, LAYERS], ids=["empty", "measured"])
def test_the_figure_is_valid_json_for_a_browser(layers: pd.DataFrame) -> None:
    text = gradient_against_weight(layers, NAMES).to_json()
    assert "NaN" not in text
    assert json.loads(text)["layout"]["meta"]["title"]
