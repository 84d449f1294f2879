"""Weights now beside weights at the start."""

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from playground.figures.weights import weight_histogram, weight_norms

NAMES = ("Conv2d #1", "Head")
NOTHING = pd.DataFrame()
BINS = pd.DataFrame({"low": [-1.0, 0.0, 1.0], "high": [0.0, 1.0, 2.0], "now": [3, 5, 1], "start": [0, 9, 0]})
NORMS = pd.DataFrame({"now": [2.0, 1.5], "start": [1.0, 1.2]})


def trace(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def test_a_bar_covers_its_bin_and_is_as_high_as_the_weights_in_it_now() -> None:
    bars = trace(weight_histogram(BINS), "now")
    assert list(bars.y) == [3, 5, 1]
    edges = [(x - width / 2, x + width / 2) for x, width in zip(bars.x, bars.width, strict=True)]
    assert edges == list(zip(BINS["low"], BINS["high"], strict=True))


def test_the_start_is_a_line_of_steps_over_the_same_bins() -> None:
    line = trace(weight_histogram(BINS), "start")
    assert line.line.shape == "hv", "a level holds from one edge to the next"
    assert list(line.x) == [-1.0, 0.0, 1.0, 2.0]
    assert list(line.y) == [0, 9, 0, 0]


def test_each_layer_has_a_bar_for_its_norm_now_and_one_for_the_start() -> None:
    figure = weight_norms(NORMS, NAMES)
    for name in ("now", "start"):
        bars = trace(figure, name)
        assert list(bars.x) == NORMS[name].tolist()
        assert list(bars.y) == list(NAMES)
        assert bars.orientation == "h"
    assert trace(figure, "now").marker.color != trace(figure, "start").marker.color


def test_now_and_start_have_one_colour_each_on_both_charts() -> None:
    histogram, norms = weight_histogram(BINS), weight_norms(NORMS, NAMES)
    assert trace(histogram, "now").marker.color == trace(norms, "now").marker.color
    assert trace(histogram, "start").line.color == trace(norms, "start").marker.color


@pytest.mark.parametrize(
    "figure", [weight_histogram(NOTHING), weight_norms(NOTHING, NAMES)], ids=["histogram", "norms"]
)
def test_without_a_table_a_figure_is_an_empty_frame_with_its_title(figure: go.Figure) -> None:
    assert not any(len(trace.x or ()) for trace in figure.data)
    layout = json.loads(figure.to_json())["layout"]
    assert layout["meta"]["title"]
    assert layout["meta"]["look_for"]
