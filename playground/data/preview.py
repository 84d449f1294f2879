"""A look at the data before training."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from playground.data.digits import Digits
from playground.data.splits import Index, Split
from playground.experiment import CLASSES
from playground.seeds import derive


def class_counts(labels: NDArray[np.uint8], split: Split) -> pd.DataFrame:
    """How many of each digit each split holds: 30 rows with the columns split, digit, count."""
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return pd.DataFrame(
        [
            (name, digit, int(count))
            for name, index in parts.items()
            for digit, count in enumerate(np.bincount(labels[index], minlength=CLASSES))
        ],
        columns=["split", "digit", "count"],
    )


def samples_per_class(digits: Digits, index: Index, k: int, seed: int) -> tuple[Index, ...]:
    """Up to k positions in `digits` for each class 0 to 9, drawn from `index` by the seed; fewer where it has fewer."""
    drawn = np.random.default_rng(derive(seed, "samples")).permutation(index)
    return tuple(drawn[digits.labels[drawn] == digit][:k] for digit in range(CLASSES))


def mean_digits(digits: Digits, index: Index) -> NDArray[np.float64]:
    """The mean image of each class among `index`, [10, 28, 28] from 0 to 255; NaN for a class that is not there."""
    means = np.full((CLASSES, *digits.images.shape[1:]), np.nan)
    for digit in range(CLASSES):
        members = index[digits.labels[index] == digit]
        if len(members):
            means[digit] = digits.images[members].mean(axis=0)
    return means
