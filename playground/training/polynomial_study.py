"""What is measured of polynomials: error against degree, and how ridge and lasso draw the coefficients to zero.

Scikit-learn solves the same problems its own way, beside ours.
"""

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.training.polynomials import Points, cubic, draw_points, error, features, fit, path

DEGREES = range(1, 21)
STRENGTHS = torch.logspace(-4, 0, 25, dtype=torch.float64)
GRID = torch.linspace(-1, 1, 161, dtype=torch.float64)
JUDGING_POINTS = 1_000  # for validation, and as many for the test
MOST_PASSES = 2_000_000  # of coordinate descent; degree 20 without a penalty to speak of takes the most
Floats = NDArray[np.float64]


def study(seed: int, seeds: int, points: int, noise: float, degree: int) -> dict[str, Any]:
    """All that the picture shows, ready for JSON; each of the seeds draws points of its own.

    - `points`: x and y of the first seed's training points; `grid`: x, and the cubic there, `truth`.
    - `fits`: one a degree and seed: `degree`, `seed`, `train_error`, `validation_error`, `test_error` (mean squared, on
      the points and on 1,000 others each: degrees and strengths are chosen on validation), `difference` (largest of a
      weight from scikit-learn's, as a share of the largest weight); and the first seed's `curve` on the grid.
    - `ridge`, `lasso`: of the first seed's points and one degree: `strengths` [S], `ours` and `theirs` [S][degree]
      (the constant term left out), `converged` [S] (whether scikit-learn says so), `difference` (largest of a weight,
      where it has converged; None where it never has), `train_error`, `validation_error`, `test_error` [S].
    """
    drawn = [(seed + one, draw_points(points, noise, seed + one, "train")) for one in range(seeds)]
    first = drawn[0][1]
    zeros = torch.zeros_like(STRENGTHS)
    others = judging_points(noise, seed)
    return {
        "points": {"x": first.x.tolist(), "y": first.y.tolist()},
        "grid": {"x": GRID.tolist(), "truth": cubic(GRID).tolist()},
        "fits": [fitted(one, mine, noise, degree) for one, mine in drawn for degree in DEGREES],
        "ridge": penalized(first, others, path(first, degree, STRENGTHS, zeros), *ridge_by_sklearn(first, degree)),
        "lasso": penalized(first, others, path(first, degree, zeros, STRENGTHS), *lasso_by_sklearn(first, degree)),
    }


def fitted(seed: int, points: Points, noise: float, degree: int) -> dict[str, Any]:
    weights = fit(points, degree)
    theirs = least_squares_by_sklearn(points, degree)
    return {
        "seed": seed,
        "degree": degree,
        "train_error": error(points, weights).item(),
        **{f"{name}_error": error(others, weights).item() for name, others in judging_points(noise, seed).items()},
        "difference": float(abs(weights.numpy() - theirs).max() / abs(theirs).max()),
        "curve": (features(GRID, degree) @ weights).tolist(),
    }


def judging_points(noise: float, seed: int) -> dict[str, Points]:
    """Points that nothing is trained on; those for the test are for nothing but the last word."""
    return {name: draw_points(JUDGING_POINTS, noise, seed, name) for name in ("validation", "test")}


def penalized(
    points: Points, others: dict[str, Points], weights: Tensor, theirs: Floats, converged: list[bool]
) -> dict[str, Any]:
    ours = weights[:, 1:]
    apart = abs(ours.numpy() - theirs)[converged]
    return {
        "strengths": STRENGTHS.tolist(),
        "ours": ours.tolist(),
        "theirs": theirs.tolist(),
        "converged": converged,
        "difference": float(apart.max()) if len(apart) else None,
        "train_error": error(points, weights).tolist(),
        **{f"{name}_error": error(one, weights).tolist() for name, one in others.items()},
    }


def least_squares_by_sklearn(points: Points, degree: int) -> Floats:
    """[degree + 1]"""
    from sklearn.linear_model import LinearRegression  # here: it takes a second

    model = LinearRegression(fit_intercept=False)
    return model.fit(features(points.x, degree).numpy(), points.y.numpy()).coef_


def ridge_by_sklearn(points: Points, degree: int) -> tuple[Floats, list[bool]]:
    """[strengths, degree], by a singular value decomposition, which has nothing to converge."""
    from sklearn.linear_model import Ridge

    x, y = features(points.x, degree)[:, 1:].numpy(), points.y.numpy()
    found = [Ridge(alpha=len(x) * l2, solver="svd").fit(x, y).coef_ for l2 in STRENGTHS.tolist()]
    return np.array(found), [True] * len(found)


def lasso_by_sklearn(points: Points, degree: int, passes: int = MOST_PASSES) -> tuple[Floats, list[bool]]:
    """[strengths, degree], by coordinate descent, and where it has converged."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso

    x, y = features(points.x, degree)[:, 1:].numpy(), points.y.numpy()
    found, converged = [], []
    for l1 in STRENGTHS.tolist():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            found.append(Lasso(alpha=l1, tol=1e-12, max_iter=passes).fit(x, y).coef_)
        converged.append(not any(issubclass(one.category, ConvergenceWarning) for one in warned))
    return np.array(found), converged
