"""A digit that somebody drew, or photographed, as the network knows digits: the way MNIST was made."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from playground.errors import SpecError
from playground.experiment import IMAGE_SHAPE

SIDE = IMAGE_SHAPE[1]
BOX = 20  # pixels; the longer side of a digit's ink in MNIST
CENTER = SIDE // 2  # the pixel that the centre of mass of every digit of MNIST lies in, down and across
DARKEST = 254  # every digit of the sample has ink of this level
FAINT = 8  # ink of less than an eighth of the strongest, such as anti-aliasing leaves, does not count for the size


def as_mnist(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink on black, of any size, as MNIST was made of larger scans: uint8 [28, 28].

    The ink is scaled to fit 20 × 20, its proportions kept, with the grey levels of anti-aliasing, and put so that its
    centre of mass lies within half a pixel of pixel 14, 14 (LeCun, Cortes and Burges, "The MNIST database"; the pixel
    is where all digits of the sample have it). Ink is never cut off: where that leaves no room, it stays off centre.
    As in the sample, some ink is black through and through, so thin strokes get stronger.

    Raises `SpecError` where there is no ink.
    """
    if not gray.any():
        raise SpecError("digit", "nothing is drawn yet: draw a digit, or load a picture of one")
    some, strong = gray > 0, gray > gray.max() // FAINT
    longer = max(len(within(strong.any(1))), len(within(strong.any(0))))
    around = longer * (SIDE - BOX) // (2 * BOX)  # how much faint ink there is room for
    rows, columns = kept(strong.any(1), some.any(1), around), kept(strong.any(0), some.any(0), around)
    ink = strengthened(fitted(gray[rows, columns], longer))
    top, left = place(ink.sum(1, dtype=int)), place(ink.sum(0, dtype=int))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return image


def within(lines: ArrayLike) -> range:
    """From the first line that has something to the last one."""
    found = np.flatnonzero(lines)
    return range(found[0], found[-1] + 1)


def kept(strong: ArrayLike, some: ArrayLike, around: int) -> slice:
    core, whole = within(strong), within(some)
    return slice(max(whole.start, core.start - around), min(whole.stop, core.stop + around))


def fitted(ink: NDArray[np.uint8], longer: int) -> NDArray[np.float32]:
    """So scaled that `longer` becomes 20: each pixel the mean of those it covers, or between them where enlarged."""
    levels = Image.fromarray(ink.astype(np.float32))
    if longer != BOX:
        size = max(1, round(levels.width * BOX / longer)), max(1, round(levels.height * BOX / longer))
        levels = levels.resize(size, Image.Resampling.BOX if longer > BOX else Image.Resampling.BICUBIC)
    return np.asarray(levels)


def strengthened(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    most = levels.max()
    return np.clip(np.rint(levels * (255 / most if most < DARKEST else 1)), 0, 255).astype(np.uint8)


def place(mass: NDArray[np.int_]) -> int:
    """Where rows of this mass begin so that their centre c satisfies 13.5 ≤ c < 14.5, or as near as they fit in.

    >>> place(np.array([1, 2, 1])), place(np.array([9] + 19 * [0]))
    (13, 8)
    """
    total, moment = int(mass.sum()), int(mass @ np.arange(len(mass)))
    first = -((2 * moment - (2 * CENTER - 1) * total) // (2 * total))  # ⌈13.5 - moment/total⌉ without rounding errors
    return min(max(first, 0), SIDE - len(mass))
