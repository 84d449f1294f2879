"""The product of many random matrices: what a deep network without activation functions does to its signal."""

from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from playground.seeds import derive

EULER = 0.5772156649015329


def log_norms(scale: float, size: int, count: int, seed: int) -> NDArray[np.float64]:
    """Natural logarithm of the Frobenius norm of A_k … A_2 A_1, one for each k up to `count`, [count].

    The matrices are size × size, their entries drawn from N(0, scale²). -inf where the product is zero.
    """
    rng = np.random.default_rng(derive(seed, "matrices"))
    product, logs = np.eye(size), np.zeros(count)
    length = 0.0
    for k in range(count):
        product = rng.normal(0.0, 1.0, (size, size)) @ product
        norm = float(np.linalg.norm(product))
        product /= norm  # the logarithms add up, where the product itself would leave the range of float64
        length += log(norm) + (log(scale) if scale else -np.inf)
        logs[k] = length
    return logs


def growth(scale: float, size: int) -> float:
    """Expected change of the norm's natural logarithm by one factor, after many: the largest Lyapunov exponent.

    log scale + (log 2 + ψ(size/2)) / 2, for Gaussian entries: the image of any unit vector has a squared length of
    scale² χ² with `size` degrees of freedom, whose expected logarithm it is (Cohen and Newman 1984, "The stability of
    large random matrices and their products").

    >>> round(growth(1.0, 4), 4)
    0.558
    """
    return log(scale) + (log(2) + digamma_of_half(size)) / 2


def keeping_scale(size: int) -> float:
    """The scale at which the norm neither grows nor shrinks, on average of its logarithm.

    A little more than 1/√size, which keeps the mean of the squared norm: that is carried by a few large products.

    >>> round(keeping_scale(4), 4), round(1 / sqrt(4), 4)
    (0.5724, 0.5)
    """
    return exp(-growth(1.0, size))


def digamma_of_half(n: int) -> float:
    """ψ(n/2) for whole n > 0, from ψ(1/2) = -γ - 2 log 2, ψ(1) = -γ and ψ(x + 1) = ψ(x) + 1/x.

    >>> round(digamma_of_half(4), 6) == round(1 - EULER, 6)
    True
    """
    start = -EULER - (2 * log(2) if n % 2 else 0.0)
    return start + sum(2 / k for k in range(2 - n % 2, n, 2))


def growth_deviation(size: int) -> float:
    """Standard deviation of the logarithm's change by one factor, the same at any scale: √ψ'(size/2) / 2.

    ψ' by its series Σ 1/(k + x)²; what is left of it after so many terms is as good as an integral.

    >>> round(growth_deviation(4) ** 2 * 4, 4)  # π²/6 - 1
    0.6449
    """
    x, terms = size / 2, 1000
    return sqrt(sum(1 / (k + x) ** 2 for k in range(terms)) + 1 / (terms + x - 0.5)) / 2
