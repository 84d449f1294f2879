"""Label noise: wrong answers on purpose, to see what a network does with them."""

import numpy as np
from numpy.typing import NDArray

from playground.experiment import CLASSES
from playground.seeds import derive


def noisy_labels(labels: NDArray[np.uint8], share: float, seed: int) -> NDArray[np.uint8]:
    """A copy in which exactly round(share · n) labels, drawn by the seed, are another class, each equally likely.

    With the same seed, the labels that a smaller share makes wrong are wrong in the same way with a larger one.

    >>> int((noisy_labels(np.zeros(10, np.uint8), 0.3, seed=0) != 0).sum())
    3
    """
    rng = np.random.default_rng(derive(seed, "label noise"))
    order = rng.permutation(len(labels))
    step = rng.integers(1, CLASSES, len(labels), dtype=np.uint8)
    wrong = order[: round(share * len(labels))]
    noisy = labels.copy()
    noisy[wrong] = (labels[wrong] + step[wrong]) % CLASSES
    return noisy
