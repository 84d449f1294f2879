"""The tensors that are trained on, against the digits they came from."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from playground.data.digits import load_digits
from playground.data.tensors import load
from playground.experiment import Augmentation, Data, Scaling
from tests.idx_files import write_mnist


@pytest.mark.parametrize("scaling", get_args(Scaling))
def test_each_row_is_the_scaled_digit_its_index_names(scaling: Scaling) -> None:
    dataset, digits = load(Data(scaling=scaling), 0), load_digits("sample")
    for part in (dataset.train, dataset.validation, dataset.test):
        assert part.x.shape == (len(part), 1, 28, 28)
        assert (part.x.dtype, part.y.dtype) == (torch.float32, torch.int64)
        expected = (digits.images[part.index] - dataset.scale.center) / dataset.scale.divisor
        np.testing.assert_allclose(part.x[:, 0].numpy(), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(part.y.numpy(), digits.labels[part.index])


def test_standardized_training_digits_have_mean_0_and_deviation_1_by_their_own_statistics() -> None:
    dataset = load(Data(training_digits=100), 3)
    assert len(dataset.train) == 100
    assert dataset.train.x.double().mean().item() == pytest.approx(0, abs=1e-6)
    assert dataset.train.x.double().std(correction=0).item() == pytest.approx(1, abs=1e-6)
    assert abs(dataset.validation.x.double().mean().item()) > 1e-4


def test_label_noise_is_in_the_training_labels_only() -> None:
    dataset, labels = load(Data(label_noise=0.2), 0), load_digits("sample").labels
    assert (dataset.train.y.numpy() != labels[dataset.train.index]).sum() == 700
    assert (dataset.validation.y.numpy() == labels[dataset.validation.index]).all()
    assert (dataset.test.y.numpy() == labels[dataset.test.index]).all()


def test_augmentation_is_no_reason_to_load_again_but_a_seed_is() -> None:
    plain = load(Data(), 0)
    assert load(Data(augmentation=Augmentation(rotation=10)), 0) is plain
    assert load(Data(), 1) is not plain


def test_full_mnist_keeps_its_own_test_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MNIST_ROOT", str(write_mnist(tmp_path / "root")))
    dataset = load(Data(source="mnist"), 0)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (82, 18, 20)
    np.testing.assert_array_equal(dataset.test.index, range(100, 120))
