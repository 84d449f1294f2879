"""Windows and thinning: however messages are merged, a browser ends up with what it would have got in one go."""

import math
from collections.abc import MutableSequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.live.history import MOST_ROWS, extend, no_history
from playground.live.thinning import MOST_BATCHES, MOST_MEASUREMENTS, block_size, extremes
from playground.live.windows import LINES, Cursor, Window, window
from playground.runs.journal import Curves

LAYERS = ("Conv2d #1", "Head")
numbers = st.floats(-100, 100) | st.sampled_from([0.0, math.nan, math.inf])
lengths = st.lists(st.integers(1, 900), min_size=1, max_size=6)


def grow(history: Curves, count: int, values: list[float], most_rows: int = MOST_ROWS) -> None:
    """Append steps whose numbers repeat `values`: a layer measurement with each, an evaluation with every second."""
    curves = Curves()
    begin = history.stepped["step"][-1] if history.stepped["step"] else 0
    for step in range(begin + 1, begin + count + 1):
        value = values[step % len(values)] + step / 1000
        append(curves.stepped, step, step / 60, value, abs(value) / 10, value / 100, value / 1000, 64)
        append(curves.layers, step, (value, 0.0 if step % 3 else 1.0), (value, 1.0))
        if step % 2 == 0:
            append(curves.evaluated, step, value, 0.5, value, 0.5)
        if step % 100 == 0:
            append(curves.changed, step, "network.dropout", 0.0, 0.5)
    extend(history, curves, most_rows)


def append(table: dict[str, MutableSequence[Any]], *values: Any) -> None:
    for column, value in zip(table.values(), values, strict=True):
        column.append(value)


def known(curves: Curves) -> Curves:
    history = no_history()
    extend(history, curves)
    return history


def apply(shown: dict[str, list[Any]], part: Window) -> None:
    """What the browser does with a window."""
    for column, values in part.columns.items():
        shown[column] = shown.get(column, [])[: part.start] + values


def whole(curves: Curves, name: str) -> dict[str, list[Any]]:
    found = window(curves, LAYERS, name, Cursor())
    return found[0].columns if found else {}


@settings(max_examples=40)
@given(lengths, st.lists(numbers, min_size=1, max_size=7), st.data())
def test_windows_in_any_coalescing_give_what_one_window_gives(
    pieces: list[int], values: list[float], data: st.DataObject
) -> None:
    curves = no_history()
    shown: dict[str, dict[str, list[Any]]] = {name: {} for name in LINES}
    cursors = dict.fromkeys(LINES, Cursor())
    for piece in pieces:
        grow(curves, piece, values)
        for name in LINES:
            if data.draw(st.booleans()):  # else this message is left out, and the next one makes up for it
                found = window(curves, LAYERS, name, cursors[name])
                if found is not None:
                    apply(shown[name], found[0])
                    cursors[name] = found[1]
    for name in LINES:
        last = window(curves, LAYERS, name, cursors[name])
        if last is not None:
            apply(shown[name], last[0])
        assert shown[name] == whole(curves, name)


@given(st.lists(numbers, min_size=1, max_size=300), st.sampled_from([1, 2, 4, 8, 64]))
def test_the_lowest_and_the_highest_of_every_block_are_kept(values: list[float], size: int) -> None:
    kept = extremes(values, np.arange(len(values)), size)
    assert kept[0] == 0
    assert kept == sorted(set(kept))
    for begin in range(0, len(values), size):
        block = [value for value in values[begin : begin + size] if math.isfinite(value)]
        shown = [values[index] for index in kept if begin <= index < begin + size]
        if block:
            assert min(block) in shown
            assert max(block) in shown


@given(st.integers(1, 30_000))
def test_no_line_ever_has_more_points_than_its_cap_nor_far_fewer(count: int) -> None:
    for cap, a_block in ((MOST_BATCHES, 2), (MOST_MEASUREMENTS, 1)):
        size = block_size(count, cap, a_block)
        assert size == 1 or a_block * -(-count // size) + 2 <= cap
        assert count <= cap or a_block * count / size > cap / 4 - a_block


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 5000, 20_000])
def test_first_and_last_batch_are_always_shown_and_steps_only_rise(count: int) -> None:
    curves = no_history()
    grow(curves, count, [1.0, 5.0, 2.0, 9.0, 4.0])
    for name in ("loss", "gradient", "learning_rate"):
        steps = whole(curves, name)["step"]
        assert (steps[0], steps[-1]) == (1, count)
        assert all(before < after for before, after in pairwise(steps))
        assert len(steps) <= LINES[name].cap


def test_a_window_that_follows_is_small() -> None:
    curves = no_history()
    grow(curves, 5000, [1.0, 5.0, 2.0])
    found = window(curves, LAYERS, "loss", Cursor())
    assert found is not None
    assert len(found[0].columns["step"]) > 500
    grow(curves, 6, [1.0, 5.0, 2.0])
    after = window(curves, LAYERS, "loss", found[1])
    assert after is not None
    assert len(after[0].columns["step"]) <= 6


def test_nothing_new_is_no_window() -> None:
    curves = no_history()
    assert window(curves, LAYERS, "loss", Cursor()) is None
    grow(curves, 3, [1.0])
    found = window(curves, LAYERS, "loss", Cursor())
    assert found is not None
    assert window(curves, LAYERS, "loss", found[1]) is None


def test_what_is_not_a_finite_number_leaves_a_gap() -> None:
    curves = Curves()
    append(curves.stepped, 1, 0.1, math.nan, 0.0, 0.5, 0.1, 64)
    append(curves.stepped, 2, 0.2, math.inf, 0.0, 0.5, 0.1, 64)
    assert whole(known(curves), "loss")["loss"] == [None, None]


def test_a_gradient_of_zero_is_a_gap_on_the_log_axis_and_a_mark_of_its_own() -> None:
    curves = Curves()
    append(curves.layers, 5, (0.25, 0.0), (0.0, math.inf))
    assert whole(known(curves), "gradient") == {"step": [5], "0": [0.25], "1": [None]}
    assert whole(known(curves), "gradient zero")["text"] == ["Head"]
    assert whole(known(curves), "update zero")["text"] == ["Conv2d #1"]


def test_train_plus_penalty_takes_the_penalty_of_the_same_step() -> None:
    curves = Curves()
    append(curves.evaluated, 0, 2.0, 0.1, 2.0, 0.1)
    append(curves.stepped, 1, 0.1, 9.0, 0.25, 0.5, 0.1, 64)
    append(curves.evaluated, 1, 1.0, 0.1, 2.0, 0.1)
    assert whole(known(curves), "evaluated")["sum"] == [None, 1.25]


@settings(max_examples=40)
@given(lengths, st.lists(numbers, min_size=1, max_size=7), st.integers(1100, 3000))
def test_lines_show_the_same_points_whether_or_not_old_steps_were_forgotten(
    pieces: list[int], values: list[float], most_rows: int
) -> None:
    full, slim = no_history(), no_history()
    for piece in [*pieces, 500, 500, 500]:
        grow(full, piece, values)
        grow(slim, piece, values, most_rows)
    for name in LINES:
        assert whole(slim, name) == whole(full, name)


def test_ten_times_the_steps_take_no_more_rows() -> None:
    history = no_history()
    rows = []
    for _ in range(20):
        grow(history, 2000, [3.0, 1.0, 2.0], most_rows=4000)
        rows.append(len(history.stepped["step"]))
    assert history.stepped["step"][-1] == 40_000
    assert max(rows[2:]) <= 6000
