"""The signal's charts: measured lines, theory's, and the marks of what a log axis can't show."""

from math import inf
from typing import Any

import pandas as pd
import pytest

from playground.figures.arms import color_of
from playground.figures.clipping import norm_curves
from playground.figures.numbers import product_curves
from playground.figures.signal import Panel, histograms, layer_curves, share_curves
from playground.figures.symmetry import similarity_curves

ROWS = pd.DataFrame(
    [
        ("He", 0, 1, 0.8, 0.3, None, 0.1),
        ("He", 0, 2, 0.7, 0.3, None, 0.2),
        ("zeros", 0, 1, 0.0, 0.0, None, 1.0),
        ("zeros", 0, 2, inf, 0.0, None, 1.0),
    ],
    columns=["arm", "seed", "layer", "deviation", "gradient", "saturated", "dead"],
)
THEORY = pd.DataFrame([("He", 1, 0.81, 0.31), ("He", 2, 0.81, 0.31)], columns=["arm", "layer", "deviation", "gradient"])
ARMS = ["He", "zeros"]


def of_layers(rows: pd.DataFrame = ROWS) -> Any:
    return layer_curves(rows, THEORY, ARMS, "deviation", "Signal", "Level?", "deviation")


def test_an_arm_has_its_measured_dots_and_theorys_line_in_one_colour() -> None:
    figure = of_layers()
    line = next(trace for trace in figure.data if trace.name == "He")
    assert (list(line.x), list(line.y), line.mode, line.marker.color) == ([1, 2], [0.8, 0.7], "markers", color_of(0))
    theory = next(trace for trace in figure.data if trace.name == "He, theory")
    assert (list(theory.y), theory.mode, theory.line.color) == ([0.81, 0.81], "lines", color_of(0))


def test_an_exact_zero_is_marked_at_the_bottom_and_what_is_no_number_at_the_top() -> None:
    marks = {trace.marker.symbol: (list(trace.x), list(trace.y)) for trace in of_layers().data if trace.yaxis == "y2"}
    assert marks == {"triangle-down": ([1], [0.03]), "triangle-up": ([2], [0.97])}


def test_theory_is_drawn_before_anything_is_measured() -> None:
    figure = of_layers(ROWS.iloc[:0])
    assert [trace.name for trace in figure.data if trace.x is not None and len(trace.x) > 1] == ["He, theory"]
    assert figure.layout.yaxis.type == "log"


def test_shares_are_drawn_for_the_layers_that_have_them() -> None:
    figure = share_curves(ROWS, ARMS)
    assert [(trace.name, list(trace.y), trace.line.dash) for trace in figure.data] == [
        ("He", [0.1, 0.2], "dash"),
        ("zeros", [1.0, 1.0], "dash"),
    ]


def test_small_multiples_have_a_row_an_arm_and_a_column_a_layer_each_with_its_deviation() -> None:
    panels = [Panel(arm, layer, 0.5, -1.0, 1.0, (3, 4)) for arm in ARMS for layer in (1, 5)]
    figure = histograms(panels, ARMS, [1, 5])
    assert [(trace.name, trace.xaxis or "x", trace.line.color) for trace in figure.data] == [
        ("He, layer 1", "x", color_of(0)),
        ("He, layer 5", "x2", color_of(0)),
        ("zeros, layer 1", "x3", color_of(1)),
        ("zeros, layer 5", "x4", color_of(1)),
    ]
    assert list(figure.data[0].x) == [-1, 0, 1]
    assert list(figure.data[0].y) == [3, 4, 0]
    assert figure.layout.xaxis.title.text == "σ 0.5"
    assert [note.text for note in figure.layout.annotations] == ["layer 1", "layer 5", *ARMS]
    assert histograms([], ARMS, [1, 5]).data == ()


def test_both_layers_similarities_are_lines_of_their_arm() -> None:
    rows = pd.DataFrame([("a", 0, 0, 1.0, 0.9)], columns=["arm", "seed", "step", "first", "second"])
    figure = similarity_curves(rows, ["a"])
    assert [(trace.line.dash, list(trace.y)) for trace in figure.data] == [("solid", [1.0]), ("dash", [0.9])]


def test_the_norm_at_which_a_gradient_is_clipped_is_a_line_across() -> None:
    rows = pd.DataFrame([("a", 0, 1, 5.0), ("a", 0, 2, 0.0)], columns=["arm", "seed", "step", "norm"])
    figure = norm_curves(rows, ["a"], 0.5)
    assert list(figure.data[0].y) == [5.0]
    assert figure.layout.shapes[0].y0 == 0.5


def test_products_are_drawn_in_powers_of_ten_around_what_theory_expects() -> None:
    figure = product_curves([[2.302585, 4.605170]], growth=2.302585, deviation=0.1, factors=2)
    lines = [list(trace.y) for trace in figure.data if trace.line.width != 0]
    assert lines[0] == pytest.approx([1, 2])
    assert lines[1] == pytest.approx([1, 2])
