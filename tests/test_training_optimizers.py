"""One table: each optimizer, as a run uses it, against plain PyTorch with the same settings."""

from collections.abc import Callable

import pytest
import torch
from torch import nn, optim
from torch.nn import functional as F

from playground.errors import SpecError
from playground.experiment import Optimizer, OptimizerKind, Regularization
from playground.training.trainer import Trainer
from tests.small_runs import assert_same_weights, batches, small, steps, twin

RATE, EPSILON = 0.01, 1e-6
ADAM = {"betas": (0.8, 0.95), "eps": EPSILON}
PLAIN: dict[OptimizerKind, Callable[[object], optim.Optimizer]] = {
    "SGD": lambda p: optim.SGD(p, lr=RATE),  # type: ignore[arg-type]
    "Momentum": lambda p: optim.SGD(p, lr=RATE, momentum=0.7),  # type: ignore[arg-type]
    "Nesterov": lambda p: optim.SGD(p, lr=RATE, momentum=0.7, nesterov=True),  # type: ignore[arg-type]
    "Adam": lambda p: optim.Adam(p, lr=RATE, **ADAM),  # type: ignore[arg-type]
    "AdamW": lambda p: optim.AdamW(p, lr=RATE, **ADAM),  # type: ignore[arg-type]
    "AMSGrad": lambda p: optim.Adam(p, lr=RATE, amsgrad=True, **ADAM),  # type: ignore[arg-type]
    "RMSprop": lambda p: optim.RMSprop(p, lr=RATE, alpha=0.9, eps=EPSILON),  # type: ignore[arg-type]
    "Adagrad": lambda p: optim.Adagrad(p, lr=RATE, eps=EPSILON),  # type: ignore[arg-type]
}


def chosen(kind: OptimizerKind) -> Optimizer:
    return Optimizer(kind=kind, learning_rate=RATE, momentum=0.7, beta1=0.8, beta2=0.95, alpha=0.9, epsilon=EPSILON)


def train_plainly(net: nn.Module, optimizer: optim.Optimizer, trainer: Trainer, count: int) -> None:
    for (x, y), _ in zip(batches(trainer, 10), range(count), strict=False):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


@pytest.mark.parametrize("decay_all", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", PLAIN)
def test_each_optimizer_is_pytorchs(kind: OptimizerKind, weight_decay: float, decay_all: bool) -> None:
    rule = Regularization(weight_decay=weight_decay, decay_all=decay_all)
    trainer = Trainer(small().but(optimizer=chosen(kind), regularization=rule))
    net = twin(trainer)
    weights = [parameter for name, parameter in net.named_parameters() if "weight" in name]
    biases = [parameter for name, parameter in net.named_parameters() if "bias" in name]
    groups = [
        {"params": weights, "weight_decay": weight_decay},
        {"params": biases, "weight_decay": weight_decay if decay_all else 0.0},
    ]
    train_plainly(net, PLAIN[kind](groups), trainer, 8)
    steps(trainer, 8)
    assert_same_weights(trainer.net, net, tolerance=1e-5)


def test_nesterov_without_momentum_is_refused_beside_its_control() -> None:
    with pytest.raises(SpecError, match="here 0: raise it, or choose SGD") as caught:
        Trainer(small().but(optimizer=Optimizer(kind="Nesterov", momentum=0.0)))
    assert caught.value.field == "optimizer.momentum"


def test_clipping_limits_the_norm_of_the_whole_gradient() -> None:
    """With SGD a step is rate times gradient, so its length says the clipped norm."""
    rule = Regularization(clip_norm=0.01)
    trainer = Trainer(small().but(optimizer=Optimizer(kind="SGD", learning_rate=1.0), regularization=rule))
    before = [parameter.detach().clone() for parameter in trainer.net.parameters()]
    trainer.advance()
    moved = [new - old for new, old in zip(trainer.net.parameters(), before, strict=True)]
    assert torch.cat([part.flatten() for part in moved]).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_clipping_is_pytorchs() -> None:
    rule = Regularization(clip_norm=0.5, weight_decay=0.1, decay_all=True)
    trainer = Trainer(small().but(optimizer=chosen("SGD"), regularization=rule))
    net = twin(trainer)
    optimizer = optim.SGD(net.parameters(), lr=RATE, weight_decay=0.1)
    for (x, y), _ in zip(batches(trainer, 10), range(5), strict=False):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
    steps(trainer, 5)
    assert_same_weights(trainer.net, net)
