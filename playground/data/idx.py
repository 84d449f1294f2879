"""MNIST's own file format, idx: a magic number, the sizes, then one byte a value (LeCun, yann.lecun.com/exdb/mnist)."""

import gzip
import struct
import zlib
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from playground.errors import SpecError
from playground.experiment import CLASSES, IMAGE_SHAPE

TRAIN_IMAGES: Final = "train-images-idx3-ubyte"
TRAIN_LABELS: Final = "train-labels-idx1-ubyte"
TEST_IMAGES: Final = "t10k-images-idx3-ubyte"
TEST_LABELS: Final = "t10k-labels-idx1-ubyte"
NAMES: Final = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

UNSIGNED_BYTE: Final = 0x08  # the third byte of the magic number; the fourth is the number of dimensions
LARGEST: Final = 2**30  # bytes; all of MNIST has 2**26

Bytes = NDArray[np.uint8]


def idx_folder(root: Path) -> Path | None:
    """Where the four files lie: the folder itself, or `MNIST/raw` or `raw` below it; None if they are not all there."""
    for folder in (root, root / "MNIST" / "raw", root / "raw"):
        if all(_file(folder, name) for name in NAMES):
            return folder
    return None


def stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of each file: they change when a file does."""
    found = [file for name in NAMES if (file := _file(folder, name))]
    return tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in found)


def read_mnist(folder: Path) -> tuple[Bytes, Bytes, int]:
    """All digits of a folder: images uint8 [N, 28, 28], labels uint8 [N], and how many at the end are test digits.

    Raises `SpecError` where a file is missing, truncated or something else, or the files do not fit together.
    """
    train_images, train_labels = _pair(folder, TRAIN_IMAGES, TRAIN_LABELS)
    test_images, test_labels = _pair(folder, TEST_IMAGES, TEST_LABELS)
    images = np.concatenate([train_images, test_images])
    return images, np.concatenate([train_labels, test_labels]), len(test_labels)


def read_idx(file: Path, dimensions: int) -> Bytes:
    """The array of one idx file, plain or .gz; raises `SpecError` if it is anything else."""
    length = 4 + 4 * dimensions
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            header = stream.read(length)
            magic, *sizes = struct.unpack(f">{1 + dimensions}I", header.ljust(length, b"\0"))
            expected = UNSIGNED_BYTE << 8 | dimensions
            if magic != expected and len(header) >= 4:
                raise _error(
                    file, f"is not the idx file it should be: it starts with {magic:#010x}, not {expected:#010x}"
                )
            if len(header) < length:
                raise _error(file, f"is truncated: it ends after {len(header)} bytes, within its header")
            if prod(sizes) > LARGEST:
                raise _error(file, f"promises {prod(sizes):,} bytes of data: its header is damaged")
            # One byte more than the header promises tells a file that is too long.
            body = stream.read(prod(sizes) + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _error(file, f"is truncated or damaged ({error})") from error
    except OSError as error:
        raise _error(file, f"can't be read ({error.strerror or error})") from error
    if len(body) < prod(sizes):
        raise _error(file, f"is truncated: {len(body):,} bytes of data where its header promises {prod(sizes):,}")
    if len(body) > prod(sizes):
        raise _error(file, f"is longer than the {prod(sizes):,} bytes of data that its header promises")
    return np.frombuffer(body, np.uint8).reshape(sizes)


def _pair(folder: Path, images_name: str, labels_name: str) -> tuple[Bytes, Bytes]:
    images_file, labels_file = _file(folder, images_name), _file(folder, labels_name)
    if images_file is None or labels_file is None:
        missing = images_name if images_file is None else labels_name
        raise SpecError("data.source", f"{missing} (or {missing}.gz) is not in {folder}: put all four idx files there")
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if images.shape[1:] != IMAGE_SHAPE[1:]:
        raise _error(images_file, f"holds images of {_times(images.shape[1:])}, not {_times(IMAGE_SHAPE[1:])}")
    if len(images) != len(labels):
        raise _error(labels_file, f"has {len(labels):,} labels for {len(images):,} images")
    if len(labels) == 0:
        raise _error(labels_file, "holds no digits")
    if labels.max() >= CLASSES:
        raise _error(labels_file, f"holds the label {labels.max()}: labels go from 0 to {CLASSES - 1}")
    return images, labels


def _file(folder: Path, name: str) -> Path | None:
    return next((file for file in (folder / name, folder / f"{name}.gz") if file.is_file()), None)


def _error(file: Path, finding: str) -> SpecError:
    return SpecError("data.source", f"{file} {finding}. Fetch this file again, or name another folder")


def _times(shape: tuple[Any, ...]) -> str:
    return " × ".join(map(str, shape))
