"""Maps of accuracy over shifts, and answers side by side."""

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from playground.figures.answers import answer_bars
from playground.figures.arms import color_of
from playground.figures.shifts import shift_heatmaps


def heatmaps(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if isinstance(trace, go.Heatmap)]


def test_each_network_has_the_mean_of_its_maps_on_one_colour_scale() -> None:
    low, high = np.full((3, 3), 0.2), np.full((3, 3), 0.6)
    high[0, 2] = 1.0
    figure = shift_heatmaps({"one": [low, high], "other": [high]}, 1, "Shifts")
    one, other = heatmaps(figure)
    np.testing.assert_allclose(np.array(one.z, float), (low + high) / 2)
    np.testing.assert_allclose(np.array(other.z, float), high)
    assert one.coloraxis == other.coloraxis == "coloraxis"
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0.1, 1)


def test_down_is_down_and_squares_are_squares() -> None:
    figure = shift_heatmaps({"one": [np.eye(3)], "other": [np.eye(3)]}, 1, "Shifts")
    assert list(heatmaps(figure)[0].y) == [-1, 0, 1]
    for number in ("", "2"):
        axis = figure.layout[f"yaxis{number}"]
        assert (axis.autorange, axis.scaleanchor) == ("reversed", f"x{number}")


def test_maps_stand_beside_each_other_without_overlap_and_are_named() -> None:
    figure = shift_heatmaps({name: [] for name in "abcd"}, 1, "Shifts")
    domains = [figure.layout[f"xaxis{number}"].domain for number in ("", "2", "3", "4")]
    assert all(before[1] < after[0] for before, after in pairwise(domains))
    assert [note.text for note in figure.layout.annotations] == [f"<b>{name}</b>" for name in "abcd"]


def test_a_network_that_was_not_measured_yet_has_an_empty_map() -> None:
    (only,) = heatmaps(shift_heatmaps({"one": []}, 1, "Shifts"))
    assert all(value is None for row in only.z for value in row)


def test_answers_are_bars_in_the_arms_colours_with_a_line_where_they_were() -> None:
    rows = [(name, digit, 0.1 * place, 0.2 * place) for place, name in enumerate("ab") for digit in range(10)]
    figure = answer_bars(pd.DataFrame(rows, columns=["network", "digit", "now", "before"]))
    bars = [trace for trace in figure.data if isinstance(trace, go.Bar)]
    lines = [trace for trace in figure.data if isinstance(trace, go.Scatter)]
    assert [bar.marker.color for bar in bars] == [color_of(0), color_of(1)]
    assert [bar.y[3] for bar in bars] == [0.0, 0.1]
    assert [line.y[3] for line in lines] == [0.0, 0.2]
    assert [line.x[3] < 3 for line in lines] == [True, False]
