"""idx files against torchvision's own reader, and everything that can be wrong with one."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from playground.data.idx import NAMES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, idx_folder, read_mnist
from playground.errors import SpecError
from tests.idx_files import idx_bytes, tiny_mnist, write_mnist


@pytest.mark.parametrize("packed", [False, True])
def test_the_files_give_the_arrays_that_were_written_train_first(tmp_path: Path, packed: bool) -> None:
    images, labels, official_test = read_mnist(write_mnist(tmp_path, packed))
    written = tiny_mnist()
    np.testing.assert_array_equal(images[:100], written[TRAIN_IMAGES])
    np.testing.assert_array_equal(labels[100:], written[TEST_LABELS])
    assert official_test == 20


def test_torchvision_reads_the_same_digits(tmp_path: Path) -> None:
    images, labels, official_test = read_mnist(write_mnist(tmp_path / "MNIST" / "raw"))
    train, test = MNIST(str(tmp_path), train=True), MNIST(str(tmp_path), train=False)
    np.testing.assert_array_equal(images, np.concatenate([train.data.numpy(), test.data.numpy()]))
    np.testing.assert_array_equal(labels, np.concatenate([train.targets.numpy(), test.targets.numpy()]))
    assert official_test == len(test)


@pytest.mark.parametrize("below", ["", "raw", "MNIST/raw"])
def test_the_files_are_found_in_the_folder_or_below_it(tmp_path: Path, below: str) -> None:
    assert idx_folder(tmp_path) is None
    assert idx_folder(write_mnist(tmp_path / below)) == tmp_path / below
    assert idx_folder(tmp_path) == tmp_path / below


def test_three_of_the_four_files_are_not_found(tmp_path: Path) -> None:
    (write_mnist(tmp_path) / TEST_LABELS).unlink()
    assert idx_folder(tmp_path) is None


WRONG = {
    "truncated": (lambda content: content[:-1], "truncated"),
    "cut within its header": (lambda content: content[:6], "truncated"),
    "empty": (lambda content: b"", "truncated"),
    "longer than it says": (lambda content: content + b"\0", "longer"),
    "a web page": (lambda content: b"<!DOCTYPE html>", "starts with 0x3c21444f"),
    "of other numbers": (lambda content: content[:2] + b"\x0d" + content[3:], "starts with 0x00000d"),
    "of absurd size": (lambda content: content[:4] + b"\x7f" + content[5:], "header is damaged"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, wrong: str, packed: bool) -> None:
    spoil, said = WRONG[wrong]
    write_mnist(tmp_path, packed)
    content = spoil(idx_bytes(tiny_mnist()[name]))
    file = tmp_path / (f"{name}.gz" if packed else name)
    file.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(SpecError, match=said) as caught:
        read_mnist(tmp_path)
    assert caught.value.field == "data.source"
    assert file.name in caught.value.message


@pytest.mark.parametrize(
    "spoil",
    [lambda packed: packed[:-20], lambda packed: b"not gzip at all", lambda packed: packed[:30] + b"\xff" * 30],
    ids=["truncated", "something else", "damaged"],
)
def test_a_packed_file_that_does_not_unpack_is_named(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    file = write_mnist(tmp_path, packed=True) / f"{TRAIN_IMAGES}.gz"
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(SpecError, match=r"train-images-idx3-ubyte\.gz is truncated or damaged"):
        read_mnist(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        (TRAIN_LABELS, np.zeros(99, np.uint8), "99 labels for 100 images"),
        (TRAIN_LABELS, np.full(100, 10, np.uint8), "label 10"),
        (TRAIN_IMAGES, np.zeros((100, 32, 32), np.uint8), "32 × 32, not 28 × 28"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path: Path, name: str, array: np.ndarray, said: str) -> None:
    (write_mnist(tmp_path) / name).write_bytes(idx_bytes(array))
    with pytest.raises(SpecError, match=said):
        read_mnist(tmp_path)
