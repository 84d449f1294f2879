"""What holds weights small: the L2 and L1 penalties.

The objective is loss + weight_decay/2 · ‖w‖² + l1 · ‖w‖₁, with w all weights: biases and normalization (parameters of
one dimension) are spared unless `decay_all`. AdamW's weight decay is no penalty: it is decoupled from the gradient, so
no L2 term is shown or differentiated for it. Clipping limits the gradient of the loss; the penalties' comes on top, as
weight decay does in PyTorch's own optimizers.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.experiment import Experiment


def is_decayed(parameter: Tensor, decay_all: bool) -> bool:
    return decay_all or parameter.ndim > 1


def strengths(experiment: Experiment) -> tuple[float, float]:
    """(l2, l1): how much ‖w‖²/2 and ‖w‖₁ weigh in the objective."""
    rule = experiment.regularization
    return 0.0 if experiment.optimizer.kind == "AdamW" else rule.weight_decay, rule.l1


@torch.no_grad()
def penalty(experiment: Experiment, weights: Sequence[Tensor]) -> float:
    """l2/2 · ‖w‖² + l1 · ‖w‖₁; exactly 0.0 where neither is on."""
    l2, l1 = strengths(experiment)
    squares = sum(weight.square().sum().item() for weight in weights) if l2 else 0.0
    sizes = sum(weight.abs().sum().item() for weight in weights) if l1 else 0.0
    return l2 / 2 * squares + l1 * sizes


@torch.no_grad()
def add_penalty_gradient(experiment: Experiment, weights: Sequence[Tensor]) -> None:
    """Add the derivative of `penalty`, l2 · w + l1 · sign(w), to the gradients; sign(0) is 0, as autograd has it."""
    l2, l1 = strengths(experiment)
    for weight in weights:
        assert weight.grad is not None
        if l2:
            weight.grad.add_(weight, alpha=l2)
        if l1:
            weight.grad.add_(weight.sign(), alpha=l1)
