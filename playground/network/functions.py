"""The activation functions and their slopes as NumPy writes them, for what is reckoned without a network."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_erf = np.vectorize(erf, otypes=[np.float64])


@dataclass(frozen=True)
class Function:
    """y = value(x) and dy/dx = slope(x), of any shape; `formula` is the value's."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    formula: str


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), written so that no x overflows."""
    return 0.5 * (1 + np.tanh(x / 2))


def normal_share(x: Array) -> Array:
    """Φ(x): how much of a standard normal distribution lies below x."""
    return 0.5 * (1 + _erf(x / sqrt(2)))


def normal_density(x: Array) -> Array:
    return np.exp(-(x**2) / 2) / sqrt(2 * pi)


FUNCTIONS: dict[str, Function] = {
    "Sigmoid": Function(sigmoid, lambda x: sigmoid(x) * sigmoid(-x), "σ(x) = 1 / (1 + e⁻ˣ)"),
    "Tanh": Function(np.tanh, lambda x: 1 - np.tanh(x) ** 2, "tanh(x)"),
    "ReLU": Function(lambda x: np.maximum(x, 0.0), lambda x: (x > 0).astype(np.float64), "max(0, x)"),
    "GELU": Function(
        lambda x: x * normal_share(x), lambda x: normal_share(x) + x * normal_density(x), "x Φ(x), Φ the normal's share"
    ),
}
"""Under the kind of their layer."""
