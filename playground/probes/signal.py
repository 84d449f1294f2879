"""What reaches each layer before training, from the digits forwards and from the loss backwards."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.experiment import Loss
from playground.network.build import Net
from playground.probes.activations import eval_mode, layers_of
from playground.probes.distributions import LayerDistribution, distributions
from playground.probes.gradients import layer_gradients, rms
from playground.training.losses import loss_function

BINS_IN_ONE = 2  # of those that `distributions` counts: thirty a layer are left


@dataclass(frozen=True, eq=False)
class LayerSignal:
    """One weighted layer and what the next one receives of it, over many digits.

    `deviation`: standard deviation of that, over units and digits; NaN where a value isn't finite. `gradient`: RMS of
    the gradient of each digit's loss by what leaves the weights, before the activation function (∂Cost/∂s of Glorot
    and Bengio 2010). `weight_gradient`: RMS per weight of the gradient of the mean loss.

    `saturated`: share of values where the slope has all but vanished, of Tanh and Sigmoid; `dead`: share of the units
    that are 0 for every digit, of ReLU; None for other layers. `counts` [30] between `low` and `high`: of the values
    that aren't exactly 0, whose share is `zeros`.
    """

    name: str
    deviation: float
    gradient: float
    weight_gradient: float
    zeros: float
    saturated: float | None
    dead: float | None
    low: float
    high: float
    counts: NDArray[np.float32]


def signal(net: Net, x: Tensor, y: Tensor, loss: Loss) -> tuple[float, tuple[LayerSignal, ...]]:
    """(mean square of the scaled pixels, the signal at each weighted layer, the head last), in eval mode, no penalty.

    For digits x [N, 1, 28, 28] with labels y [N]. The network's mode is put back, and no `.grad` is touched.
    """
    found = distributions(net, x)
    slopes, pulls = gradients(net, x, y, loss), layer_gradients(net, x, y, loss)
    layers = zip(received(net, found), slopes, pulls, strict=True)
    return rms(x) ** 2, tuple(
        LayerSignal(
            pull.name,
            one.deviation,
            slope,
            pull.gradient,
            one.zeros,
            one.saturated,
            None if one.dead is None else one.dead / one.units,
            float(one.edges[0]),
            float(one.edges[-1]),
            one.counts.reshape(-1, BINS_IN_ONE).sum(1),
        )
        for one, slope, pull in layers
    )


def received(net: Net, found: tuple[LayerDistribution, ...]) -> Iterator[LayerDistribution]:
    """Of each weighted layer what the next one receives: the last distribution before it."""
    weighted = {name for name, _ in net.weighted}
    starts = [place for place, one in enumerate(found) if one.name in weighted]
    return (found[end - 1] for end in (*starts[1:], len(found)))


def gradients(net: Net, x: Tensor, y: Tensor, loss: Loss) -> tuple[float, ...]:
    """RMS over units and digits of ∂(a digit's loss)/∂(what leaves a weighted layer), one a weighted layer."""
    weighted, outputs = {name for name, _ in net.weighted}, []
    values = x.detach().requires_grad_()  # a network without hidden layers has something to differentiate by, too
    with eval_mode(net), torch.enable_grad():
        for name, _, module in layers_of(net):
            values = module(values)
            if name in weighted:
                outputs.append(values)
        found = torch.autograd.grad(loss_function(loss)(values, y), outputs)
    return tuple(len(x) * rms(one) for one in found)  # the loss is a mean over digits
