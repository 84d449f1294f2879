"""Lines that are compared: told apart by colour and dash, raw behind smoothed, bands over seeds."""

import math
from itertools import pairwise

import pandas as pd

from playground.figures.comparison import compared_curves, style_of


def table(count: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": [0.0, 10.0],
            "seconds": [0.0, 3.0],
            "mean": [2.0, float("nan")],
            "low": [1.0, float("nan")],
            "high": [3.0, float("nan")],
            "raw": [2.5, 1.0],
            "count": [count, count],
        }
    )


def test_twelve_lines_differ_in_colour_or_dash_and_neighbours_in_colour() -> None:
    styles = [style_of(place) for place in range(12)]
    assert len(set(styles)) == 12
    assert all(one[0] != other[0] for one, other in pairwise(styles))


def test_the_raw_line_stands_pale_behind_the_smoothed_one_in_its_colour() -> None:
    raw, line = compared_curves({"MLP": (1, table())}, "step", "loss", "Loss", "Lower?", is_smoothed=True).data
    assert (list(raw.y), line.y[0]) == ([2.5, 1.0], 2.0)
    assert math.isnan(line.y[1])  # a gap
    assert raw.line.color == line.line.color == style_of(1)[0]
    assert raw.opacity < 0.5


def test_without_smoothing_there_is_one_line_and_with_seeds_a_band() -> None:
    assert len(compared_curves({"MLP": (0, table())}, "step", "loss", "Loss", "Lower?").data) == 1
    band, line = compared_curves({"MLP": (0, table(3))}, "seconds", "loss", "Loss", "Lower?").data
    assert (list(band.x), list(band.y)) == ([0.0, 0.0], [3.0, 1.0])
    assert list(line.x) == [0.0, 3.0]


def test_seconds_say_that_they_are_by_the_mean_speed() -> None:
    figure = compared_curves({"MLP": (0, table())}, "seconds", "loss", "Loss", "Lower?")
    assert figure.layout.xaxis.title.text == "seconds of training, by each run's mean speed"


def test_a_chart_of_runs_that_have_not_begun_has_plain_axes() -> None:
    figure = compared_curves({"MLP": (0, table().head(0))}, "step", "loss", "Loss", "Lower?")
    assert figure.layout.xaxis.range == (0, 100)
