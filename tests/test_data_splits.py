"""Splits: disjoint, complete, stratified, and smaller training sets within larger ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from playground.data.counts import counts as split_sizes
from playground.data.digits import load_digits
from playground.data.splits import split, stratified_order
from playground.errors import SpecError
from playground.experiment import Data
from tests.strategies import shares

labelings = st.lists(st.integers(0, 9), min_size=1, max_size=200).map(lambda labels: np.array(labels, np.uint8))
seeds = st.integers(0, 2**31 - 1)


def shared(parts: tuple[int, int, int], **more: int) -> Data:
    return Data(train_share=parts[0], validation_share=parts[1], test_share=parts[2], **more)


def counts(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    return np.bincount(labels, minlength=10)


@given(labelings, seeds)
def test_every_prefix_of_the_order_is_stratified(labels: NDArray[np.uint8], seed: int) -> None:
    order = stratified_order(labels, seed)
    assert sorted(order) == list(range(len(labels)))
    proportion = counts(labels) / len(labels)
    bound = 0.5 + proportion * np.count_nonzero(proportion) / 2
    for k in range(len(labels) + 1):
        assert (abs(counts(labels[order[:k]]) - k * proportion) <= bound + 1e-9).all()


@given(shares, seeds)
def test_the_three_splits_are_disjoint_complete_and_of_the_shares_asked_for(
    parts: tuple[int, int, int], seed: int
) -> None:
    labels = load_digits("sample").labels
    found = split(labels, shared(parts), seed)
    assert [len(found.train), len(found.validation), len(found.test)] == [50 * part for part in parts]
    assert sorted(np.concatenate([found.train, found.validation, found.test])) == list(range(5000))


@given(shares, seeds, st.integers(0, 100))
def test_official_test_digits_are_the_test_split_and_the_others_share_the_rest(
    parts: tuple[int, int, int], seed: int, official: int
) -> None:
    labels = np.arange(5000, dtype=np.uint8) % 10
    found = split(labels, shared(parts), seed, official_test=1000 + official)
    np.testing.assert_array_equal(found.test, np.arange(4000 - official, 5000))
    assert abs(len(found.train) - (4000 - official) * parts[0] / (parts[0] + parts[1])) <= 0.5
    assert sorted(np.concatenate([found.train, found.validation])) == list(range(4000 - official))


@given(shares, st.none() | st.integers(2, 10), st.none() | st.integers(10, 50))
def test_the_splits_are_counted_without_the_digits_as_they_are_cut_with_them(
    parts: tuple[int, int, int], folds: int | None, training_digits: int | None
) -> None:
    data = shared(parts).but(folds=folds, training_digits=training_digits)
    found = split(load_digits("sample").labels, data, 7)
    assert split_sizes(data) == (len(found.train), len(found.validation), len(found.test))


def test_classes_of_one_size_are_split_exactly() -> None:
    labels = load_digits("sample").labels
    found = split(labels, Data(), seed=0)
    assert set(counts(labels[found.train])) == {350}
    assert set(counts(labels[found.validation])) == {75}
    assert set(counts(labels[found.test])) == {75}


def test_uneven_classes_are_split_as_scikit_learn_does_it() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), range(100, 1100, 100))
    found = split(labels, shared((70, 15, 15)), seed=0)
    theirs = StratifiedShuffleSplit(1, train_size=len(found.train), random_state=0)
    train, rest = next(theirs.split(labels, labels))
    assert abs(counts(labels[found.train]) - counts(labels[train])).max() <= 1
    ours = counts(labels[found.validation]) + counts(labels[found.test])
    assert abs(ours - counts(labels[rest])).max() <= 1


@given(seeds, st.integers(10, 3500), st.integers(10, 3500))
def test_a_smaller_training_set_begins_every_larger_one_and_leaves_the_others_alone(
    seed: int, first: int, second: int
) -> None:
    labels = load_digits("sample").labels
    small, large = (split(labels, Data(training_digits=n), seed) for n in sorted((first, second)))
    assert len(small.train) == min(first, second)
    np.testing.assert_array_equal(small.train, large.train[: len(small.train)])
    np.testing.assert_array_equal(large.train, split(labels, Data(), seed).train[: len(large.train)])
    np.testing.assert_array_equal(small.validation, large.validation)
    np.testing.assert_array_equal(small.test, large.test)


def test_ten_training_digits_are_one_of_each() -> None:
    labels = load_digits("sample").labels
    for seed in range(20):
        assert sorted(labels[split(labels, Data(training_digits=10), seed).train]) == list(range(10))


def test_the_seed_alone_draws_the_split() -> None:
    labels = load_digits("sample").labels
    first, again, other = (split(labels, Data(), seed).train for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert len(np.intersect1d(first, other)) < 2600  # 2,450 of 3,500 are expected by chance


def test_equal_places_in_the_order_are_drawn_so_no_class_comes_first_as_a_rule() -> None:
    labels = load_digits("sample").labels
    assert len({labels[stratified_order(labels, seed)[0]] for seed in range(60)}) == 10


def test_more_training_digits_than_there_are_is_said_with_the_ways_out() -> None:
    with pytest.raises(SpecError, match="4,000 training digits are more than the 3,500") as caught:
        split(load_digits("sample").labels, Data(training_digits=4000), seed=0)
    assert caught.value.field == "data.training_digits"


def test_a_split_that_would_be_empty_names_its_share() -> None:
    labels = np.arange(20, dtype=np.uint8) % 10
    with pytest.raises(SpecError, match="none is left for validation") as caught:
        split(labels, shared((98, 1, 1)), seed=0)
    assert caught.value.field == "data.validation_share"
