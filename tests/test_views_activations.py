"""What a page gets of activations: codes that say the values, and a sum whose parts add up to it."""

import base64
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from playground.data.splits import split
from playground.errors import SpecError
from playground.experiment import AvgPool2d, BatchNorm2d, Conv2d, Data, Flatten, Layer, Linear, MaxPool2d, ReLU, Tanh
from playground.probes.activations import activation_gradients, activations
from playground.probes.distributions import distributions
from playground.training.trainer import Trainer
from playground.views.activations import (
    NARROW,
    WIDE,
    activations_view,
    coded,
    distributions_view,
    pixel_view,
    tiles_of,
)
from playground.views.moment import Moment
from playground.views.pack import packed, unpacked
from playground.views.requests import Activations, Digit, Distributions, Pixel
from tests.small_runs import CNN, small, steps

DRAWN = base64.b64encode(bytes(range(196)) * 4).decode()
DEEP: tuple[Layer, ...] = (
    *(Conv2d(channels=20), BatchNorm2d(), Tanh(), MaxPool2d(), Conv2d(channels=2), AvgPool2d()),
    *(Flatten(), Linear(units=30), ReLU()),
)


@cache
def moment(*layers: Layer) -> Moment:
    """A network after five steps."""
    experiment = small(*layers)
    trainer = Trainer(experiment)
    steps(trainer, 5)
    return Moment(experiment, trainer.net, trainer.dataset, trainer.step)


def tiles(digit: Digit = 7, most_maps: int = 16, gradient: bool = False) -> Activations:
    return Activations(view="activations", digit=digit, most_maps=most_maps, gradient=gradient)


def decoded(codes: np.ndarray, most: np.ndarray, is_signed: bool) -> np.ndarray:
    """As a browser reads them."""
    shares = (codes.astype(float) - 128) / 127 if is_signed else codes / 255
    return shares * most[:, None, None]


