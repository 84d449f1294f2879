"""Gradients as colour: the journal's numbers on a log scale, with zeros and what is not finite told apart."""

import json
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from playground.figures.heatmap import EXPLODED, VANISHED, gradient_heatmap

NAMES = ("Conv2d #1", "Linear #1", "Head")
NOTHING = pd.DataFrame()
LAYERS = pd.DataFrame(
    {
        "step": [1, 2, 5],
        "gradient": [[1e-3, 1e-2, 0.1], [0.0, 1e-5, 1.0], [1e-8, math.nan, math.inf]],
        "update": [[1e-3] * 3] * 3,
    }
)


def trace(figure: go.Figure, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def test_a_cell_is_the_power_of_ten_of_one_layers_gradient_at_one_step() -> None:
    cells = trace(gradient_heatmap(LAYERS, NAMES, NOTHING), "gradient RMS")
    assert list(cells.x) == [1, 2, 5]
    assert list(cells.y) == list(NAMES)
    for row, name in zip(cells.z, NAMES, strict=True):
        layer = NAMES.index(name)
        for z, values in zip(row, LAYERS["gradient"], strict=True):
            value = values[layer]
            if 0 < value < math.inf:
                assert z == pytest.approx(math.log10(value))
            else:
                assert z is None, "colours have no place for it"


def test_exact_zeros_are_rings_and_what_is_not_finite_crosses() -> None:
    figure = gradient_heatmap(LAYERS, NAMES, NOTHING)
    zeros, lost = trace(figure, "exactly 0"), trace(figure, "not finite")
    assert list(zip(zeros.x, zeros.y, strict=True)) == [(2, "Conv2d #1")]
    assert list(zip(lost.x, lost.y, strict=True)) == [(5, "Linear #1"), (5, "Head")]
    assert zeros.marker.symbol != lost.marker.symbol


def test_one_colour_is_one_magnitude_in_every_run() -> None:
    for layers in (NOTHING, LAYERS, LAYERS.head(1)):
        cells = trace(gradient_heatmap(layers, NAMES, NOTHING), "gradient RMS")
        assert (cells.zmin, cells.zmax) == (VANISHED, EXPLODED)
    ticks = dict(zip(cells.colorbar.tickvals, cells.colorbar.ticktext, strict=True))
    assert ticks == {-8: "10⁻⁸", -6: "10⁻⁶", -4: "10⁻⁴", -2: "10⁻²", 0: "1"}


def test_the_first_layer_stands_at_the_top() -> None:
    for layers in (NOTHING, LAYERS):
        first, last = gradient_heatmap(layers, NAMES, NOTHING).layout.yaxis.range
        assert first > last
    assert list(gradient_heatmap(LAYERS, NAMES, NOTHING).layout.yaxis.categoryarray) == list(NAMES)


def test_the_step_that_is_looked_at_is_a_line_from_bottom_to_top() -> None:
    shown = trace(gradient_heatmap(LAYERS, NAMES, NOTHING, at=2), "shown")
    assert list(shown.x) == [2, 2]
    assert list(shown.y) == [0, 1]
    assert not trace(gradient_heatmap(LAYERS, NAMES, NOTHING), "shown").x


def test_changes_of_controls_are_marked_as_on_the_curves() -> None:
    changed = pd.DataFrame({"step": [2], "field": ["network.dropout"], "old": [0.0], "new": [0.5]})
    marks = trace(gradient_heatmap(LAYERS, NAMES, changed), "changed")
    assert list(marks.x) == [2, 2, None]


@pytest.mark.parametrize("layers", [NOTHING, LAYERS], ids=["empty", "recorded"])
def test_the_figure_is_valid_json_for_a_browser(layers: pd.DataFrame) -> None:
    text = gradient_heatmap(layers, NAMES, NOTHING).to_json()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["layout"]["meta"]["title"]


def test_a_deeper_network_gets_a_taller_chart_up_to_a_limit() -> None:
    heights = [
        gradient_heatmap(NOTHING, [f"Linear #{i}" for i in range(n)], NOTHING).layout.height for n in (1, 11, 101)
    ]
    assert heights == sorted(heights)
    assert heights[-1] <= 420
