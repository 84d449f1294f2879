"""Loss and accuracy in eval mode, the same way for every split."""

from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.network.build import Net
from playground.training.losses import LossFunction

CHUNK = 256  # digits a pass


def steps_between(training_digits: int, steps_per_epoch: int) -> int:
    """How many steps lie between two points of the curves: even parts of an epoch, of about 3,200 digits.

    Judging 2 · 256 digits forward costs as much as training on a third of them, so this takes a twentieth of the time.
    A few training digits make short epochs: then a point comes after as many of them as hold 400 digits.

    >>> steps_between(3_500, 55), steps_between(42_000, 657), steps_between(100, 2)
    (55, 51, 8)
    """
    if training_digits < 3200:
        return steps_per_epoch * ceil(400 / training_digits)
    return max(1, round(steps_per_epoch / round(training_digits / 3200)))


@torch.inference_mode()
def evaluate(net: Net, loss_function: LossFunction, images: Tensor, labels: Tensor) -> tuple[float, NDArray[np.bool_]]:
    """(loss, which digits are right [N]) over images [N, 1, 28, 28] and labels [N].

    Dropout off, running statistics, no penalty.
    """
    logits = predict(net, images)
    return loss_function(logits, labels).item(), are_correct(logits, labels)


@torch.inference_mode()
def predict(net: Net, images: Tensor) -> Tensor:
    """Logits [N, 10] in eval mode; the network's mode is put back."""
    was_training = net.training
    net.eval()
    try:
        return torch.cat([net(chunk) for chunk in images.split(CHUNK)])
    finally:
        net.train(was_training)


def are_correct(logits: Tensor, labels: Tensor) -> NDArray[np.bool_]:
    """Which digits' largest logit is their label's, [N]; NumPy takes a third of torch's time for a batch."""
    return logits.cpu().numpy().argmax(1) == labels.cpu().numpy()


def share(of: NDArray[np.bool_]) -> float:
    """The share that is true."""
    return int(of.sum()) / len(of)
