"""The final measurement, against counting by hand."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from playground.data.tensors import Digitset
from playground.experiment import Loss
from playground.network.build import build
from playground.training.intervals import wilson_interval
from playground.training.measure import measure
from playground.training.trainer import Trainer
from tests.small_runs import small, steps

Z = 1.959963984540054


@given(digits=st.integers(1, 10_000), share=st.floats(0, 1))
def test_the_wilson_interval_holds_all_shares_that_a_test_would_not_reject(digits: int, share: float) -> None:
    """Its ends are the p at which the score |p̂ - p| / √(p(1-p)/n) is exactly z: how Wilson defined it."""
    correct = round(share * digits)
    low, high = wilson_interval(correct, digits)
    assert 0 <= low <= correct / digits <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            spread = math.sqrt(end * (1 - end) / digits)
            assert abs(correct / digits - end) == pytest.approx(Z * spread, rel=1e-6, abs=1e-9)


def test_wilsons_interval_of_a_published_example() -> None:
    """81 of 263 (Newcombe 1998, table I, method 3): 0.2553 to 0.3662."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def trained() -> Trainer:
    trainer = Trainer(small(dropout=0.3))
    steps(trainer, 20)
    return trainer


def test_precision_recall_and_f1_are_counted_from_the_confusion_matrix() -> None:
    trainer = trained()
    found = measure(trainer.net, trainer.dataset.test)
    matrix = np.zeros((10, 10), int)
    for label, prediction in zip(found["labels"], found["predictions"], strict=True):
        matrix[label, prediction] += 1
    assert found["confusion"] == matrix.tolist()
    right = np.diag(matrix)
    with np.errstate(invalid="ignore"):
        precision = np.nan_to_num(right / matrix.sum(0))
        recall = right / matrix.sum(1)
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    assert found["precision"] == pytest.approx(precision)
    assert found["recall"] == pytest.approx(recall)
    assert found["f1"] == pytest.approx(f1)
    assert found["support"] == matrix.sum(1).tolist()
    macro = {"precision": precision.mean(), "recall": recall.mean(), "f1": f1.mean()}
    assert found["macro"] == pytest.approx(macro)
    assert found["correct"] == right.sum()
    assert found["accuracy"] == right.sum() / 750


def test_it_is_measured_in_eval_mode_and_the_network_goes_on_training() -> None:
    trainer = trained()
    first, second = measure(trainer.net, trainer.dataset.test), measure(trainer.net, trainer.dataset.test)
    assert first == second
    assert trainer.net.training


def test_it_is_ready_for_json() -> None:
    trainer = trained()
    found = measure(trainer.net, trainer.dataset.test)
    assert json.loads(json.dumps(found)) == found


def test_predictions_are_the_likeliest_classes_and_labels_those_of_the_digits() -> None:
    trainer = trained()
    found = measure(trainer.net, trainer.dataset.test)
    assert found["labels"] == trainer.dataset.test.y.tolist()
    assert np.argmax(found["probabilities"], axis=1).tolist() == found["predictions"]
    assert np.sum(found["probabilities"], axis=1) == pytest.approx(np.ones(750))


def test_one_against_all_answers_with_ten_probabilities_of_their_own() -> None:
    digits = Digitset(torch.zeros(3, 1, 28, 28), torch.arange(3), np.arange(3))
    net = build(small().network, 0)
    nn.init.zeros_(net.head.weight)
    nn.init.zeros_(net.head.bias)
    assert measure(net, digits, Loss(kind="binary cross-entropy"))["probabilities"] == [10 * [0.5]] * 3
    assert measure(net, digits)["probabilities"][0] == pytest.approx(10 * [0.1])


def test_classes_that_never_come_or_are_never_predicted_count_zero() -> None:
    digits = Digitset(torch.zeros(4, 1, 28, 28), torch.tensor([0, 0, 1, 1]), np.arange(4))
    net = build(small().network, 0)
    nn.init.zeros_(net.head.weight)
    with torch.no_grad():
        net.head.bias[0] += 5
    found = measure(net, digits)
    assert (found["precision"][0], found["recall"][0], found["recall"][1]) == (0.5, 1.0, 0.0)
    assert found["precision"][1:] == [0.0] * 9
