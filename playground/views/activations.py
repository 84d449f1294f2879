"""What a digit does to every layer: as tiles, as distributions, and one value as the sum that made it."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.probes.activations import INPUT, LayerActivation, activation_gradients, activations
from playground.probes.distributions import LayerDistribution, distributions
from playground.probes.pixel import How, Pooled, Unit, Weighted, explain
from playground.probes.weights import spread
from playground.training.judged import JUDGED
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View, number

WHITE = 255
FEW_MAPS = 16
NARROW, WIDE = 128, 512  # units of a flat layer that are shown, beside few maps and beside many
MOST_CHANNELS, MOST_INPUTS = 8, 10  # the largest parts of a sum, which are shown one by one
MOST_UNITS = 20_000  # of a flat layer that is shown whole


# --- tiles ----------------------------------------------------------------------------------------------------------


def activations_view(moment: Moment, request: requests.Activations) -> View:
    """Every layer's output for one digit, eval mode, and where asked the loss's gradient by it.

    Header: `label` and `split` (None for a drawn digit; "unused" is one that training leaves out), `prediction` and
    `probabilities` (None where not finite), `layers` (the pixels from 0 to 1 first, the logits last). Arrays of layer
    i: `a{i}` uint8 [maps, height, width] and `most{i}` float32 [maps], coded as `coded` says; `u{i}` int32, which units
    of a wide flat layer are shown. With `gradient` also `g{i}` and `gmost{i}`, by the label `target`: of a drawn digit
    the class that the network predicts.
    """
    x, loss = moment.x(request.digit), moment.experiment.loss
    *layers, answer = activations(moment.net, x, loss)
    label, prediction = moment.label(request.digit), int(np.argmax(answer.values))
    target = prediction if label is None else label
    image = moment.image(request.digit)[None].astype(np.float32) / WHITE
    shown = [LayerActivation(INPUT, INPUT, image), *layers]
    header = {
        "digit": request.digit,
        "label": label,
        "split": moment.split_of(request.digit),
        "prediction": prediction if np.isfinite(answer.values).all() else None,
        "answer": answer.kind,
        "probabilities": [number(value) for value in answer.values],
        "layers": [described(layer, request.most_maps) for layer in shown],
    }
    arrays: dict[str, np.ndarray] = {}
    for i, layer in enumerate(shown):
        arrays[f"a{i}"], arrays[f"most{i}"] = coded(*tiles_of(layer.values, request.most_maps))
        if is_spread(layer.values, request.most_maps):
            arrays[f"u{i}"] = shown_units(layer.values, request.most_maps)
    if request.gradient:
        gradients = activation_gradients(moment.net, x, target, loss)
        for i, layer in enumerate(gradients):
            tiles, _ = tiles_of(layer.values, request.most_maps)
            arrays[f"g{i}"], arrays[f"gmost{i}"] = coded(tiles, is_signed=True)
        header |= {
            "target": target,
            "label_is_predicted": label is None,
            "gradients": [extent(layer.values) for layer in gradients],
        }
    return header, arrays


def described(layer: LayerActivation, most_maps: int) -> dict[str, Any]:
    tiles, is_signed = tiles_of(layer.values, most_maps)
    return {
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.values.shape),
        "flat": layer.values.ndim == 1,
        **dict(zip(("maps", "height", "width"), tiles.shape, strict=True)),
        "signed": is_signed,
        **extent(layer.values),
    }


def extent(values: np.ndarray) -> dict[str, Any]:
    """The least and the largest finite value, None where there is none, and how many are not finite."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    return {"low": low, "high": high, "not_finite": values.size - finite.size}


def tiles_of(values: np.ndarray, most_maps: int) -> tuple[np.ndarray, bool]:
    """([tiles, height, width], whether the layer has values below 0): a layer's first maps; of a flat one a strip of
    its units, spread evenly where it is wide."""
    if values.ndim == 3:
        tiles = values[:most_maps]
    else:
        tiles = (values[shown_units(values, most_maps)] if is_spread(values, most_maps) else values)[None, None]
    return tiles, bool((values < 0).any())


def is_spread(values: np.ndarray, most_maps: int) -> bool:
    return values.ndim == 1 and len(values) > strip_of(most_maps)


def shown_units(values: np.ndarray, most_maps: int) -> NDArray[np.int32]:
    return spread(len(values), strip_of(most_maps)).astype(np.int32)


