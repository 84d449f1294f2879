"""Initial weights, from one stream of chance a layer."""

from math import sqrt
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn

from playground.experiment import Initialization
from playground.network.modules import LocallyConnected2d
from playground.seeds import derive

if TYPE_CHECKING:
    from playground.network.build import Net


def initialize(net: "Net", initialization: Initialization, seed: int) -> None:
    """Draw the weights of every weighted layer, the head included, in place; the net has to be on the CPU.

    The k-th draws from a generator of its own, seeded `derive(seed, "weights", k)`: networks that differ in one layer
    start alike in all others, and PyTorch's default generator is left alone. Each place of a LocallyConnected2d draws
    as a Conv2d of its own, one after the other.
    """
    with torch.no_grad():
        for k, (_, module) in enumerate(net.weighted):
            generator = Generator().manual_seed(derive(seed, "weights", k))
            assert module.bias is not None
            if isinstance(module, LocallyConnected2d):
                for place, bias in enumerate(module.bias.view(module.weight.shape[:2])):
                    draw(module.kernels(place), bias, initialization, generator)
            else:
                draw(module.weight, module.bias, initialization, generator)


def draw(weight: Tensor, bias: Tensor, initialization: Initialization, generator: Generator) -> None:
    """Fill one layer's weight [out, in, …] and bias [out].

    fan_in and fan_out are the inputs and outputs of one unit (times kernel² for a filter). constant: N(value, noise²).
    default: PyTorch's own, U(±1/sqrt(fan_in)) for weight and bias. Xavier (Glorot and Bengio 2010): variance
    2 / (fan_in + fan_out). He (He et al. 2015): variance 2 / fan_in. Orthogonal (Saxe et al. 2014).
    """
    match initialization.kind:
        case "default":
            nn.init.kaiming_uniform_(weight, a=sqrt(5), generator=generator)
            bound = 1 / sqrt(weight[0].numel())
            nn.init.uniform_(bias, -bound, bound, generator=generator)
            return
        case "zeros":
            nn.init.zeros_(weight)
        case "constant":
            nn.init.normal_(weight, initialization.value, initialization.noise, generator=generator)
        case "normal":
            nn.init.normal_(weight, std=initialization.std, generator=generator)
        case "uniform":
            nn.init.uniform_(weight, -initialization.bound, initialization.bound, generator=generator)
        case "Xavier normal":
            nn.init.xavier_normal_(weight, generator=generator)
        case "Xavier uniform":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "He normal":
            nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
        case "He uniform":
            nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)
        case "orthogonal":
            nn.init.orthogonal_(weight, generator=generator)
    nn.init.constant_(bias, initialization.bias)
