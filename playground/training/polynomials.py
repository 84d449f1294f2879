"""The textbook picture of overfitting: polynomials through noisy points of a cubic, trained by their gradient.

A polynomial of degree d is Σ w_k · √(2k + 1) · P_k(x) with the Legendre polynomials P_0 … P_d, which are orthogonal on
[-1, 1] and so scaled to length 1 there. The same curves as with powers of x, but a gradient that finds its way.

The objective is MSE/2 + l2/2 · Σ w_k² + l1 · Σ |w_k|, with the constant term w_0 spared. In scikit-learn's terms, for n
points: `Ridge(alpha=n · l2)` and `Lasso(alpha=l1)`.
"""

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from playground.seeds import derive

MOST_STEPS = 50_000  # of the paths; they end far earlier
NEWS = 1e-12  # a path ends where no coefficient moves by more
LBFGS_STEPS = 1_000


@dataclass(frozen=True)
class Points:
    """x and y, float64 [N]."""

    x: Tensor
    y: Tensor


def cubic(x: Tensor) -> Tensor:
    """4x³ - 3x: it turns twice within [-1, 1], and stays within [-1, 1].

    >>> cubic(torch.tensor([-1.0, -0.5, 0.5, 1.0])).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    return 4 * x**3 - 3 * x


def draw_points(count: int, noise: float, seed: int, purpose: str) -> Points:
    """So many x, and the cubic there with normal noise of that standard deviation.

    Each x is uniform in a part of [-1, 1] of its own, all of one width: as random as can be without a hole.
    """
    generator = torch.Generator().manual_seed(derive(seed, "polynomials", purpose))
    place = torch.arange(count, dtype=torch.float64) + torch.rand(count, generator=generator, dtype=torch.float64)
    x = 2 * place / count - 1
    return Points(x, cubic(x) + noise * torch.randn(count, generator=generator, dtype=torch.float64))


def features(x: Tensor, degree: int) -> Tensor:
    """√(2k + 1) · P_k(x) for k = 0 … degree, [N, degree + 1], by Bonnet's recursion.

    (k + 1) · P_{k+1} = (2k + 1) · x · P_k - k · P_{k-1}.
    """
    columns = [torch.ones_like(x), x]
    for k in range(1, degree):
        columns.append(((2 * k + 1) * x * columns[k] - k * columns[k - 1]) / (k + 1))
    return torch.stack([sqrt(2 * k + 1) * column for k, column in enumerate(columns[: degree + 1])], dim=1)


def error(points: Points, weights: Tensor) -> Tensor:
    """The mean squared error of polynomials [..., degree + 1], [...]."""
    return (weights @ features(points.x, weights.shape[-1] - 1).T - points.y).square().mean(-1)


def fit(points: Points, degree: int) -> Tensor:
    """The weights [degree + 1] of least error, trained from 0 by their gradient over all points: PyTorch's L-BFGS.

    It takes 30 points for degree 20: with fewer, some directions are so flat that rounding hides the way down.
    """
    x = features(points.x, degree)
    weights = torch.zeros(degree + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights],
        max_iter=LBFGS_STEPS,
        history_size=degree + 1,
        tolerance_grad=1e-12,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        result = (x @ weights - points.y).square().mean() / 2
        result.backward()
        return result

    optimizer.step(loss)
    return weights.detach()


def path(points: Points, degree: int, l2: Tensor, l1: Tensor) -> Tensor:
    """The weights [S, degree + 1] for each of S pairs of penalties, l2 and l1 [S], all trained at once from 0.

    Proximal gradient descent: a step down the gradient of MSE/2 + l2/2 · Σ w², then each weight is drawn towards 0 by
    rate · l1, and stays there if that is closer (ISTA; with l1 = 0, plain gradient descent). Nesterov's momentum makes
    it fast (Beck & Teboulle 2009), and begins anew where it points uphill (O'Donoghue & Candès 2015).
    """
    x = features(points.x, degree)
    spared = torch.ones(degree + 1, dtype=torch.float64)
    spared[0] = 0
    l2, l1 = l2[:, None] * spared, l1[:, None] * spared
    curvature = x.T @ x / len(x)
    slope = x.T @ points.y / len(x)
    rate = 1 / (torch.linalg.eigvalsh(curvature)[-1] + l2.max(1, keepdim=True).values)
    weights = ahead = torch.zeros_like(l2)
    momentum = torch.ones(len(l2), 1, dtype=torch.float64)
    for _ in range(MOST_STEPS):
        down = ahead - rate * (ahead @ curvature - slope + l2 * ahead)
        moved = down.sign() * (down.abs() - rate * l1).clamp(min=0)
        is_uphill = ((ahead - moved) * (moved - weights)).sum(1, keepdim=True) > 0
        momentum = torch.where(is_uphill, 1.0, momentum)
        following = (1 + (1 + 4 * momentum**2).sqrt()) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        news = (moved - weights).abs().max()
        weights, momentum = moved, following
        if news < NEWS:
            break
    return weights
