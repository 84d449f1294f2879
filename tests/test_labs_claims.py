"""Numbers over seeds: their interval against SciPy's, and what claims make of them."""

import pandas as pd
import pytest
from scipy import stats

from playground.labs.claims import (
    STUDENT,
    Effect,
    at_least,
    at_most,
    effect,
    in_words,
    number,
    paired,
    percent,
    points,
    within,
)


def finals(**arms: dict[int, float]) -> pd.DataFrame:
    rows = [(arm, seed, value) for arm, values in arms.items() for seed, value in values.items()]
    return pd.DataFrame(rows, columns=["arm", "seed", "accuracy"])


def test_the_table_of_students_t_is_scipys() -> None:
    assert pytest.approx([stats.t.ppf(0.975, freedom) for freedom in range(1, 12)], abs=5e-4) == [*STUDENT]


@pytest.mark.parametrize(
    "values", [[0.9, 0.8], [0.91, 0.88, 0.95], [1.0, 2.0, 4.0, 8.0, 16.0, 3.0, 2.0, 1.0, 0.0, 5.0]]
)
def test_the_interval_of_a_mean_is_students(values: list[float]) -> None:
    found = effect(values)
    low, high = stats.t.interval(0.95, len(values) - 1, loc=found.mean, scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-3)


def test_one_seed_has_no_interval() -> None:
    assert effect([0.9]) == Effect(0.9, 0.9, 0.9, 1)


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        effect([])


def test_arms_are_compared_seed_by_seed() -> None:
    """Seeds differ by far more than the arms do; within each seed the difference is the same."""
    table = finals(one={0: 0.5, 1: 0.9, 2: 0.1}, other={0: 0.4, 1: 0.8, 2: 0.0})
    found = paired(table, "one", "other", "accuracy")
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_only_seeds_that_both_arms_have_are_compared() -> None:
    found = paired(finals(one={0: 0.5, 1: 0.9}, other={1: 0.8, 2: 0.0}), "one", "other", "accuracy")
    assert found is not None
    assert (found.mean, found.count) == (pytest.approx(0.1), 1)


@pytest.mark.parametrize("table", [finals(), finals(one={0: 0.5}), finals(one={0: 0.5}, other={1: 0.5})])
def test_without_a_common_seed_there_is_no_difference(table: pd.DataFrame) -> None:
    assert paired(table, "one", "other", "accuracy") is None


def test_a_claim_is_undecided_where_its_interval_has_both_sides() -> None:
    found = Effect(0.1, 0.05, 0.15, 3)
    assert [at_least(found, least) for least in (0.05, 0.1, 0.2)] == [True, None, False]
    assert [at_most(found, most) for most in (0.15, 0.1, 0.01)] == [True, None, False]
    for either in (found, Effect(-0.1, -0.15, -0.05, 3)):
        assert [within(either, bound) for bound in (0.15, 0.1, 0.01)] == [True, None, False]


def test_one_seed_decides_no_claim() -> None:
    assert at_least(effect([0.9]), 0.1) is None
    assert at_most(effect([0.1]), 0.9) is None
    assert within(effect([0.1]), 0.9) is None


def test_a_share_stays_between_nothing_and_all() -> None:
    """The interval of 71.6 to 122.4 % is what Student's t gives for two seeds."""
    assert in_words(effect([0.95, 0.99]), percent) == "97.0 % (2 seeds, 95 % interval 71.6 to 100.0)"


def test_a_difference_of_shares_is_at_most_all() -> None:
    assert in_words(effect([0.5, 0.9]), points) == "+70.0 points (2 seeds, 95 % interval −100.0 to +100.0)"


def test_a_pair_that_is_there_twice_counts_once() -> None:
    twice = pd.concat([finals(one={0: 0.5}, other={0: 0.4}), finals(one={0: 0.6})])
    found = paired(twice, "one", "other", "accuracy")
    assert found is not None
    assert found.mean == pytest.approx(0.2)


def test_words_say_how_many_seeds_and_how_sure() -> None:
    assert in_words(Effect(0.8632, 0.8632, 0.8632, 1), percent) == "86.3 % (1 seed)"
    several = in_words(Effect(0.035, -0.0212, 0.0488, 3), points)
    assert several == "+3.5 points (3 seeds, 95 % interval −2.1 to +4.9)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4321, "0.432"),
        (12345.0, "12,300"),
        (999999.0, "1,000,000"),
        (2e6, "2e6"),
        (0.0000123, "1.23e-5"),
        (1e10, "1e10"),
        (7.0, "7"),
    ],
)
def test_a_number_is_short(value: float, text: str) -> None:
    assert number(value) == text
