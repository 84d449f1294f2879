"""The digits as tensors, split and scaled once, so that a batch is one index."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.data.digits import Digits, load_digits
from playground.data.noise import noisy_labels
from playground.data.scaling import Scale, make_scale
from playground.data.splits import Index, split
from playground.experiment import IMAGE_SHAPE, Augmentation, Data


@dataclass(frozen=True, eq=False)
class Digitset:
    """x float32 [N, 1, 28, 28], scaled; y int64 [N], with the label noise; index [N], where they stand in `Digits`."""

    x: Tensor
    y: Tensor
    index: Index

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, eq=False)
class Dataset:
    train: Digitset
    validation: Digitset
    test: Digitset
    scale: Scale


def load(data: Data, seed: int) -> Dataset:
    """All that is trained and measured on; only training labels get noise. The tensors are shared: don't write to them.

    Raises `SpecError` where the digits are not there or can't be split as asked.
    """
    # Augmentation happens per batch: a change of it is no reason to scale everything again.
    return _load(load_digits(data.source), data.but(augmentation=Augmentation()), seed)


@lru_cache(maxsize=2)  # full MNIST takes 220 MB
def _load(digits: Digits, data: Data, seed: int) -> Dataset:
    parts = split(digits.labels, data, seed, digits.official_test)
    scale = make_scale(data.scaling, digits.images[parts.train])
    train_labels = noisy_labels(digits.labels[parts.train], data.label_noise, seed)

    def digitset(index: Index, labels: NDArray) -> Digitset:
        images = scale.apply(digits.images[index])
        x = torch.from_numpy(images).view(-1, *IMAGE_SHAPE)
        return Digitset(x, torch.from_numpy(labels).long(), index)

    return Dataset(
        digitset(parts.train, train_labels),
        digitset(parts.validation, digits.labels[parts.validation]),
        digitset(parts.test, digits.labels[parts.test]),
        scale,
    )
