"""Tiny sets of MNIST's four files, for tests: random pixels, the labels 0 to 9 in turn."""

import gzip
import struct
from pathlib import Path

import numpy as np

from playground.data.idx import NAMES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS


def tiny_mnist(train: int = 100, test: int = 20) -> dict[str, np.ndarray]:
    """The four arrays by file name."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (train + test, 28, 28), np.uint8)
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    arrays = (images[:train], labels[:train], images[train:], labels[train:])
    return dict(zip((TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS), arrays, strict=True))


def idx_bytes(array: np.ndarray) -> bytes:
    """As LeCun's page describes it: two zero bytes, 8 for unsigned bytes, the number of dimensions, sizes, data."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes()


def write_mnist(folder: Path, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = tiny_mnist()
    for name in NAMES:
        content = idx_bytes(arrays[name])
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return folder
