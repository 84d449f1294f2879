"""From gradients to steps: PyTorch's optimizers, set up as the experiment says."""

import inspect
from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop

from playground.experiment import Experiment, check_momentum
from playground.training.regularization import is_decayed


def make_optimizer(experiment: Experiment, net: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of the network's parameters; fused where PyTorch has it, which does the same sums in one pass.

    Only AdamW knows of weight decay: it shrinks the weights of its first group beside the step, decoupled from the
    gradient (Loshchilov & Hutter 2019). For all others weight decay is a penalty, whose gradient is added to the loss's
    (see `regularization`). Raises `SpecError` for Nesterov without momentum.
    """
    chosen = experiment.optimizer
    check_momentum(chosen)
    parameters = list(net.parameters())
    rate, epsilon, betas = chosen.learning_rate, chosen.epsilon, (chosen.beta1, chosen.beta2)
    match chosen.kind:
        case "SGD":
            return SGD(parameters, lr=rate, fused=True)
        case "Momentum":
            return SGD(parameters, lr=rate, momentum=chosen.momentum, fused=True)
        case "Nesterov":
            return SGD(parameters, lr=rate, momentum=chosen.momentum, nesterov=True, fused=True)
        case "Adam":
            return Adam(parameters, lr=rate, betas=betas, eps=epsilon, fused=True)
        case "AMSGrad":
            return Adam(parameters, lr=rate, betas=betas, eps=epsilon, amsgrad=True, fused=True)
        case "RMSprop":
            return RMSprop(parameters, lr=rate, alpha=chosen.alpha, eps=epsilon)
        case "Adagrad":
            has_fused = parameters[0].device.type != "mps"
            return Adagrad(parameters, lr=rate, eps=epsilon, fused=has_fused)
        case "AdamW":
            rule = experiment.regularization
            spared = [parameter for parameter in parameters if not is_decayed(parameter, rule.decay_all)]
            decayed = [parameter for parameter in parameters if is_decayed(parameter, rule.decay_all)]
            groups = [{"params": decayed, "weight_decay": rule.weight_decay}, {"params": spared, "weight_decay": 0.0}]
            return AdamW(groups, lr=rate, betas=betas, eps=epsilon, fused=True)


def plain_step(optimizer: torch.optim.Optimizer) -> Callable[[], object]:
    """The optimizer's `step` without the wrapper that tells PyTorch's profiler of it: 5 % of a small network's time."""
    step = type(optimizer).step
    return partial(inspect.unwrap(step, stop=lambda function: not hasattr(function, "hooked")), optimizer)


def set_weight_decay(optimizer: torch.optim.Optimizer, weight_decay: float) -> None:
    """A new decoupled weight decay; the other optimizers have none of their own."""
    if isinstance(optimizer, AdamW):
        optimizer.param_groups[0]["weight_decay"] = weight_decay


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """A new learning rate; momentum and all other state stay."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
