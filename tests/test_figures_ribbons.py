"""Ribbons: ten bands that lie on one another, and the mark where the label is right first."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from playground.figures.colors import DIGITS
from playground.figures.ribbons import START, ribbons, see_through


def table() -> pd.DataFrame:
    """Steps 0, 1 and 8; the 3 wins."""
    rows = np.full((3, 10), 0.1)
    rows[2] = [0.01] * 10
    rows[2, 3] = 0.91
    return pd.DataFrame(rows, columns=[str(digit) for digit in range(10)]).assign(step=[0, 1, 8])


@pytest.mark.parametrize("axis", ["linear", "log"])
@pytest.mark.parametrize("frame", [pd.DataFrame(), table()], ids=["empty", "filled"])
def test_ten_bands_and_a_mark_are_valid_json_whether_there_are_rows_or_not(frame: pd.DataFrame, axis: Any) -> None:
    figure = json.loads(ribbons(frame, axis=axis).to_json())
    assert [trace["name"] for trace in figure["data"]] == [*map(str, range(10)), "first right"]
    assert {trace.get("stackgroup") for trace in figure["data"][:10]} == {"probability"}
    assert all(len(trace["y"]) == len(frame) for trace in figure["data"][:10])


def test_bands_hold_their_digits_probabilities() -> None:
    figure = ribbons(table())
    for digit in range(10):
        assert list(figure.data[digit].x) == [0, 1, 8]
        assert list(figure.data[digit].y) == table()[str(digit)].tolist()


def test_a_log_axis_has_a_place_for_step_0() -> None:
    figure = ribbons(table(), label=3, first=0, axis="log")
    assert list(figure.data[0].x) == [START, 1, 8]
    assert list(figure.data[0].customdata) == [0, 1, 8]  # what the hover says
    assert dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))[START] == "0"
    assert list(figure.data[-1].x) == [START] * 2


def test_the_labels_band_alone_is_in_full_colour() -> None:
    for digit, trace in enumerate(ribbons(table(), label=3).data[:10]):
        assert (trace.fillcolor == see_through(DIGITS["light"][digit], 1)) == (digit == 3)


def test_the_mark_stands_at_the_first_right_answer_and_nowhere_without_one() -> None:
    assert list(ribbons(table(), label=3, first=8).data[-1].x) == [8, 8]
    assert not ribbons(table(), label=3).data[-1].x
