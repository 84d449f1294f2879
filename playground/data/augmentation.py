"""Random changes to a batch of digits, each digit with a draw of its own."""

from math import pi

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from torchvision.transforms.v2 import functional as vision

from playground.data.scaling import WHITE, Scale
from playground.experiment import Augmentation


def augment(x: Tensor, augmentation: Augmentation, scale: Scale) -> Tensor:
    """A batch [B, 1, 28, 28], scaled, with the changes that are on; the batch itself if none is.

    In the order rotation, scale and shift in one, flip, crop, noise. What comes in from outside is background, what 0
    became after scaling. All draws are from torch's default generator of the batch's device.

    A transform of `torchvision.transforms.v2` draws once for all images of a batch, and a call per image costs ten
    times as much. So the draws are made here, one per digit: rotation, scale and shift are one affine grid per digit,
    sampled in a single call (what `v2.functional.affine` does for one image); a flip is made of the whole batch and
    taken where a digit's coin fell so; a crop takes each digit's own window of the padded batch; noise differs in
    every pixel anyway.
    """
    background = scale.background
    if augmentation.rotation or augmentation.scale or augmentation.shift:
        x = affine(
            x,
            angle=_either_way(x, augmentation.rotation),
            factor=1 + _either_way(x, augmentation.scale),
            right=_whole_pixels(x, augmentation.shift),
            down=_whole_pixels(x, augmentation.shift),
            background=background,
        )
    if augmentation.flip != "none":
        flipped = vision.horizontal_flip(x) if augmentation.flip == "horizontal" else vision.vertical_flip(x)
        x = torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5, flipped, x)
    if augmentation.crop:
        margin = augmentation.crop
        corner = torch.randint(0, 2 * margin + 1, (2, len(x)), device=x.device)
        x = crop(x, margin, top=corner[0], left=corner[1], background=background)
    if augmentation.noise:
        x = vision.gaussian_noise(x, sigma=augmentation.noise * WHITE / scale.divisor, clip=False)
        x = x.clamp(background, scale(WHITE))  # a pixel stays between no ink and full ink
    return x


def affine(x: Tensor, angle: Tensor, factor: Tensor, right: Tensor, down: Tensor, background: float) -> Tensor:
    """Each image turned clockwise by its angle (degrees), enlarged by its factor about the centre, then moved (pixels).

    All but x [B, C, S, S] are [B]. Bilinear; equal to `v2.functional.affine` image by image. The grid says for each
    place in the output where to look in the input, so it holds the inverse: look = R(-angle) · (place - move) / factor.
    """
    half = x.shape[-1] / 2  # grids measure from the centre, in half widths
    radians = angle * (pi / 180)
    cosine, sine = torch.cos(radians) / factor, torch.sin(radians) / factor
    right, down = right / half, down / half
    theta = torch.stack(
        [
            torch.stack([cosine, sine, -cosine * right - sine * down], dim=1),
            torch.stack([-sine, cosine, sine * right - cosine * down], dim=1),
        ],
        dim=1,
    )
    grid = affine_grid(theta, list(x.shape), align_corners=False)
    # Outside is 0 to grid_sample: let 0 be the background.
    return grid_sample(x - background, grid, align_corners=False) + background


def crop(x: Tensor, margin: int, top: Tensor, left: Tensor, background: float) -> Tensor:
    """Each image [C, S, S] padded by a margin and cut back to S × S at its own corner, `top` and `left` [B], from 0."""
    size = x.shape[-1]
    windows = vision.pad(x, [margin], fill=background).unfold(2, size, 1).unfold(3, size, 1)
    return windows[torch.arange(len(x), device=x.device), :, top, left]


def _either_way(x: Tensor, most: float) -> Tensor:
    """One number per image, uniform from -most to most; zeros, and nothing drawn, for 0."""
    if not most:
        return x.new_zeros(len(x))
    return x.new_empty(len(x)).uniform_(-most, most)


def _whole_pixels(x: Tensor, most: int) -> Tensor:
    """One whole number per image, each from -most to most equally likely."""
    if not most:
        return x.new_zeros(len(x))
    return torch.randint(-most, most + 1, (len(x),), device=x.device)
