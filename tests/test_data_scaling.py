"""Scaling against its formulas and scikit-learn's StandardScaler."""

from typing import get_args

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from playground.data.digits import load_digits
from playground.data.scaling import make_scale, mean_and_deviation
from playground.errors import SpecError
from playground.experiment import Scaling

SOME = load_digits("sample").images[::7]


@pytest.mark.parametrize(
    ("scaling", "black", "white"), [("none", 0, 255), ("zero-one", 0, 1), ("minus-one-one", -1, 1)]
)
def test_black_and_white_become_what_the_scaling_is_called(scaling: Scaling, black: float, white: float) -> None:
    scale = make_scale(scaling, SOME)
    scaled = scale.apply(np.array([[0, 255]], np.uint8))
    np.testing.assert_array_equal(scaled, [[black, white]])
    assert scaled.dtype == np.float32
    assert scale.background == black


def test_standardized_pixels_are_those_of_scikit_learn() -> None:
    theirs = StandardScaler().fit_transform(SOME.reshape(-1, 1).astype(float)).reshape(SOME.shape)
    scaled = make_scale("standardized", SOME).apply(SOME)
    np.testing.assert_allclose(scaled, theirs, rtol=1e-6)
    assert abs(scaled.mean(dtype=float)) < 1e-6
    assert abs(scaled.std(dtype=float) - 1) < 1e-6


def test_mean_and_deviation_are_numpys() -> None:
    mean, deviation = mean_and_deviation(load_digits("sample").images)
    assert mean == pytest.approx(load_digits("sample").images.mean(dtype=float), rel=1e-12)
    assert deviation == pytest.approx(load_digits("sample").images.std(dtype=float), rel=1e-12)


@pytest.mark.parametrize("scaling", get_args(Scaling))
def test_pixels_lead_back_to_every_level(scaling: Scaling) -> None:
    scale = make_scale(scaling, SOME)
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(scale.pixels(scale.apply(levels)), levels)


def test_what_lies_beyond_black_and_white_is_clipped_in_pictures() -> None:
    np.testing.assert_array_equal(make_scale("zero-one", SOME).pixels(np.array([-1, 2], np.float32)), [0, 255])


def test_pixels_that_are_all_alike_can_not_be_standardized() -> None:
    with pytest.raises(SpecError, match="all training pixels are 7"):
        make_scale("standardized", np.full((3, 28, 28), 7, np.uint8))
