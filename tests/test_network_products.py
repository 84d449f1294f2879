"""Products of random matrices, against plain NumPy and the theory of their growth."""

from math import log, sqrt

import numpy as np
import pytest

from playground.network.products import growth, growth_deviation, keeping_scale, log_norms
from playground.seeds import derive


def test_the_norm_is_that_of_the_plain_product() -> None:
    rng = np.random.default_rng(derive(3, "matrices"))
    product = np.eye(4)
    for norm in np.exp(log_norms(0.7, 4, 20, 3)):
        product = 0.7 * rng.normal(size=(4, 4)) @ product
        assert norm == pytest.approx(np.linalg.norm(product))


def test_another_scale_multiplies_every_factor_of_the_same_draw() -> None:
    np.testing.assert_allclose(log_norms(0.2, 4, 50, 0) - log_norms(1.0, 4, 50, 0), log(0.2) * np.arange(1, 51))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 16])
def test_products_grow_as_the_largest_lyapunov_exponent_says(size: int) -> None:
    count, seeds = 400, 40
    found = np.array([log_norms(0.5, size, count, seed)[-1] / count for seed in range(seeds)])
    standard_error = growth_deviation(size) / sqrt(count * seeds)
    start = log(size) / 2 / count  # the identity's norm is √size, and the first factors turn towards the strongest axis
    assert abs(found.mean() - growth(0.5, size)) < 4 * standard_error + start
    assert found.std() == pytest.approx(growth_deviation(size) / sqrt(count), rel=0.5)


def test_at_the_keeping_scale_a_product_stays_and_at_one_over_root_n_it_fades() -> None:
    ends = {scale: np.mean([log_norms(scale, 4, 100, seed)[-1] for seed in range(100)]) for scale in (0.5, 0.5724)}
    assert abs(ends[0.5724]) < 2.5
    assert ends[0.5] == pytest.approx(100 * growth(0.5, 4), abs=2.5)
    assert keeping_scale(4) == pytest.approx(0.5724, abs=1e-4)


def test_a_scale_of_zero_leaves_nothing() -> None:
    assert np.isneginf(log_norms(0.0, 4, 5, 0)).all()
