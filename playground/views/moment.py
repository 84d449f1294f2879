"""A run at one step: all that a view is made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.data.digits import Digits, load_digits
from playground.data.tensors import Dataset
from playground.errors import SpecError
from playground.experiment import IMAGE_SHAPE, Experiment
from playground.network.build import Net
from playground.views.requests import Digit, pixels_of

Part = Literal["train", "validation", "test", "unused"]


@dataclass(frozen=True)
class Verdicts:
    """Which of the digits that curves are measured on were answered rightly: bool [evaluations, digits] a split.

    `steps` [evaluations]; column i is the split's digit i.
    """

    steps: NDArray[np.int64]
    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]


def no_verdicts() -> Verdicts:
    return Verdicts(np.zeros(0, np.int64), np.zeros((0, 0), np.bool_), np.zeros((0, 0), np.bool_))


@dataclass(frozen=True, eq=False)
class Moment:
    """A network at a step of its run. A view leaves the network as it is: weights, gradients and mode.

    `verdicts` reads all evaluations up to this step; `kept` gives the kept moments up to it, the first one first.
    `imported` has the weights that its run began with, where they came from a file.
    """

    experiment: Experiment
    net: Net
    dataset: Dataset
    step: int
    verdicts: Callable[[], Verdicts] = no_verdicts
    kept: Callable[[], Iterator["Moment"]] = field(default=lambda: iter(()))
    imported: Path | None = None
    # Of a split's first so many digits, where a view has found them: other views of the same moment need no pass.
    logits: dict[tuple[str, int], NDArray[np.float32]] = field(default_factory=dict)

    @property
    def digits(self) -> Digits:
        """Images and true labels of the whole source; `dataset.validation.index` and such point into it."""
        return load_digits(self.experiment.data.source)

    @property
    def device(self) -> torch.device:
        return next(self.net.parameters()).device

    def image(self, digit: Digit) -> NDArray[np.uint8]:
        """uint8 [28, 28]; raises `SpecError` where the source has no such digit."""
        if isinstance(digit, str):
            return np.frombuffer(pixels_of(digit), np.uint8).reshape(IMAGE_SHAPE[1:])
        self.check(digit)
        return self.digits.images[digit]

    def label(self, digit: Digit) -> int | None:
        """The true label; None for a drawn digit."""
        if isinstance(digit, str):
            return None
        self.check(digit)
        return int(self.digits.labels[digit])

    def split_of(self, digit: Digit) -> Part | None:
        """The split that a digit is in, "unused" where the run trains on fewer digits; None for a drawn digit."""
        if isinstance(digit, str):
            return None
        self.check(digit)
        parts: tuple[Part, ...] = ("train", "validation", "test")
        return next((part for part in parts if digit in getattr(self.dataset, part).index), "unused")

    def check(self, digit: int) -> None:
        if digit >= len(self.digits):
            raise SpecError("digit", f"there is no digit {digit:,}: the last one is {len(self.digits) - 1:,}")

    def x(self, *digits: Digit) -> Tensor:
        """Digits as the network takes them: float32 [N, 1, 28, 28] on its device."""
        images = np.stack([self.image(digit) for digit in digits])
        return torch.from_numpy(self.dataset.scale.apply(images[:, None])).to(self.device)
