"""The look at the data, against counting and averaging by hand."""

import numpy as np

from playground.data.digits import load_digits
from playground.data.preview import class_counts, mean_digits, samples_per_class
from playground.data.splits import split
from playground.experiment import Data

DIGITS = load_digits("sample")
SPLIT = split(DIGITS.labels, Data(training_digits=1234), seed=0)


def test_counts_are_those_of_each_split_and_class() -> None:
    frame = class_counts(DIGITS.labels, SPLIT)
    assert list(frame.columns) == ["split", "digit", "count"]
    assert len(frame) == 30
    assert frame.groupby("split")["count"].sum().to_dict() == {"train": 1234, "validation": 750, "test": 750}
    counts = frame.set_index(["split", "digit"])["count"]
    for name, index in (("train", SPLIT.train), ("test", SPLIT.test)):
        assert counts[name, 7] == sum(int(label) == 7 for label in DIGITS.labels[index])


def test_a_class_that_is_not_there_counts_zero() -> None:
    only_ones = np.ones_like(DIGITS.labels)
    assert class_counts(only_ones, SPLIT).query("digit != 1")["count"].eq(0).all()


def test_samples_are_of_their_class_from_the_split_and_not_twice() -> None:
    samples = samples_per_class(DIGITS, SPLIT.train, k=8, seed=0)
    for digit, positions in enumerate(samples):
        assert len(set(positions)) == 8
        assert set(DIGITS.labels[positions]) == {digit}
        assert set(positions) <= set(SPLIT.train)


def test_samples_follow_the_seed_and_are_fewer_where_there_are_fewer() -> None:
    first, again, other = (np.stack(samples_per_class(DIGITS, SPLIT.train, 5, seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert [len(positions) for positions in samples_per_class(DIGITS, SPLIT.train[:10], 5, 0)] == [1] * 10


def test_mean_digits_are_the_means_and_nan_for_a_class_that_is_not_there() -> None:
    fours = SPLIT.train[DIGITS.labels[SPLIT.train] == 4]
    means = mean_digits(DIGITS, SPLIT.train)
    assert means.shape == (10, 28, 28)
    np.testing.assert_allclose(means[4], sum(DIGITS.images[i].astype(float) for i in fours) / len(fours))
    alone = mean_digits(DIGITS, fours)
    assert np.isnan(alone[5]).all()
    np.testing.assert_array_equal(alone[4], means[4])
