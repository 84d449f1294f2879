"""The map: digits as points, mistakes ringed, and colours that every eye can tell apart."""

from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest

from playground.figures.colors import DIGITS, rgb
from playground.figures.map import representation_map
from playground.views.requests import Map

PAGES = {"light": "#FFFFFF", "dark": "#11171D"}
# Machado, Oliveira and Fernandes 2009, severity 1: what linear RGB looks like to each kind of colour blindness.
SEEN: dict[str, list[list[float]]] = {
    "normal": np.eye(3).tolist(),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
# Ottosson 2020, OKLab: linear RGB → cones, and the cones' cube roots → L, a, b.
CONES = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
LAB = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]


def points() -> pd.DataFrame:
    return pd.DataFrame(
        {"x": [0.0, 1.0, 2.0], "y": [5.0, 6.0, 7.0], "label": [3, 8, 3], "said": [3, 3, 3], "index": [9, 7, 5]}
    )


def linear(color: str) -> np.ndarray:
    """sRGB → linear RGB."""
    share = np.array(rgb(color)) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def test_each_point_is_written_as_its_label_and_colored_by_it() -> None:
    digits = representation_map(points()).data[0]
    assert list(digits.text) == ["3", "8", "3"]
    assert digits.textfont.color == tuple(DIGITS["light"][label] for label in (3, 8, 3))
    assert list(digits.customdata) == [9, 7, 5]


def test_digits_taken_for_another_are_ringed_and_no_others() -> None:
    rings = representation_map(points()).data[1]
    assert (list(rings.x), list(rings.y)) == ([1.0], [6.0])


def test_principal_components_say_their_share_of_the_variance_and_t_sne_says_nothing() -> None:
    layout = representation_map(points(), [0.234, 0.1]).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == (
        "PC 1 (23 % of the variance)",
        "PC 2 (10 % of the variance)",
    )
    assert representation_map(points()).layout.xaxis.title.text == ""


def test_what_to_look_for_depends_on_the_method_for_distances_of_t_sne_mean_nothing() -> None:
    meta = representation_map(points()).layout.meta
    lines = meta["look_for_by_method"]
    assert set(lines) == set(get_args(get_type_hints(Map)["method"]))
    assert meta["look_for"] == lines["PCA"]
    assert "a linear layer can tell them apart" in lines["PCA"]
    assert "linear" not in lines["t-SNE"]
    assert "mean nothing" in lines["t-SNE"]
    assert all(line.endswith("Rings are mistakes.") for line in lines.values())


def test_both_axes_have_one_scale() -> None:
    assert representation_map(points()).layout.yaxis.scaleanchor == "x"


def test_no_digits_make_empty_axes() -> None:
    figure = representation_map(pd.DataFrame([], columns=["x", "y", "label", "said", "index"]))
    assert all(len(trace.x) == 0 for trace in figure.data)
    assert list(figure.layout.xaxis.range) == [-1, 1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN)
def test_every_two_classes_have_colors_that_these_eyes_tell_apart(theme: str, eyes: str) -> None:
    seen = np.clip(np.array([linear(color) for color in DIGITS[theme]]) @ np.transpose(SEEN[eyes]), 0, 1)
    lab = np.cbrt(seen @ np.transpose(CONES)) @ np.transpose(LAB)
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(10, 1)]
    assert distances.min() > 0.08


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_class_can_be_read_as_text_on_the_page(theme: str) -> None:
    page = luminance(PAGES[theme])
    for color in DIGITS[theme]:
        dark, light = sorted((luminance(color), page))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, 1.4.3