def strip_of(most_maps: int) -> int:
    return WIDE if most_maps > FEW_MAPS else NARROW


def coded(tiles: np.ndarray, is_signed: bool) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(codes, most): each tile on its own scale, whose end `most` is its largest finite magnitude.

    Signed: value = (code - 128) / 127 · most, so 128 is zero. Unsigned: value = code / 255 · most. Infinite values are
    coded as the end of the scale, NaN as zero.
    """
    finite = np.where(np.isfinite(tiles), tiles, 0)
    most = np.abs(finite).max((1, 2), initial=0).astype(np.float32)
    ends = np.where(most > 0, most, 1)[:, None, None]
    shares = np.nan_to_num(np.clip(tiles / ends, -1, 1))  # divided first: no overflow
    codes = 128 + shares * 127 if is_signed else shares * 255
    return np.rint(codes).astype(np.uint8), most


# --- distributions --------------------------------------------------------------------------------------------------


def distributions_view(moment: Moment, request: requests.Distributions) -> View:
    """Every layer's values over the validation split's first 256 digits, eval mode.

    Header: `layers`, whose `low` and `high` are the true ends of the values, None where no value is finite. Arrays, one
    row a layer: `edges` float32 [layers, bins + 1], from low to high but parted where these are equal or None; `counts`
    float32 [layers, bins], exact zeros left out.
    """
    x = moment.dataset.validation.x[:JUDGED].to(moment.device)
    layers = distributions(moment.net, x)
    header = {"split": "validation", "digits": len(x), "layers": [summary(layer) for layer in layers]}
    return header, {
        "edges": np.stack([layer.edges for layer in layers]),
        "counts": np.stack([layer.counts for layer in layers]),
    }


def summary(layer: LayerDistribution) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "units": layer.units,
        **{key: number(getattr(layer, key)) for key in ("mean", "deviation", "low", "high", "zeros", "saturated")},
        "dead": layer.dead,
        "every": layer.every,
    }


# --- one value ------------------------------------------------------------------------------------------------------


def pixel_view(moment: Moment, request: requests.Pixel) -> View:
    """One value of a layer for one digit, eval mode: what made it (`how`, by its `type`), what the layers right above
    make of it (`then`), and the map it lies in (`map` float32 [height, width]; all units of a flat layer, [1, units]).

    Of a sum the largest parts are sent, the rest as one number: `inputs`, `weights` float32 [channels, kernel, kernel]
    or [inputs], `parts` float32 and `channels` int32, which input channels or units they are.
    """
    unit = Unit(request.layer, request.channel, request.y, request.x)
    found = explain(moment.net, moment.x(request.digit), unit, moment.dataset.scale, moment.experiment.loss)
    numbers, arrays = told(found.how)
    if found.map.size <= MOST_UNITS:
        arrays["map"] = found.map
    header = {
        "digit": request.digit,
        **unit._asdict(),
        "kind": found.kind,
        "value": number(found.value),
        "below": found.below,
        **{key: extent(found.map)[key] for key in ("low", "high")},
        "how": {"type": type(found.how).__name__, **numbers},
        "then": [{"layer": one.layer, "formula": one.formula, "value": number(one.value)} for one in found.then],
    }
    return header, arrays


def told(how: How) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    match how:
        case Weighted():
            return parts_of(how)
        case Pooled():
            taken = None if how.taken is None else list(how.taken)
            return {"taken": taken, "top": how.top, "left": how.left}, {"window": how.window}
    return {key: number(value) if isinstance(value, float) else value for key, value in asdict(how).items()}, {}


def parts_of(how: Weighted) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The sum by input channel, or by input, the largest parts first."""
    is_flat = how.inputs.ndim == 1
    products = how.inputs.astype(np.float64) * how.weights
    parts = products if is_flat else products.sum((1, 2))
    order = np.argsort(-np.abs(parts), kind="stable")[: MOST_INPUTS if is_flat else MOST_CHANNELS]
    rest = np.delete(parts, order)
    numbers = {
        "bias": number(how.bias),
        "total": number(how.total),
        "rest": number(rest.sum()),
        "rest_count": len(rest),
        "top": how.top,
        "left": how.left,
    }
    return numbers, {
        "inputs": how.inputs[order],
        "weights": how.weights[order],
        "parts": parts[order].astype(np.float32),
        "channels": order.astype(np.int32),
    }
