"""How many digits each split has, told without the digits: pages say it of a source that isn't on this machine too."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from playground.data.splits import split
from playground.experiment import Augmentation, Data, Source

DIGITS: dict[Source, tuple[int, int]] = {"sample": (5_000, 0), "mnist": (70_000, 10_000)}  # in all, MNIST's own test


class Counts(NamedTuple):
    train: int
    validation: int
    test: int


def counts(data: Data) -> Counts:
    """How many digits are trained on, validated on and tested on; raises `SpecError` as `split` does.

    >>> counts(Data())
    Counts(train=3500, validation=750, test=750)
    """
    return _counts(data.but(augmentation=Augmentation(), label_noise=0))


@lru_cache(maxsize=64)  # a split takes some milliseconds, and pages ask at every click
def _counts(data: Data) -> Counts:
    digits, official_test = DIGITS[data.source]
    labels = (np.arange(digits) % 10).astype(np.uint8)  # how many there are depends on no label
    found = split(labels, data, 0, official_test)
    return Counts(len(found.train), len(found.validation), len(found.test))
