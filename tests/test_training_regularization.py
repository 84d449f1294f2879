"""The penalty that is shown and the gradient that is used are one function and its derivative."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from playground.experiment import Optimizer, Regularization
from playground.training.events import Stepped
from playground.training.trainer import Trainer
from tests.small_runs import NORMALIZED, assert_same_weights, batches, small, twin

SGD = Optimizer(kind="SGD", learning_rate=0.1)


def first_step(trainer: Trainer) -> Stepped:
    event = trainer.advance()[0]
    assert isinstance(event, Stepped)
    return event


@settings(max_examples=15)
@given(weight_decay=st.floats(0, 1), l1=st.floats(0, 0.1), decay_all=st.booleans())
def test_a_step_goes_down_the_written_out_objective(weight_decay: float, l1: float, decay_all: bool) -> None:
    """With SGD, the step is the gradient: autograd on loss + λ/2 · ‖w‖² + l1 · ‖w‖₁ gives the same one."""
    rule = Regularization(weight_decay=weight_decay, l1=l1, decay_all=decay_all)
    trainer = Trainer(small().but(optimizer=SGD, regularization=rule))
    net = twin(trainer)
    weights = [p for name, p in net.named_parameters() if decay_all or "weight" in name]
    x, y = next(batches(trainer, 10))
    loss = F.cross_entropy(net(x), y)
    penalty = torch.stack([weight_decay / 2 * (w**2).sum() + l1 * w.abs().sum() for w in weights]).sum()
    (loss + penalty).backward()
    with torch.no_grad():
        for parameter in net.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=0.1)

    step = first_step(trainer)
    assert step.loss == pytest.approx(loss.item(), rel=1e-5)
    assert step.penalty == pytest.approx(penalty.item(), rel=1e-4, abs=1e-7)
    assert_same_weights(trainer.net, net)


def test_no_penalty_is_exactly_zero() -> None:
    assert first_step(Trainer(small())).penalty == 0.0


def test_adamw_shows_no_l2_penalty_for_it_has_none() -> None:
    rule = Regularization(weight_decay=0.1)
    assert first_step(Trainer(small().but(optimizer=Optimizer(kind="AdamW"), regularization=rule))).penalty == 0.0
    assert first_step(Trainer(small().but(optimizer=Optimizer(kind="Adam"), regularization=rule))).penalty > 0.0


def test_normalization_and_biases_are_left_alone_unless_all_decays() -> None:
    for decay_all, expected in ((False, {2}), (True, {1, 2})):
        rule = Regularization(weight_decay=0.1, decay_all=decay_all)
        trainer = Trainer(small(*NORMALIZED).but(regularization=rule))
        assert {parameter.ndim for parameter in trainer.decayed} == expected
        assert len(trainer.decayed) == (6 if decay_all else 2)
