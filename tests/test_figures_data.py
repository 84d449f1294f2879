"""The figure of class counts says what the table says."""

import pandas as pd

from playground.figures.data import counts_figure

COLUMNS = ["split", "digit", "count"]


def test_each_split_is_a_group_of_bars_with_the_counts_of_the_table() -> None:
    counts = pd.DataFrame([("train", 0, 7), ("train", 1, 5), ("test", 0, 2), ("test", 1, 3)], columns=COLUMNS)
    bars = {bar.name: bar for bar in counts_figure(counts).data}
    assert list(bars["train"].y) == [7, 5]
    assert list(bars["test"].x) == [0, 1]
    assert list(bars["validation"].y) == []


def test_no_digits_make_empty_axes() -> None:
    assert all(len(bar.y) == 0 for bar in counts_figure(pd.DataFrame([], columns=COLUMNS)).data)
