"""What a page may ask: each kind of request, and nothing else."""

import base64
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playground.views import requests
from playground.views.requests import PIXELS, REQUEST, cost, pixels_of

DRAWING = base64.b64encode(bytes(PIXELS)).decode()
GOOD: list[dict[str, Any]] = [
    {"view": "activations", "digit": 3},
    {"view": "activations", "digit": DRAWING, "most_maps": 64, "gradient": True},
    {"view": "distributions"},
    {"view": "pixel", "digit": 0, "layer": "Conv2d #1", "channel": 2, "y": 3, "x": 4},
    {"view": "pixel", "digit": 0, "layer": "Flatten #1", "channel": 512 * 28 * 28 - 1},
    {"view": "gradients"},
    {"view": "check", "draw": 2},
    {"view": "weights", "layer": "Head"},
    {"view": "field", "layer": "Conv2d #1", "channel": 0},
    {"view": "field", "digit": 5, "layer": "Conv2d #1", "channel": 0, "y": 1, "x": 1},
    {"view": "answers", "digits": [1, DRAWING, 3]},
    {"view": "ribbons", "digits": [4999]},
    {"view": "mistakes", "split": "train"},
    {"view": "map", "layer": "Flatten #1", "method": "t-SNE"},
]
BROKEN: dict[str, Any] = {
    "no object": [],
    "no view": {"digit": 3},
    "unknown view": {"view": "secrets"},
    "no digit": {"view": "activations"},
    "digit below 0": {"view": "activations", "digit": -1},
    "digit beyond all": {"view": "activations", "digit": requests.MOST_INDEX},
    "digit a bool": {"view": "activations", "digit": True},
    "digit a fraction": {"view": "activations", "digit": 1.5},
    "digit null": {"view": "activations", "digit": None},
    "drawing too short": {"view": "activations", "digit": base64.b64encode(bytes(PIXELS - 1)).decode()},
    "drawing too long": {"view": "activations", "digit": base64.b64encode(bytes(PIXELS + 1)).decode()},
    "drawing much too long": {"view": "activations", "digit": "A" * 100_000},
    "drawing no base64": {"view": "activations", "digit": "?" + DRAWING[1:]},
    "drawing not ASCII": {"view": "activations", "digit": "é" + DRAWING[1:]},
    "too many maps": {"view": "activations", "digit": 3, "most_maps": 65},
    "no maps": {"view": "activations", "digit": 3, "most_maps": 0},
    "a word for a truth": {"view": "activations", "digit": 3, "gradient": "yes"},
    "something more": {"view": "distributions", "digit": 3},
    "no layer": {"view": "weights"},
    "layer a number": {"view": "weights", "layer": 3},
    "layer too long": {"view": "weights", "layer": "L" * 61},
    "place below 0": {"view": "pixel", "digit": 0, "layer": "Head", "channel": -1},
    "no digits": {"view": "answers", "digits": []},
    "too many digits": {"view": "answers", "digits": list(range(7))},
    "too many ribbons": {"view": "ribbons", "digits": list(range(6))},
    "one bad digit": {"view": "ribbons", "digits": [1, -1]},
    "the test split": {"view": "mistakes", "split": "test"},
    "unknown method": {"view": "map", "layer": "Head", "method": "UMAP"},
    "too many draws": {"view": "check", "draw": 1000},
}


@pytest.mark.parametrize("request_", GOOD, ids=lambda request: request["view"])
def test_a_request_goes_to_a_worker_as_json_and_comes_back_the_same(request_: dict[str, Any]) -> None:
    read = REQUEST.validate_json(json.dumps(request_))
    assert {name: json.loads(read.model_dump_json())[name] for name in request_} == request_
    assert REQUEST.validate_json(read.model_dump_json()) == read
    assert REQUEST.validate_python(json.loads(read.model_dump_json())) == read, "as a task's JSON has it"


def test_every_kind_of_request_is_among_them() -> None:
    kinds = {type(REQUEST.validate_python(request)) for request in GOOD}
    assert kinds == set(get_args(get_args(requests.AnyRequest)[0]))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        REQUEST.validate_json(json.dumps(BROKEN[name]))


def test_a_number_beyond_json_is_refused() -> None:
    for value in ("NaN", "Infinity", "1e400"):
        with pytest.raises(ValidationError):
            REQUEST.validate_json(f'{{"view": "activations", "digit": {value}}}')


@given(st.binary(min_size=PIXELS, max_size=PIXELS))
def test_a_drawn_digit_comes_through_pixel_by_pixel(pixels: bytes) -> None:
    read = REQUEST.validate_python({"view": "activations", "digit": base64.b64encode(pixels).decode()})
    assert isinstance(read, requests.Activations)
    assert isinstance(read.digit, str)
    assert pixels_of(read.digit) == pixels


def test_the_same_wish_is_the_same_text_whatever_was_left_out_or_in_which_order() -> None:
    """Pages share answers by the text of their request."""
    short, long = (
        REQUEST.validate_json(text) for text in ('{"view":"mistakes"}', '{"split": "validation", "view": "mistakes"}')
    )
    assert short.model_dump_json() == long.model_dump_json()


def test_what_takes_long_or_needs_many_steps_is_left_to_other_workers() -> None:
    costs: dict[str, set[str]] = {"quick": set(), "heavy": set(), "slow": set()}
    for request in [*GOOD, {"view": "map", "layer": "Head"}]:
        costs[cost(REQUEST.validate_python(request))].add(request["view"] + request.get("method", ""))
    assert costs["quick"] == {"activations", "pixel", "weights", "field", "answers"}
    assert costs["heavy"] == {"distributions", "gradients", "mistakes", "map"}
    assert costs["slow"] == {"ribbons", "check", "mapt-SNE"}
