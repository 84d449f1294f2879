"""From pixels, 0 to 255, to what the network gets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.errors import SpecError
from playground.experiment import Scaling

WHITE = 255
LEVELS = WHITE + 1


@dataclass(frozen=True)
class Scale:
    """Scaled = (pixel - center) / divisor.

    >>> Scale(127.5, 127.5)(255)
    1.0
    """

    center: float
    divisor: float

    def __call__(self, pixel: float) -> float:
        return (pixel - self.center) / self.divisor

    @property
    def background(self) -> float:
        """What 0 became."""
        return self(0)

    def apply(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Images of any shape, scaled: there are only 256 answers, so they are computed once and looked up."""
        table = (np.arange(LEVELS) - self.center) / self.divisor
        return table.astype(np.float32)[images]

    def pixels(self, scaled: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The way back, for pictures: rounded and clipped to 0 … 255."""
        return np.clip(np.rint(scaled * self.divisor + self.center), 0, WHITE).astype(np.uint8)


def make_scale(scaling: Scaling, training_images: NDArray[np.uint8]) -> Scale:
    """The scale that was asked for; "standardized" measures mean and deviation over all pixels of the training split.

    Raises `SpecError` if those pixels are all alike.
    """
    match scaling:
        case "none":
            return Scale(0.0, 1.0)
        case "zero-one":
            return Scale(0.0, WHITE)
        case "minus-one-one":
            return Scale(WHITE / 2, WHITE / 2)
        case "standardized":
            mean, deviation = mean_and_deviation(training_images)
            if deviation == 0:
                raise SpecError("data.scaling", f"all training pixels are {mean:g}: there is no deviation to divide by")
            return Scale(mean, deviation)


def mean_and_deviation(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Over all pixels, from how often each of the 256 levels occurs: exact, and no copy of the images as floats."""
    counts = sum((np.bincount(part.ravel(), minlength=LEVELS) for part in _parts(images)), np.zeros(LEVELS, np.int64))
    levels = np.arange(LEVELS)
    mean = float(counts @ levels / counts.sum())
    return mean, float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum()))


def _parts(images: NDArray[np.uint8], size: int = 1000) -> Iterator[NDArray[np.uint8]]:
    return (images[start : start + size] for start in range(0, len(images), size))
