"""Label noise: exactly as much as asked for, always wrong, the same for the same seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from playground.data.noise import noisy_labels

labelings = st.lists(st.integers(0, 9), max_size=200).map(lambda labels: np.array(labels, np.uint8))
seeds = st.integers(0, 2**31 - 1)


@given(labelings, st.floats(0, 0.5), seeds)
def test_exactly_the_share_asked_for_is_wrong_and_still_a_digit(labels: np.ndarray, share: float, seed: int) -> None:
    before = labels.copy()
    noisy = noisy_labels(labels, share, seed)
    assert np.count_nonzero(noisy != labels) == round(share * len(labels))
    assert noisy.dtype == np.uint8
    assert (noisy < 10).all()
    np.testing.assert_array_equal(labels, before)
    np.testing.assert_array_equal(noisy, noisy_labels(labels, share, seed))


@given(labelings, st.floats(0, 0.5), st.floats(0, 0.5), seeds)
def test_more_noise_keeps_the_wrong_labels_of_less_noise(labels: np.ndarray, a: float, b: float, seed: int) -> None:
    less, more = noisy_labels(labels, min(a, b), seed), noisy_labels(labels, max(a, b), seed)
    wrong = less != labels
    np.testing.assert_array_equal(less[wrong], more[wrong])


def test_each_other_class_is_equally_likely() -> None:
    noisy = noisy_labels(np.full(18_000, 4, np.uint8), 0.5, seed=0)
    counts = np.bincount(noisy, minlength=10)
    others = np.delete(counts, 4)
    assert others.sum() == 9000
    assert ((others - 1000) ** 2 / 1000).sum() < 20.1  # chi-square with 8 degrees of freedom, 1 in 100


def test_another_seed_draws_other_labels() -> None:
    labels = np.zeros(1000, np.uint8)
    assert (noisy_labels(labels, 0.5, 0) != noisy_labels(labels, 0.5, 1)).any()
