"""Smoothed, spread and subtracted curves, against their formulas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.comparison.curves import MOST_POINTS, Axis, curve, difference, line_curve, smoothed, thinned
from tests.compared_runs import line, member

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=40)
WEIGHTS = st.floats(0, 0.99)


@given(VALUES, WEIGHTS)
def test_smoothing_is_tensorboards_moving_average_with_its_start_made_up_for(
    values: list[float], weight: float
) -> None:
    last, expected = 0.0, []
    for count, value in enumerate(values, start=1):
        last = weight * last + (1 - weight) * value
        expected.append(last / (1 - weight**count))
    assert smoothed(pd.Series(values), weight).tolist() == pytest.approx(expected, abs=1e-6)


@given(st.floats(-100, 100), WEIGHTS)
def test_a_constant_stays_as_it_is_however_much_it_is_smoothed(value: float, weight: float) -> None:
    assert smoothed(pd.Series([value] * 20), weight).tolist() == pytest.approx([value] * 20)


def test_what_is_not_a_number_is_a_gap_and_pulls_at_nothing() -> None:
    found = smoothed(pd.Series([1.0, float("nan"), 1.0]), 0.9)
    assert found[0] == found[2] == pytest.approx(1.0)
    assert np.isnan(found[1])
    assert curve(member(losses=[1.0, float("inf")]), "validation_loss")["value"].isna().tolist() == [False, True]


def test_without_smoothing_the_line_is_the_raw_one() -> None:
    found = curve(member(losses=[3.0, 1.0, 2.0]), "validation_loss", 0.0)
    assert found["value"].tolist() == found["raw"].tolist() == [3.0, 1.0, 2.0]


def test_seconds_are_steps_by_the_runs_mean_speed() -> None:
    assert curve(member(losses=[2.0] * 5, seconds=8.0), "loss")["seconds"].tolist() == [2.0, 4.0, 6.0, 8.0]


def test_a_line_over_seeds_is_their_mean_and_its_band_goes_from_the_least_to_the_most() -> None:
    found = line_curve(line(member(seed=0, losses=[4.0, 1.0]), member(seed=1, losses=[2.0, 2.0])), "train_loss")
    assert found["mean"].tolist() == [3.0, 1.5]
    assert (found["low"].tolist(), found["high"].tolist()) == ([2.0, 1.0], [4.0, 2.0])
    assert found["count"].tolist() == [2, 2]


def test_a_mean_over_seeds_ends_where_the_first_of_them_ends() -> None:
    """With patience seeds end at steps of their own; the mean of the others would jump without any learning."""
    lengths = {0: [4.0, 3.0], 1: [2.0, 1.0, 1.0], 2: [3.0, 2.0, float("nan"), 1.0]}
    found = line_curve(line(*(member(seed=seed, losses=losses) for seed, losses in lengths.items())), "train_loss")
    assert found["step"].tolist() == [0, 1]
    assert found["mean"].tolist() == [3.0, 2.0]


@pytest.mark.parametrize("axis", ["step", "epoch", "seconds"])
def test_runs_of_a_seed_are_subtracted_from_each_other_whatever_the_seeds_differ_by(axis: Axis) -> None:
    """Seeds differ by far more than the lines do: unpaired, the band would show it."""
    base = line(*(member(seed=seed, losses=[10.0 * seed, 5.0 * seed]) for seed in (0, 1, 2)))
    other = line(*(member(seed=seed, losses=[10.0 * seed + 1, 5.0 * seed + 2]) for seed in (2, 1, 0)))
    found, pairs = difference(other, base, "validation_loss", axis)
    assert pairs == 3
    for column in ("mean", "low", "high"):
        assert found[column].tolist() == pytest.approx([1.0, 2.0])


def test_without_a_shared_seed_the_means_are_subtracted_and_no_pair_is_counted() -> None:
    base = line(member(seed=0, losses=[1.0, 1.0]), member(seed=1, losses=[3.0, 3.0]))
    found, pairs = difference(line(member(seed=7, losses=[5.0, 6.0])), base, "validation_loss", "step")
    assert (pairs, found["mean"].tolist()) == (0, [3.0, 4.0])


def test_a_difference_over_seconds_compares_what_had_been_reached_after_the_same_time() -> None:
    slow = line(member(losses=[4.0, 3.0, 2.0], seconds=4.0))
    fast = line(member(losses=[4.0, 3.0, 2.0], seconds=2.0))  # after 2 s it is where the other is after 4
    found, _ = difference(fast, slow, "validation_loss", "seconds")
    assert found["seconds"].tolist() == [0.0, 2.0]
    assert found["mean"].tolist() == [0.0, -1.0]


@given(st.lists(st.floats(0, 10), min_size=1, max_size=3000))
def test_a_thinned_line_is_short_and_keeps_its_lowest_highest_and_last_point(values: list[float]) -> None:
    found = thinned(pd.DataFrame({"mean": values, "raw": values}))
    assert len(found) <= MOST_POINTS + 2
    assert (found["raw"].min(), found["raw"].max()) == (min(values), max(values))
    assert found["raw"].iloc[-1] == values[-1]
