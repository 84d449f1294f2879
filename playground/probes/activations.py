"""What one digit does to every layer, and what each value there does to the loss."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from playground.experiment import Loss
from playground.network.build import Net
from playground.network.names import AUTOMATIC_DROPOUT, HEAD
from playground.training.losses import loss_function, probabilities

INPUT = "Input"
OUTPUT = "Output"


@dataclass(frozen=True)
class LayerActivation:
    """What leaves one layer, or the loss's gradient by it: float32 (channels, height, width), (features,) when flat."""

    name: str
    kind: str
    values: np.ndarray


@torch.inference_mode()
def activations(net: Net, x: Tensor, loss: Loss | None = None) -> tuple[LayerActivation, ...]:
    """Every layer's output for one digit x [1, 1, 28, 28], in eval mode, in the order of the builder.

    Automatic dropouts are left out: in eval mode they pass on what they get. After the head's logits the last entry,
    "Output", is the answer: softmax, or sigmoid where `loss` is binary cross-entropy. The network's mode is put back.
    """
    found = []
    with eval_mode(net):
        for name, kind, module in layers_of(net):
            x = module(x)
            found.append(activation(name, kind, x))
    answer = probabilities(x, loss or Loss())
    return (*found, activation(OUTPUT, answer_kind(loss), answer))


def activation_gradients(net: Net, x: Tensor, label: int, loss: Loss) -> tuple[LayerActivation, ...]:
    """∂loss/∂value for every value that one digit x [1, 1, 28, 28] makes, in eval mode, without penalty.

    "Input" comes first (by the scaled pixels), then the layers as in `activations`, and the head (by its logits) last.
    The network's mode and its parameters' `.grad` stay as they are.
    """
    values = x.detach().requires_grad_()
    found = [(INPUT, INPUT, values)]
    with eval_mode(net):
        for name, kind, module in layers_of(net):
            values = module(values)
            found.append((name, kind, values))
    of_digit = loss_function(loss)(values, torch.tensor([label], device=x.device))
    slopes = torch.autograd.grad(of_digit, [output for _, _, output in found])
    return tuple(activation(name, kind, slope) for (name, kind, _), slope in zip(found, slopes, strict=True))


@contextmanager
def eval_mode(net: nn.Module) -> Iterator[None]:
    """Dropout off and running statistics; the network's mode is put back."""
    was_training = net.training
    net.eval()
    try:
        yield
    finally:
        net.train(was_training)


def layers_of(net: Net) -> Iterator[tuple[str, str, nn.Module]]:
    """Each layer that a user placed, and the head: name, kind, module. In eval mode their chain is the network."""
    for name, module in zip(net.names, net.layers, strict=True):
        if not name.startswith(AUTOMATIC_DROPOUT):
            yield name, name.partition(" #")[0], module
    yield HEAD, "Linear", net.head


def answer_kind(loss: Loss | None) -> str:
    """What makes probabilities of logits."""
    return "Sigmoid" if loss is not None and loss.kind == "binary cross-entropy" else "Softmax"


def activation(name: str, kind: str, output: Tensor) -> LayerActivation:
    return LayerActivation(name, kind, output[0].float().contiguous().cpu().numpy())
