"""Polynomials trained by their gradient: equal to scikit-learn's, which solves the same problems its own way."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import legendre
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from playground.runs.store import Store
from playground.runs.tasks import answer
from playground.training.polynomial_study import (
    DEGREES,
    GRID,
    STRENGTHS,
    judging_points,
    lasso_by_sklearn,
    penalized,
    study,
)
from playground.training.polynomials import cubic, draw_points, error, features, fit, path

SEEDS = range(5)


def test_features_are_numpys_legendre_polynomials_scaled_to_length_1() -> None:
    ours = features(GRID, 20).numpy()
    theirs = legendre.legvander(GRID.numpy(), 20) * np.sqrt(2 * np.arange(21) + 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    nodes, weights = legendre.leggauss(40)
    there = features(torch.from_numpy(nodes), 20).numpy()
    np.testing.assert_allclose(there.T @ (weights[:, None] * there) / 2, np.eye(21), atol=1e-12)


@pytest.mark.parametrize(("count", "noise", "tolerance"), [(30, 0.3, 1e-5), (30, 0.1, 1e-5), (100, 0.3, 1e-6)])
def test_fits_of_all_degrees_are_scikit_learns_least_squares(count: int, noise: float, tolerance: float) -> None:
    for seed in SEEDS:
        points = draw_points(count, noise, seed, "train")
        for degree in DEGREES:
            model = LinearRegression(fit_intercept=False).fit(features(points.x, degree).numpy(), points.y.numpy())
            ours = fit(points, degree).numpy()
            assert abs(ours - model.coef_).max() <= tolerance * abs(model.coef_).max()


def test_ridge_paths_are_scikit_learns() -> None:
    for seed in SEEDS:
        points = draw_points(30, 0.3, seed, "train")
        ours = path(points, 12, STRENGTHS, torch.zeros_like(STRENGTHS))
        for l2, weights in zip(STRENGTHS.tolist(), ours, strict=True):
            model = Ridge(alpha=30 * l2, solver="svd").fit(features(points.x, 12)[:, 1:].numpy(), points.y.numpy())
            np.testing.assert_allclose(weights.numpy(), [model.intercept_, *model.coef_], atol=1e-7)


def test_lasso_paths_are_scikit_learns_and_end_with_every_coefficient_at_zero() -> None:
    for seed in SEEDS:
        points = draw_points(30, 0.3, seed, "train")
        ours = path(points, 12, torch.zeros_like(STRENGTHS), STRENGTHS)
        for l1, weights in zip(STRENGTHS.tolist(), ours, strict=True):
            model = Lasso(alpha=l1, tol=1e-12, max_iter=200_000).fit(
                features(points.x, 12)[:, 1:].numpy(), points.y.numpy()
            )
            np.testing.assert_allclose(weights.numpy(), [model.intercept_, *model.coef_], atol=1e-7)
            assert ((weights[1:] == 0).numpy() == (model.coef_ == 0)).all()
        assert (ours[-1, 1:] == 0).all()


@given(st.integers(1, 60), st.floats(0, 1), st.integers(0, 1000))
def test_every_point_has_a_part_of_the_line_of_its_own(count: int, noise: float, seed: int) -> None:
    points = draw_points(count, noise, seed, "train")
    assert ((points.x + 1) * count / 2).floor().tolist() == list(range(count))
    if noise == 0:
        assert torch.equal(points.y, cubic(points.x))


def test_train_error_only_falls_with_the_degree_but_test_error_hardly_beyond_the_true_one_and_then_it_rises() -> None:
    for seed in SEEDS:
        points, others = (draw_points(30, 0.3, seed, purpose) for purpose in ("train", "test"))
        weights = [fit(points, degree) for degree in DEGREES]
        train = [error(points, one).item() for one in weights]
        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(train))
        test = [error(others, one).item() for one in weights]
        assert min(test[:2]) > 3 * test[2]
        assert test[2] < 1.2 * min(test)
        assert test[-1] > 2 * test[2]


def test_without_noise_a_cubic_is_found_exactly() -> None:
    points = draw_points(30, 0.0, 0, "train")
    for degree in (3, 8):
        assert error(points, fit(points, degree)).item() < 1e-16


def test_a_worker_answers_with_the_whole_study(store: Store) -> None:
    task_id = store.questions.ask(
        "polynomials", {"seed": 3, "seeds": 2, "points": 30, "noise": 0.3, "degree": 12, "guess": ""}
    )
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result, task.message
    found = json.loads(task.result)
    assert [(one["seed"], one["degree"]) for one in found["fits"]] == [(seed, d) for seed in (3, 4) for d in DEGREES]
    assert found == json.loads(json.dumps(study(3, 2, 30, 0.3, 12)))
    assert max(found["ridge"]["difference"], found["lasso"]["difference"]) < 1e-7
    assert all(math.isfinite(one["test_error"]) and one["difference"] < 1e-5 for one in found["fits"])


def test_where_scikit_learns_lasso_has_not_converged_is_told_and_left_out_of_the_comparison() -> None:
    points = draw_points(30, 1.0, 0, "train")
    zeros = torch.zeros_like(STRENGTHS)
    ours, others = path(points, 20, zeros, STRENGTHS), judging_points(1.0, 0)
    hasty = penalized(points, others, ours, *lasso_by_sklearn(points, 20, passes=1_000))
    assert 0 < sum(hasty["converged"]) < len(STRENGTHS)
    assert hasty["difference"] < 1e-7
    patient = penalized(points, others, ours, *lasso_by_sklearn(points, 20))
    assert all(patient["converged"])
    assert patient["difference"] < 1e-7
