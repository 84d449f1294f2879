"""Image files of every kind become ink on black, or a sentence that says why not."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from playground.data.digits import load_digits
from playground.data.drawing import as_mnist
from playground.data.pictures import MOST_BYTES, read_image
from playground.errors import SpecError

known = st.integers(0, 499).map(lambda index: load_digits("sample").images[index * 10])


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def a_seven(side: int = 224) -> Image.Image:
    """Sharp white ink in the middle of a larger black page."""
    seven = Image.fromarray(np.pad(load_digits("sample").images[3_502], 4))
    scanned = seven.resize((2 * side, 2 * side), Image.Resampling.BICUBIC).point(lambda level: 255 * (level > 127))
    return scanned.resize((side, side), Image.Resampling.BOX)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the levels, as a share of the ink there is; a shift by a pixel is none.

    The centre of mass is put to a whole pixel: where it lies halfway, a trifle decides to which.
    """
    shifts = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    return min(float(np.abs(np.roll(one, by, (0, 1)).astype(float) - other).sum() / other.sum()) for by in shifts)


def received(content: bytes) -> np.ndarray:
    return as_mnist(read_image(content))


def problem(content: bytes) -> str:
    with pytest.raises(SpecError) as said:
        read_image(content)
    assert said.value.field == "digit"
    return said.value.message


# --- kinds of files -------------------------------------------------------------------------------------------------


@given(known)
def test_a_digit_of_the_sample_saved_as_png_is_read_as_it_was(digit: np.ndarray) -> None:
    np.testing.assert_array_equal(read_image(file(Image.fromarray(digit))), digit)


@given(known)
def test_dark_ink_on_light_paper_is_the_same_digit(digit: np.ndarray) -> None:
    np.testing.assert_array_equal(read_image(file(Image.fromarray(255 - digit))), digit)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr"])
def test_every_mode_is_read(mode: str) -> None:
    gray = a_seven()
    if mode in ("I;16", "I", "F"):
        deep = np.asarray(gray).astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]) * 257
        image = Image.fromarray(deep)
    else:
        image = gray.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr") else gray.convert(mode)
    assert image.mode == mode
    found = received(file(image, "PNG" if mode == "LA" else "TIFF"))
    assert difference(found, as_mnist(np.asarray(gray))) < 0.02


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_kind_of_file_is_read(kind: str) -> None:
    gray = a_seven()
    assert difference(received(file(gray.convert("RGB"), kind)), as_mnist(np.asarray(gray))) < 0.02


@pytest.mark.parametrize("level", [0, 255], ids=["black ink", "white ink"])
def test_ink_on_nothing_is_read_whether_dark_or_light(level: int) -> None:
    ink = a_seven()
    image = Image.merge("LA", (Image.new("L", ink.size, level), ink))
    np.testing.assert_array_equal(read_image(file(image)), np.asarray(ink))


def test_a_picture_that_was_taken_sideways_is_set_upright() -> None:
    upright = a_seven()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be seen turned by 90° clockwise
    np.testing.assert_array_equal(
        read_image(file(upright.transpose(Image.Transpose.ROTATE_90), exif=exif)), np.asarray(upright)
    )


def test_of_an_animation_the_first_frame_is_read() -> None:
    first, second = a_seven().convert("RGB"), Image.new("RGB", (224, 224), "white")
    moving = file(first, "GIF", save_all=True, append_images=[second])
    assert difference(received(moving), as_mnist(np.asarray(a_seven()))) < 0.05


def test_a_photo_of_paper_in_uneven_light_with_noise_gives_nearly_the_digit() -> None:
    height, width = 1200, 1600
    page = Image.new("L", (width, height))
    page.paste(a_seven(600), (700, 250))
    ink = np.asarray(page.filter(ImageFilter.GaussianBlur(2)), float) / 255
    down, across = np.mgrid[0:1:1200j, 0:1:1600j]
    paper = 225 - 60 * across - 50 * down
    photo = paper * (1 - 0.7 * ink) + np.random.default_rng(0).normal(0, 6, (height, width))
    content = file(Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)), "JPEG", quality=80)
    assert difference(received(content), as_mnist(np.asarray(a_seven(600)))) < 0.1


def test_a_large_picture_is_reduced_and_gives_the_same_digit() -> None:
    ink = read_image(file(a_seven(4_000)))
    assert max(ink.shape) < 1_200
    assert difference(as_mnist(ink), as_mnist(np.asarray(a_seven()))) < 0.1


# --- what can't be read ---------------------------------------------------------------------------------------------


def header_of(width: int, height: int) -> bytes:
    """A PNG that says its size and has no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"")


@pytest.mark.parametrize(
    "content",
    [b"", b"seven", b"%PDF-1.7", b"%!PS-Adobe-3.0 EPSF-3.0\n", file(a_seven())[:300], file(a_seven(), "JPEG")[:300]],
    ids=["empty", "text", "PDF", "EPS", "half a PNG", "half a JPEG"],
)
def test_what_is_no_whole_image_is_refused_with_what_to_use(content: bytes) -> None:
    assert problem(content) == "this file is not an image that can be read: use PNG, JPEG, WebP or GIF"


@given(st.binary(max_size=200), st.integers(8, 400))
def test_no_file_does_anything_but_give_ink_or_a_sentence(noise: bytes, keep: int) -> None:
    for content in (noise, file(a_seven())[:keep] + noise, file(a_seven().convert("P"), "GIF")[:keep] + noise):
        with suppress(SpecError):
            assert read_image(content).any()


def test_a_file_that_is_too_large_is_refused_with_its_size_and_the_limit() -> None:
    assert "has 12.0 MB, and at most 10" in problem(bytes(MOST_BYTES + 2_000_000))


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    assert "8,000 × 6,000 pixels, 48 megapixels, and at most 40" in problem(header_of(8_000, 6_000))


@pytest.mark.parametrize("side", [10_000, 60_000], ids=["Pillow warns", "Pillow refuses"])
def test_a_bomb_is_refused_like_any_other_picture_that_is_too_large(side: int) -> None:
    assert "megapixels, and at most 40 megapixels are read" in problem(header_of(side, side))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_page_has_no_ink(level: int) -> None:
    assert "no ink" in problem(file(Image.new("L", (300, 200), level)))


def test_noise_alone_is_no_ink() -> None:
    paper = np.random.default_rng(0).normal(180, 8, (600, 800)).clip(0, 255).astype(np.uint8)
    assert "no ink" in problem(file(Image.fromarray(paper), "JPEG"))
