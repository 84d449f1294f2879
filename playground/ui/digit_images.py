"""Digits as pictures for pages, readable on light and dark."""

import numpy as np
from numpy.typing import NDArray

INK = (0x3F, 0x8F, 0xC4)


def inked(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 images [..., 28, 28] → RGBA [..., 28, 28, 4]: the pixel's value is how opaque the ink is."""
    colored = np.empty((*images.shape, 4), np.uint8)
    colored[..., :3] = INK
    colored[..., 3] = images
    return colored


def strip(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images [N, 28, 28] side by side: RGBA [28, 28 N, 4]."""
    return inked(np.concatenate(list(images), axis=1))
