"""Drawings as MNIST was made, against MNIST's own digits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from playground.data.digits import load_digits
from playground.data.drawing import BOX, CENTER, SIDE, as_mnist
from playground.errors import SpecError

known = st.integers(0, 4_999).map(lambda index: load_digits("sample").images[index])
drawings = arrays(
    np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60)), elements=st.sampled_from([0, 0, 90, 255])
)


def center(image: np.ndarray) -> tuple[Fraction, Fraction]:
    """Down and across, in pixels, exactly."""
    mass = image.astype(int)
    total, at = int(mass.sum()), np.arange(len(image))
    return Fraction(int(mass.sum(1) @ at), total), Fraction(int(mass.sum(0) @ at), total)


def box(image: np.ndarray) -> tuple[int, int]:
    """Height and width of the bounding box of ink that is stronger than an eighth."""
    strong = image > image.max() / 8
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the levels, as a share of the ink there is."""
    return float(np.abs(one.astype(float) - other).sum() / other.sum())


def test_every_digit_of_the_sample_comes_back_with_its_centre_of_mass_within_half_a_pixel() -> None:
    half = Fraction(1, 2)
    for digit in load_digits("sample").images:
        assert all(-half <= at - CENTER < half for at in center(as_mnist(digit)))


def test_every_digit_whose_ink_is_20_pixels_long_comes_back_as_it_was() -> None:
    fitting = [digit for digit in load_digits("sample").images if max(box(digit)) == BOX]
    assert len(fitting) == 4_999
    assert all(np.array_equal(as_mnist(digit), digit) for digit in fitting)


@given(known, st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_it_does_not_matter_where_a_digit_is_drawn(
    digit: np.ndarray, above: int, below: int, left: int, right: int
) -> None:
    np.testing.assert_array_equal(as_mnist(np.pad(digit, ((above, below), (left, right)))), as_mnist(digit))


@given(known, st.integers(2, 12))
def test_a_digit_of_larger_pixels_is_the_same_digit(digit: np.ndarray, times: int) -> None:
    large = np.kron(digit, np.ones((times, times), np.uint8))
    assert difference(as_mnist(large), as_mnist(digit)) < 0.01


def test_digits_of_black_and_white_scans_become_nearly_the_samples() -> None:
    """The way back from an enlarged digit: its black and white outline is what MNIST was made of."""
    differences, ink = [], []
    for digit in load_digits("sample").images[::50]:
        large = np.asarray(Image.fromarray(digit).resize((10 * SIDE, 10 * SIDE), Image.Resampling.BICUBIC))
        found = as_mnist(np.where(large > 127, 255, 0).astype(np.uint8))
        differences.append(difference(found, digit))
        ink.append(found.sum() / digit.sum())
    assert np.median(differences) < 0.2
    assert np.mean(ink) == pytest.approx(1, abs=0.03)


@given(drawings.filter(np.any))
def test_whatever_is_drawn_is_20_pixels_long_in_a_picture_of_28_and_has_black_ink(drawing: np.ndarray) -> None:
    found = as_mnist(drawing)
    assert found.shape == (SIDE, SIDE)
    assert found.dtype == np.uint8
    assert max(box(found)) <= BOX
    assert found.max() >= 254


@given(drawings.filter(np.any))
def test_the_centre_of_mass_is_off_only_where_ink_would_be_cut_off_else(drawing: np.ndarray) -> None:
    found = as_mnist(drawing)
    for at, first, last in zip(center(found), (found[0], found[:, 0]), (found[-1], found[:, -1]), strict=True):
        assert first.any() or last.any() or abs(at - CENTER) <= Fraction(1, 2)


@given(st.integers(1, 300), st.integers(1, 300))
def test_proportions_stay(height: int, width: int) -> None:
    longer = max(height, width)
    wanted = [max(1, round(side * BOX / longer)) for side in (height, width)]
    assert list(box(as_mnist(np.full((height, width), 255, np.uint8)))) == wanted


def test_a_faint_drawing_gets_as_strong_as_the_samples_digits() -> None:
    digit = load_digits("sample").images[0]
    assert difference(as_mnist(digit // 8), as_mnist(digit)) < 0.05


def test_an_empty_drawing_is_said_to_be_one() -> None:
    with pytest.raises(SpecError, match="nothing is drawn yet"):
        as_mnist(np.zeros((28, 28), np.uint8))
