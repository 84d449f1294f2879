"""What one digit does to every layer."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from playground.experiment import Loss
from playground.network.build import Net
from playground.network.names import AUTOMATIC_DROPOUT, HEAD
from playground.training.losses import probabilities


@dataclass(frozen=True)
class LayerActivation:
    """What leaves one layer: float32 (channels, height, width), or (features,) when flat."""

    name: str
    kind: str
    values: np.ndarray


@torch.inference_mode()
def activations(net: Net, x: Tensor, loss: Loss | None = None) -> tuple[LayerActivation, ...]:
    """Every layer's output for one digit x [1, 1, 28, 28], in eval mode, in the order of the builder.

    Automatic dropouts are left out: in eval mode they pass on what they get. After the head's logits the last entry,
    "Output", is the answer: softmax, or sigmoid where `loss` is binary cross-entropy. The network's mode is put back.
    """
    was_training = net.training
    net.eval()
    try:
        *outputs, logits = net.forward_all(x)
    finally:
        net.train(was_training)
    answer = "Sigmoid" if loss is not None and loss.kind == "binary cross-entropy" else "Softmax"
    return (
        *(
            activation(name, name.partition(" #")[0], output)
            for name, output in zip(net.names, outputs, strict=True)
            if not name.startswith(AUTOMATIC_DROPOUT)
        ),
        activation(HEAD, "Linear", logits),
        activation("Output", answer, probabilities(logits, loss or Loss())),
    )


def activation(name: str, kind: str, output: Tensor) -> LayerActivation:
    return LayerActivation(name, kind, output[0].float().contiguous().cpu().numpy())
