"""One fixed permutation of a map's places."""

import numpy as np
from numpy.typing import NDArray

from playground.seeds import derive


def pixel_order(height: int, width: int) -> NDArray[np.intp]:
    """Where each place of a permuted map, counted row by row, takes its value from: [height · width].

    The same for all channels, runs and seeds; it follows from the map's size alone.

    >>> sorted(pixel_order(2, 3).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    return np.random.default_rng(derive(0, "pixels", height, width)).permutation(height * width)
