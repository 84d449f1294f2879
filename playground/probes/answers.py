"""What a network answers, and since when it answers it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.experiment import Loss
from playground.network.build import Net
from playground.training.evaluation import predict
from playground.training.losses import probabilities

NEVER = -1


@torch.inference_mode()
def answers(net: Net, x: Tensor, loss: Loss) -> NDArray[np.float32]:
    """Probabilities [N, 10] of digits x [N, 1, 28, 28], in eval mode: softmax, or sigmoid for binary cross-entropy."""
    return probabilities(predict(net, x), loss).float().cpu().numpy()


def top(found: NDArray[np.float32]) -> NDArray[np.int32]:
    """The class with the largest probability along the last axis; -1 where one of the ten is not a number."""
    return np.where(np.isnan(found).any(-1), NEVER, found.argmax(-1)).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Since:
    """When each class was answered: steps, int32 [N, 10]; -1 where it never was, or is not now.

    `first`: the first of the steps looked at; `settled`: the first one from which on it was the answer at all of them.
    """

    first: NDArray[np.int32]
    settled: NDArray[np.int32]


def since(steps: NDArray[np.int32], found: NDArray[np.float32]) -> Since:
    """From steps [M], rising, and probabilities [M, N, 10]."""
    said = top(found)[..., None] == np.arange(found.shape[-1])
    stays = np.logical_and.accumulate(said[::-1])[::-1]

    def earliest(holds: NDArray[np.bool_]) -> NDArray[np.int32]:
        return np.where(holds.any(0), steps[holds.argmax(0)], NEVER).astype(np.int32)

    return Since(earliest(said), earliest(stays))
