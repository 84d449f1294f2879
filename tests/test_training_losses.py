"""Each loss against its formula, and against PyTorch's own where there is one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.experiment import Loss, LossKind
from playground.training.losses import loss_function, probabilities

KINDS: list[LossKind] = ["cross-entropy", "binary cross-entropy", "focal", "MSE", "MAE", "Huber"]


def batch(seed: int = 0, size: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(size, 10, generator=generator), torch.randint(0, 10, (size,), generator=generator)


def one_hot(labels: Tensor) -> Tensor:
    return torch.eye(10)[labels]


PLAIN = {
    "cross-entropy": lambda z, y: nn.CrossEntropyLoss()(z, y),
    "binary cross-entropy": lambda z, y: nn.BCEWithLogitsLoss()(z, one_hot(y)),
    "focal": lambda z, y: torch.stack(
        [-((1 - p[k]) ** 2) * p[k].log() for p, k in zip(z.softmax(1), y, strict=True)]
    ).mean(),
    "MSE": lambda z, y: nn.MSELoss()(z.softmax(1), one_hot(y)),
    "MAE": lambda z, y: nn.L1Loss()(z.softmax(1), one_hot(y)),
    "Huber": lambda z, y: nn.HuberLoss(delta=0.3)(z.softmax(1), one_hot(y)),
}


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 1000))
def test_each_loss_is_the_fields_own(kind: LossKind, seed: int) -> None:
    logits, labels = batch(seed)
    found = loss_function(Loss(kind=kind, delta=0.3))(logits, labels)
    torch.testing.assert_close(found, PLAIN[kind](logits, labels), rtol=1e-4, atol=1e-6)


@given(smoothing=st.floats(0, 0.9), seed=st.integers(0, 1000))
def test_label_smoothing_and_class_weights_together_are_pytorchs(smoothing: float, seed: int) -> None:
    logits, labels = batch(seed)
    weights = tuple(float(k + 1) for k in range(10))
    found = loss_function(Loss(label_smoothing=smoothing, class_weights=weights))(logits, labels)
    wanted = nn.CrossEntropyLoss(weight=torch.tensor(weights), label_smoothing=smoothing)(logits, labels)
    torch.testing.assert_close(found, wanted)


def test_focal_loss_with_gamma_zero_is_cross_entropy() -> None:
    logits, labels = batch()
    found = loss_function(Loss(kind="focal", gamma=0.0))(logits, labels)
    torch.testing.assert_close(found, nn.CrossEntropyLoss()(logits, labels))


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.5, 1.0, 2.0])
def test_focal_loss_has_a_finite_gradient_where_the_answer_is_certain(gamma: float) -> None:
    logits = torch.tensor([[200.0] + 9 * [0.0], [-200.0] + 9 * [0.0]], requires_grad=True)
    loss_function(Loss(kind="focal", gamma=gamma))(logits, torch.tensor([0, 0])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_class_weights_make_a_weighted_mean_over_digits(kind: LossKind) -> None:
    logits, labels = batch()
    weights = tuple(0.5 + k for k in range(10))
    single = [loss_function(Loss(kind=kind))(logits[i : i + 1], labels[i : i + 1]).item() for i in range(len(labels))]
    counts = [weights[label] for label in labels.tolist()]
    wanted = sum(w * one for w, one in zip(counts, single, strict=True)) / sum(counts)
    found = loss_function(Loss(kind=kind, class_weights=weights))(logits, labels).item()
    assert found == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_in_which_no_digit_counts_has_no_loss_and_no_gradient(kind: LossKind) -> None:
    logits, _ = batch()
    logits.requires_grad_()
    weights = (0.0, *(1.0 for _ in range(9)))
    loss = loss_function(Loss(kind=kind, class_weights=weights, label_smoothing=0.1))(logits, torch.zeros(7).long())
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_against_the_gradient_lowers_every_loss(kind: LossKind, weighted: bool) -> None:
    weights = tuple(1.0 + k for k in range(10)) if weighted else None
    function = loss_function(Loss(kind=kind, class_weights=weights))
    logits, labels = batch()
    logits.requires_grad_()
    before = function(logits, labels)
    before.backward()
    assert logits.grad is not None
    assert function(logits - 0.1 * logits.grad, labels) < before


def test_a_network_that_knows_nothing_has_the_cross_entropy_of_guessing() -> None:
    assert loss_function(Loss())(torch.zeros(4, 10), torch.arange(4)).item() == pytest.approx(math.log(10))


def test_answers_are_softmax_and_for_one_against_all_sigmoid() -> None:
    logits, _ = batch()
    torch.testing.assert_close(probabilities(logits, Loss()).sum(1), torch.ones(7))
    torch.testing.assert_close(probabilities(logits, Loss(kind="binary cross-entropy")), torch.sigmoid(logits))
