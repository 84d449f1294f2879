"""Which steps stay: few, and most of them early."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from playground.training.kept import MOST_KEPT, kept_steps

totals = st.integers(0, 300) | st.integers(0, 10_000_000)
counts = st.integers(2, MOST_KEPT)


@given(totals, counts)
def test_both_ends_are_kept_and_at_most_so_many_steps_each_once_and_in_order(total: int, most: int) -> None:
    steps = kept_steps(total, most)
    assert (steps[0], steps[-1]) == (0, total)
    assert list(steps) == sorted(set(steps))
    assert len(steps) <= most


@given(totals, counts)
def test_from_step_1_on_each_kept_step_is_the_same_factor_further_but_for_rounding_to_whole_steps(
    total: int, most: int
) -> None:
    """A kept step s stands for a number from s - 1/2 to s + 1/2, so each pair leaves bounds for the common factor."""
    pairs = list(pairwise(kept_steps(total, max(most, 3))[1:]))
    least = max(((later - 0.5) / (step + 0.5) for step, later in pairs), default=1.0)
    greatest = min(((later + 0.5) / (step - 0.5) for step, later in pairs), default=1.0)
    assert least <= greatest * (1 + 1e-9)


@given(st.integers(0, MOST_KEPT - 1))
def test_every_step_of_a_short_run_is_kept(total: int) -> None:
    assert kept_steps(total) == tuple(range(total + 1))


@given(st.integers(MOST_KEPT, 10_000_000))
def test_a_longer_run_uses_most_of_its_places(total: int) -> None:
    assert len(kept_steps(total)) >= 0.9 * MOST_KEPT


def test_the_first_steps_of_a_usual_run_are_all_kept() -> None:
    assert kept_steps(550)[:11] == tuple(range(11))
