"""K folds: the contract of scikit-learn's `StratifiedKFold`, with the test split apart from all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from playground.data.digits import load_digits
from playground.data.splits import Split, fold_of_each, split
from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Data
from tests.strategies import shares

LABELS = load_digits("sample").labels
labelings = st.lists(st.integers(0, 9), min_size=10, max_size=200).map(lambda labels: np.array(labels, np.uint8))
counts_of_folds = st.integers(2, 10)
seeds = st.integers(0, 2**31 - 1)


def counts(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    return np.bincount(labels, minlength=10)


def all_folds(data: Data, folds: int, seed: int) -> list[Split]:
    return [split(LABELS, data.but(folds=folds, fold=fold), seed) for fold in range(1, folds + 1)]


@given(labelings, counts_of_folds)
def test_folds_differ_by_at_most_one_digit_in_all_and_in_each_class(labels: NDArray[np.uint8], folds: int) -> None:
    found = fold_of_each(labels, folds)
    assert set(found) <= set(range(1, folds + 1))
    of_class = np.array([counts(labels[found == fold]) for fold in range(1, folds + 1)])
    assert (np.ptp(of_class, axis=0) <= 1).all()
    assert np.ptp(of_class.sum(1)) <= 1


@given(labelings.filter(lambda labels: counts(labels).max() >= 10), counts_of_folds)
@pytest.mark.filterwarnings("ignore:The least populated class")
def test_folds_are_as_large_as_those_of_scikit_learn(labels: NDArray[np.uint8], folds: int) -> None:
    found = fold_of_each(labels, folds)
    theirs = [test for _, test in StratifiedKFold(folds).split(labels, labels)]
    assert sorted(len(test) for test in theirs) == sorted(np.count_nonzero(found == fold + 1) for fold in range(folds))
    for digit in range(10):
        ours = sorted(np.count_nonzero(labels[found == fold + 1] == digit) for fold in range(folds))
        assert sorted(np.count_nonzero(labels[test] == digit) for test in theirs) == ours


@given(shares, counts_of_folds, seeds)
def test_validation_folds_are_disjoint_and_cover_all_but_the_test_split_which_stays_as_it_is(
    parts: tuple[int, int, int], folds: int, seed: int
) -> None:
    data = Data(train_share=parts[0], validation_share=parts[1], test_share=parts[2])
    whole = split(LABELS, data, seed)
    pool = sorted(np.concatenate([whole.train, whole.validation]))
    found = all_folds(data, folds, seed)
    assert sorted(np.concatenate([one.validation for one in found])) == pool
    for one in found:
        assert sorted(np.concatenate([one.train, one.validation])) == pool
        np.testing.assert_array_equal(one.test, whole.test)


@given(counts_of_folds, seeds)
def test_every_beginning_of_a_folds_train_and_validation_split_is_stratified(folds: int, seed: int) -> None:
    for one in all_folds(Data(), folds, seed)[:2]:
        for part in (one.train, one.validation):
            for k in (10, 100, 256, len(part)):
                assert abs(counts(LABELS[part[:k]]) - k / 10).max() <= 3


@given(seeds, st.integers(10, 3400), st.integers(10, 3400))
def test_a_smaller_training_set_begins_every_larger_one_of_its_fold(seed: int, first: int, second: int) -> None:
    data = Data(folds=5, fold=3)
    small, large = (split(LABELS, data.but(training_digits=n), seed) for n in sorted((first, second)))
    np.testing.assert_array_equal(small.train, large.train[: len(small.train)])
    np.testing.assert_array_equal(small.validation, large.validation)


def test_official_test_digits_are_in_no_fold() -> None:
    labels = np.arange(5000, dtype=np.uint8) % 10
    for fold in (1, 2, 3):
        one = split(labels, Data(folds=3, fold=fold), 0, official_test=1000)
        np.testing.assert_array_equal(one.test, np.arange(4000, 5000))
        assert max(one.train.max(), one.validation.max()) < 4000


def test_a_network_is_trained_and_validated_on_its_fold() -> None:
    data = Data(folds=5, fold=4)
    loaded, expected = load(data, 7), split(LABELS, data, 7)
    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(loaded, name).index, getattr(expected, name))


def test_a_fold_without_folds_changes_nothing() -> None:
    for fold in (1, 7):
        np.testing.assert_array_equal(split(LABELS, Data(fold=fold), 3).train, split(LABELS, Data(), 3).train)


def test_a_fold_that_is_not_there_is_refused_with_the_ones_that_are() -> None:
    with pytest.raises(SpecError, match="there is no fold 4 of 3: choose 1 to 3"):
        Data().but(folds=3, fold=4)
