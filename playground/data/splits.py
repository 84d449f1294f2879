"""Train, validation and test: three windows of one stratified order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.errors import SpecError
from playground.experiment import Data
from playground.seeds import derive

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Positions in the digits, each in at most one of the three."""

    train: Index
    validation: Index
    test: Index


def split(labels: NDArray[np.uint8], data: Data, seed: int, official_test: int = 0) -> Split:
    """Stratified shares of all digits, drawn by the seed; `training_digits` keeps the first so many of train.

    Since every prefix of the order is stratified, a smaller training set is stratified too and lies within every
    larger one. With `folds`, train and validation together are cut into so many parts, and validation is one of them:
    the test split is the same for all. MNIST's own test digits, the last `official_test`, are the test split where
    there are any; train and validation then share the rest in their proportion.
    Raises `SpecError` where a split is empty, or has fewer digits than `training_digits`.

    >>> labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    >>> whole = split(labels, Data(), seed=0)
    >>> len(whole.train), len(whole.validation), len(whole.test)
    (3500, 750, 750)
    """
    free = len(labels) - official_test
    order = stratified_order(labels[:free], derive(seed, "split"))
    if official_test:
        parts = data.train_share + data.validation_share
        first, second = _share(free, data.train_share, parts), free
        test: Index = np.arange(free, len(labels))
    else:
        first = _share(free, data.train_share, 100)
        second = _share(free, data.train_share + data.validation_share, 100)
        test = order[second:]
    train, validation = order[:first], order[first:second]
    if data.folds is not None:
        pool = order[:second]
        is_out = fold_of_each(labels[pool], data.folds) == data.fold
        train, validation = pool[~is_out], pool[is_out]
    for name, part in (("train", train), ("validation", validation), ("test", test)):
        if not len(part):
            raise SpecError(f"data.{name}_share", f"of {len(labels):,} digits none is left for {name}: raise its share")
    wanted = data.training_digits
    if wanted is not None and wanted > len(train):
        raise SpecError(
            "data.training_digits",
            f"{wanted:,} training digits are more than the {len(train):,} of the training split: "
            "take fewer, raise the train share, or use full MNIST",
        )
    return Split(train[:wanted], validation, test)


def stratified_order(labels: NDArray[np.uint8], seed: int) -> Index:
    """A random order of which every prefix holds the classes in their proportion.

    The r-th (from 0) of the n digits of a class, in random order, stands at (r + 1/2) / n of the way; equal places
    are drawn. A prefix of k of N digits then holds k·n/N of that class to within 1/2 + n/N · (number of classes)/2,
    which is 1 for ten classes of one size.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    place = np.empty(len(labels))
    for digit in np.unique(labels):
        members = labels[shuffled] == digit
        count = np.count_nonzero(members)
        place[members] = (np.arange(count) + 0.5) / count
    # `shuffled` is random already: a stable sort leaves equal places in random order.
    return shuffled[np.argsort(place, kind="stable")]


def fold_of_each(labels: NDArray[np.uint8], folds: int) -> NDArray[np.intp]:
    """Which fold, from 1, each of the labels belongs to, [N]: stratified, dealt out in the order they come in.

    Class after class, each digit goes into the next fold. So two folds differ by at most one digit in every class, and
    in all, as scikit-learn's `StratifiedKFold` has it.

    >>> fold_of_each(np.array([0, 0, 1, 0, 1, 0], np.uint8), 2)
    array([1, 2, 1, 1, 2, 2])
    """
    result = np.empty(len(labels), np.intp)
    result[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % folds + 1
    return result


def _share(count: int, part: int, whole: int) -> int:
    """`part` of `whole` of `count` digits, rounded half up in whole numbers."""
    return (2 * count * part + whole) // (2 * whole)
