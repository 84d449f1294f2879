"""How strongly each weighted layer is pulled, and how far it moves."""

from collections.abc import Sequence
from math import inf, sqrt

import torch
from torch import Tensor

from playground.training.events import LayersMeasured


class Gauge:
    """Laid on the weights between backward and the optimizer's step, read after it."""

    @torch.no_grad()
    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = weights
        self.gradient = rms([weight.grad for weight in weights if weight.grad is not None])
        self.sizes = rms(weights)
        self.before = [weight.clone() for weight in weights]

    @torch.no_grad()
    def measured(self, step: int) -> LayersMeasured:
        """RMS of the gradients as they were found, and RMS(Δw)/RMS(w): inf where zeros moved, 0 where zeros stayed."""
        moved = rms([old.sub_(new) for old, new in zip(self.before, self.weights, strict=True)])
        update = [move / size if size else (inf if move else 0.0) for move, size in zip(moved, self.sizes, strict=True)]
        return LayersMeasured(step, self.gradient, tuple(update))


def rms(tensors: Sequence[Tensor]) -> tuple[float, ...]:
    """The root mean square of each tensor's entries: comparable between layers of any size.

    >>> rms([torch.tensor([3.0, -3.0, 3.0, 3.0]), torch.tensor([0.0])])
    (3.0, 0.0)
    """
    norms = torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors]).tolist()
    # float32 has no room for the squares of numbers below 1e-23: they would be called exactly 0.
    norms = [norm or exact_norm(tensor) for norm, tensor in zip(norms, tensors, strict=True)]
    return tuple(norm / sqrt(tensor.numel()) for norm, tensor in zip(norms, tensors, strict=True))


def exact_norm(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor, dtype=torch.float64))
