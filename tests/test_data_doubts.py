"""Doubts about an augmentation: each for a setting that spoils digits, none for a modest one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.data.digits import load_digits
from playground.data.doubts import doubts
from playground.experiment import Augmentation


@pytest.mark.parametrize(
    ("augmentation", "named"),
    [
        (Augmentation(flip="horizontal"), "Horizontal flip"),
        (Augmentation(flip="vertical"), "Vertical flip"),
        (Augmentation(rotation=90), "Rotation up to 90°"),
        (Augmentation(scale=0.3, shift=2), "Scale 0.3, shift 2"),
        (Augmentation(shift=5), "Shift 5"),
        (Augmentation(crop=6), "Crop 6"),
        (Augmentation(shift=3, crop=2), "Shift 3, crop 2"),
        (Augmentation(noise=0.8), "Noise 0.8"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_once(augmentation: Augmentation, named: str) -> None:
    (sentence,) = doubts(augmentation)
    assert sentence.startswith(named)


def test_a_scale_that_shrinks_and_cuts_is_doubted_for_both() -> None:
    assert [sentence[:10] for sentence in doubts(Augmentation(scale=0.9))] == ["Scale 0.9:", "Scale 0.9:"]


@given(st.floats(0, 45), st.integers(0, 4), st.floats(0, 0.5))
def test_modest_settings_are_not_doubted(rotation: float, shift: int, noise: float) -> None:
    assert doubts(Augmentation(rotation=rotation, shift=shift, noise=noise)) == []


def test_the_sample_bears_out_where_digits_begin_to_be_cut_off() -> None:
    images = load_digits("sample").images.astype(float)

    def share_lost(shift: int) -> float:
        return float(images[:, :, :shift].sum() / images.sum())

    assert share_lost(4) < 0.01 < share_lost(6)
    assert doubts(Augmentation(shift=4)) == []
    assert doubts(Augmentation(shift=6)) != []
    # Strokes stay within about 10 pixels of the centre: the box that the rule counts with.
    assert images[:, 4:-4, 4:-4].sum() / images.sum() > 0.95
    assert np.count_nonzero(images[:, 5:-5, 5:-5].sum(axis=(1, 2)) < images.sum(axis=(1, 2))) == 5000
