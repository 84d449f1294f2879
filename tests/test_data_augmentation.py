"""Augmentation against torchvision's transforms, image by image, and by its laws."""

from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as vision

from playground.data.augmentation import affine, augment, crop
from playground.data.digits import load_digits
from playground.data.scaling import WHITE, Scale, make_scale
from playground.experiment import Augmentation, Scaling
from tests.strategies import specs

ZERO_ONE = Scale(0.0, WHITE)
IMAGES = load_digits("sample").images[::79]  # 64, of all classes
BATCH = torch.from_numpy(ZERO_ONE.apply(IMAGES)).unsqueeze(1)
SETTINGS: list[dict[str, Any]] = [
    {"rotation": 20.0},
    {"shift": 3},
    {"scale": 0.2},
    {"flip": "horizontal"},
    {"flip": "vertical"},
    {"crop": 3},
    {"noise": 0.2},
    {"rotation": 10.0, "shift": 2, "scale": 0.1, "flip": "horizontal", "crop": 2, "noise": 0.1},
]


def drawn(x: Tensor, augmentation: Augmentation, scale: Scale = ZERO_ONE, seed: int = 0) -> Tensor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return augment(x, augmentation, scale)


def copies(image: int, count: int) -> Tensor:
    return BATCH[image : image + 1].repeat(count, 1, 1, 1)


# --- against torchvision --------------------------------------------------------------------------------------------


