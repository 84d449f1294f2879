"""The view of one unit's field: theory, and effect at initialization and now."""

import base64
from typing import Any

import numpy as np
import pytest
import torch

from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import AnyLayer, Conv2d, Flatten, Linear, MaxPool2d, ReLU
from playground.network.build import build
from playground.probes.effective_field import effective_field
from playground.views.fields import DIGITS, field_view, initial_effect
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import FieldOfUnit
from tests.small_runs import CNN, small

DEEP: tuple[AnyLayer, ...] = (
    *(Conv2d(channels=3, padding=1), ReLU(), MaxPool2d()),
    *(Conv2d(channels=4, padding=1), ReLU(), MaxPool2d()),
    *(Flatten(), Linear(units=8), ReLU()),
)


def moment(*layers: AnyLayer, step: int = 0) -> Moment:
    """At a later step the weights are others than the initial ones."""
    experiment = small(*layers)
    net = build(experiment.network, experiment.training.seed)
    if step:
        generator = torch.Generator().manual_seed(step)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return Moment(experiment, net, load(experiment.data, experiment.training.seed), step)


def view(at: Moment, **request: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """As a browser unpacks it."""
    return unpacked(packed(*field_view(at, FieldOfUnit(view="field", **request))))


def test_the_effective_field_is_the_mean_over_the_first_64_validation_digits() -> None:
    at = moment(*DEEP, step=5)
    header, arrays = view(at, layer="MaxPool2d #2", channel=2, y=3, x=4)
    x = at.dataset.validation.x[:DIGITS]
    np.testing.assert_array_equal(arrays["now"], effective_field(at.net, x, "MaxPool2d #2", 2, 3, 4).values)
    initial = build(at.experiment.network, at.experiment.training.seed)
    np.testing.assert_array_equal(arrays["initial"], effective_field(initial, x, "MaxPool2d #2", 2, 3, 4).values)
    assert (header["digits"], header["split"], header["digit"]) == (64, "validation", None)


def test_or_it_is_that_of_one_digit_alone() -> None:
    at = moment(*DEEP, step=5)
    header, arrays = view(at, digit=7, layer="Linear #1", channel=2)
    np.testing.assert_array_equal(arrays["now"], effective_field(at.net, at.x(7), "Linear #1", 2).values)
    assert (header["digits"], header["split"], header["digit"]) == (1, None, 7)


def test_a_drawn_digit_has_a_field_too() -> None:
    at = moment(*DEEP)
    pixels = at.digits.images[7]
    drawn, known = (
        view(at, digit=digit, layer="Conv2d #2", channel=0, y=6, x=6)[1]
        for digit in (base64.b64encode(pixels.tobytes()).decode(), 7)
    )
    np.testing.assert_array_equal(drawn["now"], known["now"])


def test_at_step_0_now_is_the_start_and_later_the_start_is_the_same() -> None:
    unit = {"layer": "MaxPool2d #2", "channel": 1, "y": 3, "x": 3}
    _, start = view(moment(*DEEP), **unit)
    _, later = view(moment(*DEEP, step=3), **unit)
    np.testing.assert_array_equal(start["now"], start["initial"])
    np.testing.assert_array_equal(later["initial"], start["initial"])
    assert (later["now"] != start["now"]).any()


def test_the_initial_field_is_computed_once_for_all_steps() -> None:
    initial_effect.cache_clear()
    for step in (0, 1, 2):
        view(moment(*DEEP, step=step), layer="ReLU #2", channel=1, y=3, x=3)
    assert (initial_effect.cache_info().misses, initial_effect.cache_info().hits) == (1, 2)


def test_the_header_says_what_the_unit_sees_in_theory() -> None:
    header, _ = view(moment(*DEEP), layer="MaxPool2d #2", channel=2, y=0, x=6)
    expected = {
        "size": 10,
        "jump": 4,
        "box": [-3, 21, 7, 31],
        "inside": [0, 21, 7, 28],
        "in_padding": pytest.approx(0.51),
        "rows": 7,
        "columns": 7,
        "whole_image": False,
        "shape": [4, 7, 7],
        "unit": [2, 0, 6],
        "place": [2, 0, 6],
    }
    assert {name: header[name] for name in expected} == expected


def test_a_fully_connected_unit_sees_the_whole_image_but_for_what_strides_leave_over() -> None:
    header, arrays = view(moment(*CNN, step=1), layer="Linear #1", channel=3)
    assert (header["whole_image"], header["box"], header["place"]) == (True, [0, 0, 28, 28], None)
    assert (header["size"], header["in_padding"], header["rows"]) == (28, 0, 28)
    assert arrays["radii"].tolist() == [*range(15)]
    leaving = moment(Conv2d(channels=1, kernel=5), MaxPool2d(kernel=5, stride=5), Flatten())
    header, _ = view(leaving, layer="Head", channel=3)
    assert (header["rows"], header["columns"]) == (24, 24)


def test_shares_and_the_radius_of_half_of_them_belong_together() -> None:
    header, arrays = view(moment(*DEEP, step=2), layer="Conv2d #2", channel=1, y=7, x=7)
    assert header["size"] == 8
    np.testing.assert_array_equal(arrays["radii"], [0, 1, 2, 3, 4])
    np.testing.assert_allclose(arrays["shares_alike"], (arrays["radii"] / 4) ** 2, rtol=1e-6)
    for name in ("now", "initial"):
        assert np.interp(header["half"][name], arrays["radii"], arrays[f"shares_{name}"]) == pytest.approx(0.5)
        assert header["moved"][name] == 64


def test_a_dead_unit_says_so() -> None:
    at = moment(*DEEP)
    with torch.no_grad():
        at.net.weighted[0][1].get_parameter("bias")[1] = -100
    header, arrays = view(at, layer="ReLU #1", channel=1, y=5, x=5)
    assert (header["moved"]["now"], header["half"]["now"]) == (0, None)
    assert header["moved"]["initial"] > 0
    assert np.isnan(arrays["shares_now"]).all()
    assert not arrays["now"].any()


def test_weights_that_are_not_finite_leave_a_view_that_can_be_sent() -> None:
    at = moment(*DEEP)
    with torch.no_grad():
        at.net.weighted[0][1].weight.fill_(np.nan)
    header, arrays = view(at, layer="Conv2d #2", channel=1, y=5, x=5)
    assert header["half"]["now"] is None
    assert np.isnan(arrays["shares_now"]).all()


def test_a_look_leaves_the_network_as_it_was() -> None:
    at = moment(*DEEP)
    at.net.train()
    state, weights = torch.get_rng_state(), [parameter.clone() for parameter in at.net.parameters()]
    view(at, layer="Head", channel=1)
    assert at.net.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(*pair) for pair in zip(at.net.parameters(), weights, strict=True))
    assert all(parameter.grad is None for parameter in at.net.parameters())


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"layer": "Conv2d #9", "channel": 0}, "layer"),
        ({"layer": "Conv2d #1", "channel": 3}, "channel"),
        ({"layer": "Conv2d #1", "channel": 0, "x": 28}, "x"),
        ({"layer": "Conv2d #1", "channel": 0, "digit": 99_999}, "digit"),
    ],
)
def test_what_is_not_there_is_named(request_: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as error:
        view(moment(*DEEP), **request_)
    assert error.value.field == field