def sent(view: tuple[dict[str, Any], dict[str, np.ndarray]]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The view as it comes out of the bytes."""
    return unpacked(packed(*view))


# --- tiles ----------------------------------------------------------------------------------------------------------


@given(arrays_of.arrays(np.float32, (3, 2, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)), st.booleans())
def test_codes_say_each_value_to_within_half_a_step_of_its_own_tiles_scale(values: np.ndarray, is_signed: bool) -> None:
    values = values if is_signed else np.abs(values)
    codes, most = coded(values, is_signed)
    np.testing.assert_array_equal(most, np.abs(values).max((1, 2)))
    steps_of = most / (127 if is_signed else 255)
    allowed = 0.5001 * steps_of[:, None, None].astype(float) + 1e-44
    assert (np.abs(decoded(codes, most, is_signed) - values) <= allowed).all()


def test_what_isnt_finite_is_drawn_as_the_end_of_the_scale_or_as_zero() -> None:
    codes, most = coded(np.array([[[1, -2, np.inf, -np.inf, np.nan, 0]]], np.float32), True)
    assert most.tolist() == [2]
    assert codes.ravel().tolist() == [192, 1, 255, 1, 128, 128]


def test_the_pixels_come_first_then_every_layer_of_the_builder_and_the_head() -> None:
    at = moment(*CNN)
    header, arrays = sent(activations_view(at, tiles()))
    names = ["Input", "Conv2d #1", "ReLU #1", "MaxPool2d #1", "Flatten #1", "Linear #1", "ReLU #2", "Head"]
    assert [layer["name"] for layer in header["layers"]] == names
    image = decoded(arrays["a0"], arrays["most0"], False)
    np.testing.assert_allclose(image[0], at.digits.images[7] / 255, atol=0.002)
    for i, wanted in enumerate(activations(at.net, at.x(7))[:-1], start=1):
        layer = header["layers"][i]
        assert layer["shape"] == list(wanted.values.shape)
        assert [layer["maps"], layer["height"], layer["width"]] == list(arrays[f"a{i}"].shape)
        assert layer["low"] == pytest.approx(wanted.values.min())
        assert layer["high"] == pytest.approx(wanted.values.max())
        assert layer["not_finite"] == 0
        if not layer["flat"]:
            found = decoded(arrays[f"a{i}"], arrays[f"most{i}"], layer["signed"])
            np.testing.assert_allclose(found, wanted.values, atol=np.abs(wanted.values).max() / 200)


def test_label_prediction_and_probabilities_are_those_of_the_digit() -> None:
    at = moment(*CNN)
    header, _ = sent(activations_view(at, tiles()))
    answer = activations(at.net, at.x(7), at.experiment.loss)[-1].values
    assert header["label"] == at.digits.labels[7]
    assert header["prediction"] == answer.argmax()
    np.testing.assert_allclose(header["probabilities"], answer, rtol=1e-6)


def test_the_split_of_the_digit_is_said_and_that_a_run_leaves_it_out() -> None:
    at = moment(*CNN)
    dataset = at.dataset
    whole = split(at.digits.labels, Data(), at.experiment.training.seed)
    left_out = whole.train[len(dataset.train)]
    places = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    for name, digits in places.items():
        for digit in (digits.index[0], digits.index[-1]):
            assert sent(activations_view(at, tiles(int(digit))))[0]["split"] == name
    assert sent(activations_view(at, tiles(int(left_out))))[0]["split"] == "unused"
    assert sent(activations_view(at, tiles(DRAWN)))[0]["split"] is None


def test_as_many_maps_are_shown_as_were_asked_for_and_units_from_all_over_a_wide_layer() -> None:
    wide = np.arange(3136, dtype=np.float32)
    for most_maps, width in ((16, NARROW), (64, WIDE)):
        strip, _ = tiles_of(wide, most_maps)
        assert strip.shape == (1, 1, width)
        assert (strip[0, 0, 0], strip[0, 0, -1]) == (0, 3135)
        assert (np.diff(strip[0, 0]) > 0).all()
        header, arrays = activations_view(moment(*DEEP), tiles(most_maps=most_maps))
        layers = {layer["name"]: (i, layer) for i, layer in enumerate(header["layers"])}
        assert layers["Conv2d #1"][1]["maps"] == min(20, most_maps)
        assert f"u{layers['Linear #1'][0]}" not in arrays
    header, arrays = activations_view(moment(), tiles())
    assert header["layers"][1]["shape"] == [784]
    pixels = moment().x(7).numpy().ravel()
    shown = decoded(arrays["a1"], arrays["most1"], header["layers"][1]["signed"])[0, 0]
    np.testing.assert_allclose(shown, pixels[arrays["u1"]], atol=0.03)


def test_gradients_come_as_tiles_beside_the_activations_zero_always_being_128() -> None:
    at = moment(*DEEP)
    header, arrays = sent(activations_view(at, tiles(gradient=True)))
    label = int(at.digits.labels[7])
    assert (header["target"], header["label_is_predicted"]) == (label, False)
    wanted = activation_gradients(at.net, at.x(7), label, at.experiment.loss)
    assert len(header["gradients"]) == len(header["layers"]) == len(wanted)
    for i, layer in enumerate(wanted):
        assert arrays[f"g{i}"].shape == arrays[f"a{i}"].shape
        expected, _ = tiles_of(layer.values, 16)
        found = decoded(arrays[f"g{i}"], arrays[f"gmost{i}"], True)
        np.testing.assert_allclose(found, expected, atol=np.abs(expected).max() / 200 + 1e-12)


def test_a_drawn_digits_gradient_is_for_the_class_that_the_network_predicts() -> None:
    header, _ = activations_view(moment(*CNN), tiles(DRAWN, gradient=True))
    assert header["label"] is None
    assert header["label_is_predicted"]
    assert header["target"] == header["prediction"]


def test_a_network_that_has_diverged_is_still_a_view() -> None:
    at = moment(*CNN)
    net = deepcopy(at.net)
    with torch.no_grad():
        net.head.weight[3] = torch.nan
    header, _ = sent(activations_view(replace(at, net=net), tiles(gradient=True)))
    assert header["prediction"] is None
    assert header["probabilities"] == [None] * 10
    assert header["layers"][-1]["not_finite"] == 1


# --- distributions --------------------------------------------------------------------------------------------------


def test_distributions_are_over_the_validation_splits_first_256_digits() -> None:
    at = moment(*CNN)
    header, arrays = sent(distributions_view(at, Distributions(view="distributions")))
    assert (header["split"], header["digits"]) == ("validation", 256)
    wanted = distributions(at.net, at.dataset.validation.x[:256])
    for layer, row, edges, counts in zip(wanted, header["layers"], arrays["edges"], arrays["counts"], strict=True):
        assert row["name"] == layer.name
        assert row["mean"] == pytest.approx(layer.mean)
        assert (row["dead"], row["saturated"]) == (layer.dead, layer.saturated)
        np.testing.assert_array_equal(counts, layer.counts)
        assert len(edges) == len(counts) + 1


def test_the_ends_of_a_layer_that_is_dead_are_both_zero_and_those_of_one_that_is_lost_none() -> None:
    at = moment(*CNN)
    net = deepcopy(at.net)
    (_, conv), *_ = net.weighted
    assert conv.bias is not None
    with torch.no_grad():
        conv.bias.fill_(-1000)
        net.head.weight.fill_(torch.nan)
    header, arrays = sent(distributions_view(replace(at, net=net), Distributions(view="distributions")))
    ends = {layer["name"]: (layer["low"], layer["high"]) for layer in header["layers"]}
    assert ends["ReLU #1"] == (0, 0)
    assert ends["Head"] == (None, None)
    assert (arrays["edges"][:, 0] < arrays["edges"][:, -1]).all()


# --- one value ------------------------------------------------------------------------------------------------------


def pixel(layer: str, channel: int, y: int = 0, x: int = 0, digit: Digit = 7) -> Pixel:
    return Pixel(view="pixel", digit=digit, layer=layer, channel=channel, y=y, x=x)


@pytest.mark.parametrize(
    ("asked", "sent_parts", "others"),
    [
        (pixel("Conv2d #1", 3, 0, 5), 1, 0),
        (pixel("Conv2d #2", 1, 4, 5), 8, 12),
        (pixel("Linear #1", 3), 10, 40),
        (pixel("Head", 3), 10, 20),
    ],
    ids=lambda one: getattr(one, "layer", None),
)
def test_the_largest_parts_of_a_sum_the_rest_and_the_bias_add_up_to_the_value(
    asked: Pixel, sent_parts: int, others: int
) -> None:
    header, arrays = sent(pixel_view(moment(*DEEP), asked))
    how = header["how"]
    assert (len(arrays["parts"]), how["rest_count"]) == (sent_parts, others)
    products = arrays["inputs"].astype(float) * arrays["weights"]
    np.testing.assert_allclose(products.reshape(sent_parts, -1).sum(1), arrays["parts"], rtol=1e-5, atol=1e-6)
    assert arrays["parts"].sum() + how["rest"] == pytest.approx(how["total"], abs=1e-5)
    assert how["total"] + how["bias"] == pytest.approx(header["value"], abs=1e-5)
    assert (np.diff(np.abs(arrays["parts"])) <= 0).all()
    assert abs(how["rest"]) <= np.abs(arrays["parts"]).min() * others + 1e-6


def test_the_parts_name_the_units_below_that_they_come_from() -> None:
    at = moment(*DEEP)
    _, arrays = pixel_view(at, pixel("Head", 3))
    below = next(layer for layer in activations(at.net, at.x(7)) if layer.name == "ReLU #1").values
    np.testing.assert_array_equal(arrays["inputs"], below[arrays["channels"]])
    np.testing.assert_array_equal(arrays["weights"], at.net.head.weight[3].detach().numpy()[arrays["channels"]])


@pytest.mark.parametrize(
    ("asked", "how"),
    [
        (pixel("Input", 0, 9, 14), "Scaled"),
        (pixel("BatchNorm2d #1", 3, 1, 2), "Normalized"),
        (pixel("Tanh #1", 3, 1, 2), "Mapped"),
        (pixel("MaxPool2d #1", 3, 1, 2), "Pooled"),
        (pixel("AvgPool2d #1", 1, 1, 2), "Pooled"),
        (pixel("Flatten #1", 7), "Passed"),
        (pixel("ReLU #1", 7, digit=DRAWN), "Mapped"),
    ],
    ids=lambda one: getattr(one, "layer", None),
)
def test_every_kind_of_layer_says_what_made_its_value_and_shows_the_map_around_it(asked: Pixel, how: str) -> None:
    at = moment(*DEEP)
    header, arrays = sent(pixel_view(at, asked))
    assert header["how"]["type"] == how
    assert (header["layer"], header["channel"], header["y"], header["x"]) == (
        asked.layer,
        asked.channel,
        asked.y,
        asked.x,
    )
    place = (asked.y, asked.x) if header["kind"] not in ("Flatten", "ReLU") else (0, asked.channel)
    assert arrays["map"][place] == pytest.approx(header["value"])
    assert header["low"] == pytest.approx(arrays["map"].min())


def test_a_pixel_of_the_digit_is_its_true_grey_level() -> None:
    at = moment(*CNN)
    header, _ = pixel_view(at, pixel("Input", 0, 14, 14))
    assert header["how"]["pixel"] == at.digits.images[7, 14, 14]
    assert header["below"] is None


def test_a_place_that_isnt_there_is_refused() -> None:
    with pytest.raises(SpecError, match="no channel 20"):
        pixel_view(moment(*DEEP), pixel("Conv2d #1", 20))


@settings(max_examples=25)
@given(st.sampled_from(["tiles", "distributions", "pixel"]), st.booleans())
def test_a_view_leaves_weights_gradients_mode_and_random_state(which: str, is_training: bool) -> None:
    at = moment(*DEEP)
    at.net.train(is_training)
    before = {name: tensor.clone() for name, tensor in at.net.state_dict().items()}
    grads = [None if one.grad is None else one.grad.clone() for one in at.net.parameters()]
    state = torch.get_rng_state()
    match which:
        case "tiles":
            activations_view(at, tiles(gradient=True))
        case "distributions":
            distributions_view(at, Distributions(view="distributions"))
        case "pixel":
            pixel_view(at, pixel("Conv2d #2", 1, 4, 5))
    assert at.net.training == is_training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(tensor, before[name]) for name, tensor in at.net.state_dict().items())
    for one, old in zip(at.net.parameters(), grads, strict=True):
        assert (one.grad is None) == (old is None)
        assert old is None or (one.grad is not None and torch.equal(one.grad, old))
