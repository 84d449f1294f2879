"""Which digits come when: the order of an epoch, how it is cut into batches, and where a run stands in it."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from playground.seeds import derive


@dataclass(frozen=True)
class Place:
    """Where a run stands: whole epochs done, and how much of the one under way.

    `digits` counts what was seen of its order. `share` counts batches alike, the smaller last one too, as schedules
    do: each takes its part of what was left, so another batch size on the way makes no jump.
    """

    epoch: int = 0
    digits: int = 0
    share: float = 0.0

    def progress(self, epochs: int) -> float:
        """How much of so many epochs is done, from 0 to 1."""
        return (self.epoch + self.share) / epochs


@dataclass(frozen=True)
class Course:
    """All epochs over the training digits.

    The last batch of an epoch is smaller where digits don't divide evenly. With `needs_two` (batch normalization can't
    tell the spread of one digit) a last batch of one is left out.

    >>> Course(digits=129, needs_two=False).batches(64), Course(digits=129, needs_two=True).batches(64)
    (3, 2)
    """

    digits: int
    needs_two: bool

    def batches(self, batch_size: int, done: int = 0) -> int:
        """How many batches the digits of an epoch make that come after the first `done`."""
        whole, rest = divmod(self.digits - done, batch_size)
        return whole + (rest > 1 if self.needs_two else rest > 0)

    def next_digits(self, place: Place, batch_size: int) -> slice:
        """The digits of the next batch, as a slice of the epoch's order."""
        return slice(place.digits, min(place.digits + batch_size, self.digits))

    def after(self, place: Place, batch_size: int) -> Place:
        """The place after one more batch."""
        digits = self.next_digits(place, batch_size).stop
        left = self.batches(batch_size, digits)
        if left == 0:
            return Place(place.epoch + 1)
        return Place(place.epoch, digits, place.share + (1 - place.share) / (left + 1))

    def epochs_done(self, place: Place) -> float:
        """Epochs, counted in digits."""
        return place.epoch + place.digits / self.digits

    def steps_left(self, place: Place, batch_size: int, epochs: int) -> int:
        """How many batches are left until the end of `epochs`."""
        later = (epochs - place.epoch - 1) * self.batches(batch_size)
        return self.batches(batch_size, place.digits) + later if place.epoch < epochs else 0


@lru_cache(maxsize=16)
def order(digits: int, seed: int, epoch: int) -> Tensor:
    """The order of the training digits in one epoch, a permutation of its own."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(digits, generator=generator)
