"""What theory expects of the signal in a deep MLP before its first step: forwards and backwards, layer by layer.

For wide layers whose weights are drawn independently around 0, what enters a unit is nearly Gaussian. With q its
variance over units and digits, f the activation function and z ~ N(0, 1):

    q_l = fan_in · Var(w_l) · E[f(b + √q_(l-1) z)²] + Var(b_l)            forwards; E[x²] of the digits for the first
    g_l = fan_out · Var(w_(l+1)) · E[f'(b + √q_l z)²] · g_(l+1)           backwards; g = E[(∂loss/∂ what enters)²]

Poole et al. 2016, "Exponential expressivity in deep neural networks through transient chaos", and Schoenholz et al.
2017, "Deep information propagation". Two special cases made history: where f is nearly linear at 0, as tanh is, both
factors are n · Var(w) · f'(0)², and 2/(fan_in + fan_out) is the compromise that keeps them near 1 (Glorot and Bengio
2010); ReLU keeps half of the second moment, and 2/fan_in makes up for it (He et al. 2015).
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import sqrt

import numpy as np

from playground.experiment import Initialization
from playground.network.functions import FUNCTIONS, Array, normal_density

STEP = 0.01
# Midpoints: no point lies on ReLU's kink, so its half is a half.
Z: Array = np.arange(-8, 8, STEP) + STEP / 2
WEIGHT: Array = normal_density(Z) * STEP


@dataclass(frozen=True)
class Expected:
    """Of one hidden layer: standard deviation of what leaves it, RMS of the loss's gradient by what enters it."""

    deviation: float
    gradient: float


def variance(initialization: Initialization, fan_in: int, fan_out: int) -> float | None:
    """Of one weight drawn independently around 0; None where all are one constant.

    Orthogonal weights depend on one another, yet each alone varies by this much: their rows or columns have length 1.
    """
    match initialization.kind:
        case "zeros":
            return 0.0
        case "constant":
            return None
        case "normal":
            return initialization.std**2
        case "uniform":
            return initialization.bound**2 / 3
        case "Xavier normal" | "Xavier uniform":
            return 2 / (fan_in + fan_out)
        case "He normal" | "He uniform":
            return 2 / fan_in
        case "orthogonal":
            return 1 / max(fan_in, fan_out)
    return 1 / (3 * fan_in)  # the default, uniform in ±1/sqrt(fan_in)


@lru_cache(maxsize=256)
def expected(
    sizes: tuple[int, ...], activation: str, initialization: Initialization, input_square: float, head_gradient: float
) -> tuple[Expected, ...]:
    """One a hidden layer of an MLP of so many units, pixels first, classes last; none for constant weights.

    `input_square` is E[x²] of the scaled pixels, `head_gradient` the RMS of the loss's gradient by the logits.
    """
    drawn = [variance(initialization, *fans) for fans in pairwise(sizes)]
    spread = [one for one in drawn if one is not None]
    if len(spread) < len(drawn):
        return ()
    f = FUNCTIONS[activation]
    has_own_biases = initialization.kind == "default"
    bias = 0.0 if has_own_biases else initialization.bias
    square, deviations, slopes = input_square, [], []
    for fan_in, of_weights in zip(sizes[:-2], spread[:-1], strict=True):
        q = fan_in * of_weights * square + (of_weights if has_own_biases else 0.0)
        enters = bias + sqrt(q) * Z
        leaves = f.value(enters)
        square = mean(leaves**2)
        deviations.append(sqrt(mean((leaves - mean(leaves)) ** 2)) if q else 0.0)
        slopes.append(mean(f.slope(enters) ** 2))
    pull, gradients = head_gradient**2, []
    for fan_out, of_weights, slope in zip(sizes[:1:-1], spread[:0:-1], slopes[::-1], strict=True):
        pull *= fan_out * of_weights * slope
        gradients.append(sqrt(pull))
    return tuple(map(Expected, deviations, gradients[::-1]))


def mean(values: Array) -> float:
    """E[values], given at Z, over a standard normal z."""
    return float(values @ WEIGHT)