def test_rotation_scale_and_shift_are_torchvisions_affine_for_each_digit() -> None:
    draw = torch.Generator().manual_seed(0)
    angle = torch.empty(64).uniform_(-180, 180, generator=draw)
    factor = torch.empty(64).uniform_(0.5, 1.5, generator=draw)
    right, down = torch.randint(-5, 6, (2, 64), generator=draw)
    ours = affine(BATCH, angle, factor, right, down, background=0.0)
    for i in range(64):
        theirs = vision.affine(
            BATCH[i],
            angle=angle[i].item(),
            translate=[float(right[i]), float(down[i])],
            scale=factor[i].item(),
            shear=[0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        # Where ink touches the edge of the image torchvision weighs the outside twice; inside, both are the same.
        torch.testing.assert_close(ours[i, :, 1:-1, 1:-1], theirs[:, 1:-1, 1:-1], atol=1e-4, rtol=0)


def test_a_quarter_turn_is_rot90() -> None:
    zero = torch.zeros(64)
    turned = affine(BATCH, zero + 90, zero + 1, zero, zero, background=0.0)
    torch.testing.assert_close(turned, BATCH.rot90(-1, (2, 3)), atol=1e-4, rtol=0)


def test_a_crop_is_torchvisions_pad_and_crop_for_each_digit() -> None:
    draw = torch.Generator().manual_seed(0)
    top, left = torch.randint(0, 9, (2, 64), generator=draw)
    ours = crop(BATCH, 4, top, left, background=0.5)
    for i in range(64):
        padded = vision.pad(BATCH[i], [4], fill=0.5)
        assert torch.equal(ours[i], vision.crop(padded, int(top[i]), int(left[i]), 28, 28))


def test_a_crop_at_the_margin_gives_the_digit_back() -> None:
    corner = torch.full((64,), 5)
    assert torch.equal(crop(BATCH, 5, corner, corner, background=0.0), BATCH)


# --- laws -----------------------------------------------------------------------------------------------------------


def test_augmentation_that_is_off_leaves_the_batch_and_the_generator_alone() -> None:
    state = torch.get_rng_state()
    assert augment(BATCH, Augmentation(), ZERO_ONE) is BATCH
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("on", SETTINGS, ids=str)
def test_the_batch_that_comes_in_stays_as_it_was(on: dict[str, Any]) -> None:
    before = BATCH.clone()
    assert not torch.equal(drawn(BATCH, Augmentation(**on)), BATCH)
    assert torch.equal(BATCH, before)


@pytest.mark.parametrize("on", SETTINGS, ids=str)
def test_the_same_generator_state_gives_the_same_digits_and_another_gives_others(on: dict[str, Any]) -> None:
    first, again, other = (drawn(BATCH, Augmentation(**on), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("on", SETTINGS, ids=str)
def test_each_digit_of_a_batch_gets_its_own_draw(on: dict[str, Any]) -> None:
    out = drawn(copies(5, 64), Augmentation(**on))
    different = len(out.flatten(1).unique(dim=0))
    assert different == 2 if on.keys() == {"flip"} else different > 20


@pytest.mark.parametrize("name", ["shift", "crop"])
def test_whole_pixel_moves_are_all_drawn_about_equally_often_and_keep_the_ink(name: str) -> None:
    ink = torch.zeros(5000, 1, 28, 28)
    ink[:, :, 13:15, 13:15] = 1.0
    out = drawn(ink, Augmentation(**{name: 2}))
    torch.testing.assert_close(out.sum((1, 2, 3)), ink.sum((1, 2, 3)), atol=1e-3, rtol=0)
    places = torch.arange(28.0)
    down = (out.sum((1, 3)) * places).sum(1) / 4 - 13.5
    right = (out.sum((1, 2)) * places).sum(1) / 4 - 13.5
    moves, counts = torch.stack([down, right], 1).round(decimals=3).unique(dim=0, return_counts=True)
    assert sorted(map(tuple, moves.tolist())) == [(i, j) for i in range(-2, 3) for j in range(-2, 3)]
    assert ((counts - 200) ** 2 / 200).sum() < 43  # chi-square with 24 degrees of freedom, 1 in 100


@pytest.mark.parametrize("flip", ["horizontal", "vertical"])
def test_a_flip_mirrors_about_half_of_the_digits_and_twice_is_not_at_all(flip: str) -> None:
    x = copies(7, 1000)
    out = drawn(x, Augmentation(flip=flip))
    mirror = vision.horizontal_flip if flip == "horizontal" else vision.vertical_flip
    flipped = (out != x).flatten(1).any(1)
    assert 430 < flipped.sum() < 570
    assert torch.equal(mirror(out[flipped]), x[flipped])


def test_rotations_go_both_ways_up_to_the_limit() -> None:
    bar = torch.zeros(500, 1, 28, 28)
    bar[:, :, 13:15, 20:24] = 1.0  # to the right of the centre: its angle can be read off
    out = drawn(bar, Augmentation(rotation=30))[:, 0]
    places = torch.arange(28.0) - 13.5
    angle = torch.atan2((out.sum(2) * places).sum(1), (out.sum(1) * places).sum(1)).rad2deg()
    assert angle.abs().max() < 30.5
    assert angle.min() < -29
    assert angle.max() > 29
    assert abs(angle.mean()) < 2.5


def test_scale_factors_go_from_one_minus_to_one_plus_the_setting() -> None:
    square = torch.zeros(500, 1, 28, 28)
    square[:, :, 9:19, 9:19] = 1.0
    factor = (drawn(square, Augmentation(scale=0.3)).sum((1, 2, 3)) / 100).sqrt()
    assert 0.69 < factor.min() < 0.72
    assert 1.28 < factor.max() < 1.31


def test_noise_has_the_deviation_asked_for_on_the_scale_from_0_to_1() -> None:
    gray = torch.full((50, 1, 28, 28), 0.5)
    assert (drawn(gray, Augmentation(noise=0.1)) - gray).std().item() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("scaling", get_args(Scaling))
@pytest.mark.parametrize("on", SETTINGS, ids=str)
def test_to_scale_and_augment_is_to_augment_and_scale(scaling: Scaling, on: dict[str, Any]) -> None:
    scale = make_scale(scaling, IMAGES)
    x = torch.from_numpy(scale.apply(IMAGES)).unsqueeze(1)
    ours = drawn(x, Augmentation(**on), scale)
    expected = (drawn(BATCH, Augmentation(**on)) * WHITE - scale.center) / scale.divisor
    torch.testing.assert_close(ours, expected, atol=2e-3 / scale.divisor, rtol=1e-4)


@settings(max_examples=50)
@given(specs(Augmentation), st.integers(1, 5), st.sampled_from(get_args(Scaling)))
def test_any_augmentation_gives_digits_between_background_and_full_ink(
    augmentation: Augmentation, count: int, scaling: Scaling
) -> None:
    scale = make_scale(scaling, IMAGES)
    x = torch.from_numpy(scale.apply(IMAGES[:count])).unsqueeze(1)
    out = drawn(x, augmentation, scale)
    assert out.shape == x.shape
    assert out.dtype == torch.float32
    slack = 1e-3 / scale.divisor
    assert scale.background - slack <= out.min() <= out.max() <= scale(WHITE) + slack
    assert np.isfinite(out.numpy()).all()
