"""A picture of a digit from somebody's file: checked before it is decoded, then ink on black."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from playground.errors import SpecError

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
LOSSY = ("JPEG", "MPO", "WEBP")  # levels near a stroke are not those of the paper; MPO: what many phones call JPEG
SIDE = 560  # pixels; larger pictures are reduced to less than twice this, so that each takes milliseconds
BORDER = 0.04  # of the shorter side, taken for paper
NEAR = 8  # levels that paper differs by at least before it is taken for ink
SPECKLED = 112  # pixels; a median over 3 × 3 would wipe out strokes of smaller pictures

Levels = NDArray[np.float32]


def read_image(content: bytes) -> NDArray[np.uint8]:
    """An image file's ink on black, uint8 [height, width]; of large pictures a reduced one.

    Any mode and orientation; of an animation the first frame. What lies along the border is taken for paper: the ink
    is what differs from it, darker or lighter. A photo's uneven light and noise are taken out.

    Raises `SpecError` where the file is too large, no image, or without ink.
    """
    if len(content) > MOST_BYTES:
        raise too_large(len(content))
    image = opened(content)
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise too_many(f"{image.width:,} × {image.height:,} pixels, {pixels / 1e6:,.0f} megapixels")
    try:
        levels = levels_of(image)
    except Exception as error:  # decoders stumble over broken files in many ways
        raise unreadable() from error
    ink = ink_of(levels, image.format in LOSSY)
    if not ink.any():
        raise SpecError(
            "digit", "there is no ink in this picture: use one of a single digit, dark on light or light on dark"
        )
    return ink


def too_large(size: int) -> SpecError:
    return SpecError(
        "digit",
        f"this file has {size / 1e6:,.1f} MB, and at most {MOST_BYTES / 1e6:.0f} are read: use a smaller picture",
    )


def too_many(size: str) -> SpecError:
    return SpecError(
        "digit",
        f"this picture has {size}, and at most {MOST_PIXELS / 1e6:.0f} megapixels are read: use a smaller one",
    )


def unreadable() -> SpecError:
    return SpecError("digit", "this file is not an image that can be read: use PNG, JPEG, WebP or GIF")


def opened(content: bytes) -> Image.Image:
    """Its header read, its pixels not."""
    try:
        return Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many(f"more than {(Image.MAX_IMAGE_PIXELS or MOST_PIXELS) / 1e6:,.0f} megapixels") from error
    except Exception as error:
        raise unreadable() from error


def levels_of(image: Image.Image) -> Levels:
    """Grey levels from 0 to 255, upright, reduced where it is large."""
    image.draft("L", (SIDE, SIDE))  # JPEG alone: decoded at an eighth of its size, or a half, where that is enough
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        return spread(np.asarray(reduced(Image.fromarray(np.asarray(image, np.float32)))))
    if image.has_transparency_data:
        return on_paper(reduced(image.convert("RGBA")))
    return np.asarray(reduced(image.convert("L")), np.float32)


def reduced(image: Image.Image) -> Image.Image:
    return image.reduce(max(1, max(image.size) // SIDE))


def spread(values: Levels) -> Levels:
    """Numbers of which nothing says what is black and white, such as 16 bit scans: their range."""
    values = np.nan_to_num(values)
    low, high = values.min(), values.max()
    return (values - low) * (255 / (high - low)) if high > low else np.zeros_like(values)


def on_paper(image: Image.Image) -> Levels:
    """What is seen of a partly transparent image on white paper if it is mostly dark, else on black."""
    levels = np.asarray(image.convert("L"), np.float32)
    opacity = np.asarray(image.getchannel("A"), np.float32) / 255
    paper = 255.0 if (levels * opacity).sum() < 127.5 * opacity.sum() else 0.0
    return (levels * opacity + paper * (1 - opacity)).astype(np.float32)


def ink_of(levels: Levels, is_lossy: bool) -> NDArray[np.uint8]:
    """How far each level is from the paper's, on the ink's side: that of the longer tail (the third moment's sign).

    Where the paper is noisy, or the file lossy, ink is what stands out by a quarter of the strongest, and by six
    deviations of the noise; its levels are stretched to 255.
    """
    paper, noise = paper_of(levels)
    deviation = levels - paper
    ink = np.clip(deviation if (deviation**3).sum() >= 0 else -deviation, 0, 255)
    if noise < 0.5 and not is_lossy:
        return np.rint(ink).astype(np.uint8)
    if noise >= 0.5 and max(ink.shape) >= SPECKLED:
        ink = np.asarray(Image.fromarray(ink.astype(np.uint8)).filter(ImageFilter.MedianFilter(3)), np.float32)
    most = ink.max()
    floor = max(6 * noise, most / 4)
    if most <= max(floor, NEAR):
        return np.zeros(ink.shape, np.uint8)
    solid = np.percentile(ink[ink > most / 2], 90)
    return np.where(ink > floor, np.clip(np.rint(ink * (255 / solid)), 0, 255), 0).astype(np.uint8)


def paper_of(levels: Levels) -> tuple[Levels, float]:
    """(the paper's level at each pixel, the standard deviation of its noise), from the border.

    Light falls off across a photo: the level is a plane, fitted by least squares to what is near the border's median,
    then near the plane. The deviation is 1.4826 times the median distance from it, exact for normal noise.
    """
    height, width = levels.shape
    down, across = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
    thick = max(1, round(BORDER * min(height, width)))
    is_border = np.ones(levels.shape, bool)
    is_border[thick:-thick, thick:-thick] = False
    at = np.nonzero(is_border)
    terms = np.stack([np.ones(len(at[0])), down[at[0]], across[at[1]]], 1)
    seen = levels[at]
    plane = np.array([np.median(seen), 0, 0])
    for _ in range(3):
        distance = np.abs(seen - terms @ plane)
        noise = 1.4826 * float(np.median(distance))
        near = distance <= max(3 * noise, NEAR)
        plane = np.linalg.lstsq(terms[near], seen[near])[0]
    noise = 1.4826 * float(np.median(np.abs(seen - terms @ plane)))
    return (plane[0] + plane[1] * down[:, None] + plane[2] * across).astype(np.float32), noise
