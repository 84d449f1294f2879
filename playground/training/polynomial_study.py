"""What is measured of polynomials: error against degree, and how ridge and lasso draw the coefficients to zero.

Scikit-learn solves the same problems its own way, beside ours.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.training.polynomials import Points, cubic, draw_points, error, features, fit, path

DEGREES = range(1, 21)
STRENGTHS = torch.logspace(-4, 0, 25, dtype=torch.float64)
GRID = torch.linspace(-1, 1, 161, dtype=torch.float64)
TEST_POINTS = 1_000


def study(seed: int, seeds: int, points: int, noise: float, degree: int) -> dict[str, Any]:
    """All that the picture shows, ready for JSON; each of the seeds draws points of its own.

    - `points`: x and y of the first seed's training points; `grid`: x, and the cubic there, `truth`.
    - `fits`: one a degree and seed: `degree`, `seed`, `train_error`, `test_error` (mean squared, on the points and on
      1,000 others), `difference` (largest of a weight from scikit-learn's, as a share of the largest weight); and the
      first seed's `curve` on the grid.
    - `ridge`, `lasso`: of the first seed's points and one degree: `strengths` [S], `ours` and `theirs` [S][degree]
      (the constant term left out), `difference` (largest of a weight), `train_error`, `test_error` [S].
    """
    drawn = [(seed + one, draw_points(points, noise, seed + one, "train")) for one in range(seeds)]
    first = drawn[0][1]
    zeros = torch.zeros_like(STRENGTHS)
    others = draw_points(TEST_POINTS, noise, seed, "test")
    return {
        "points": {"x": first.x.tolist(), "y": first.y.tolist()},
        "grid": {"x": GRID.tolist(), "truth": cubic(GRID).tolist()},
        "fits": [fitted(one, mine, noise, degree) for one, mine in drawn for degree in DEGREES],
        "ridge": penalized(first, others, path(first, degree, STRENGTHS, zeros), ridge_by_sklearn(first, degree)),
        "lasso": penalized(first, others, path(first, degree, zeros, STRENGTHS), lasso_by_sklearn(first, degree)),
    }


def fitted(seed: int, points: Points, noise: float, degree: int) -> dict[str, Any]:
    weights = fit(points, degree)
    theirs = least_squares_by_sklearn(points, degree)
    others = draw_points(TEST_POINTS, noise, seed, "test")
    return {
        "seed": seed,
        "degree": degree,
        "train_error": error(points, weights).item(),
        "test_error": error(others, weights).item(),
        "difference": float(abs(weights.numpy() - theirs).max() / abs(theirs).max()),
        "curve": (features(GRID, degree) @ weights).tolist(),
    }


def penalized(points: Points, others: Points, weights: Tensor, theirs: NDArray[np.float64]) -> dict[str, Any]:
    ours = weights[:, 1:]
    return {
        "strengths": STRENGTHS.tolist(),
        "ours": ours.tolist(),
        "theirs": theirs.tolist(),
        "difference": float(abs(ours.numpy() - theirs).max()),
        "train_error": error(points, weights).tolist(),
        "test_error": error(others, weights).tolist(),
    }


def least_squares_by_sklearn(points: Points, degree: int) -> NDArray[np.float64]:
    """[degree + 1]"""
    from sklearn.linear_model import LinearRegression  # here: it takes a second

    model = LinearRegression(fit_intercept=False)
    return model.fit(features(points.x, degree).numpy(), points.y.numpy()).coef_


def ridge_by_sklearn(points: Points, degree: int) -> NDArray[np.float64]:
    """[strengths, degree], by a singular value decomposition."""
    from sklearn.linear_model import Ridge

    x, y = features(points.x, degree)[:, 1:].numpy(), points.y.numpy()
    return np.array([Ridge(alpha=len(x) * l2, solver="svd").fit(x, y).coef_ for l2 in STRENGTHS.tolist()])


def lasso_by_sklearn(points: Points, degree: int) -> NDArray[np.float64]:
    """[strengths, degree], by coordinate descent."""
    from sklearn.linear_model import Lasso

    x, y = features(points.x, degree)[:, 1:].numpy(), points.y.numpy()
    models = (Lasso(alpha=l1, tol=1e-12, max_iter=200_000) for l1 in STRENGTHS.tolist())
    return np.array([model.fit(x, y).coef_ for model in models])
