"""How strongly each layer is pulled at, and whether its gradients are right."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from torch import Tensor

from playground.network.shapes import BYTES, MOST_BATCH_BYTES, trace
from playground.probes.gradients import (
    Checked,
    LayerGradient,
    finite_difference_check,
    largest_relative,
    layer_gradients,
)
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View, number

MEASURED_DIGITS = 64  # a batch's worth: the view is made several times a second
CHECKED_DIGITS = 16


def gradients_view(moment: Moment, request: requests.Gradients) -> View:
    """`layers`: name, RMS per weight of gradient and weight, and gradient / weight (None: not finite) of each weighted
    layer, over the first `digits` of the training split, in eval mode, without penalty."""
    x, y = training_digits(moment, MEASURED_DIGITS)
    found = layer_gradients(moment.net, x, y, moment.experiment.loss)
    return {"digits": len(y), "layers": [layer_header(layer) for layer in found]}, {}


def check_view(moment: Moment, request: requests.Check) -> View:
    """Autograd's gradients against central differences, on a copy of the network in float64, in eval mode.

    `layers`: how many weights of each were `checked`; at how many a unit crosses its kink (`kinks`); of how many
    gradients rounding leaves fewer than four digits (`hidden`); of all others the largest `relative` difference. The
    same at the top is for all layers. `weights` of a layer: index, weight, autograd, numeric, difference, relative,
    kink, hidden.
    """
    x, y = training_digits(moment, CHECKED_DIGITS)
    found = finite_difference_check(moment.net, x, y, moment.experiment.loss, request.draw)
    layers = [(name, list(checked)) for name, checked in groupby(found, attrgetter("layer"))]
    return {
        "digits": len(y),
        "draw": request.draw,
        "checked": len(found),
        "kinks": sum(one.crosses_kink for one in found),
        "hidden": sum(one.is_hidden for one in found),
        "relative": number(largest_relative(found)),
        "layers": [
            {
                "name": name,
                "checked": len(checked),
                "kinks": sum(one.crosses_kink for one in checked),
                "hidden": sum(one.is_hidden for one in checked),
                "relative": number(largest_relative(checked)),
                "weights": [weight_header(one) for one in checked],
            }
            for name, checked in layers
        ],
    }, {}


def training_digits(moment: Moment, count: int) -> tuple[Tensor, Tensor]:
    """The first digits of the training split, as many as autograd's memory of what leaves the layers has room for."""
    room = MOST_BATCH_BYTES // (BYTES * trace(moment.experiment.network).values)
    digits, count = moment.dataset.train, max(1, min(count, room))
    return digits.x[:count].to(moment.device), digits.y[:count].to(moment.device)


def layer_header(layer: LayerGradient) -> dict[str, Any]:
    return {
        "name": layer.name,
        "gradient": number(layer.gradient),
        "weight": number(layer.weight),
        "ratio": number(layer.ratio),
    }


def weight_header(one: Checked) -> dict[str, Any]:
    return {
        "index": list(one.index),
        "weight": number(one.weight),
        "autograd": number(one.autograd),
        "numeric": number(one.numeric),
        "difference": number(one.difference),
        "relative": number(one.relative),
        "kink": one.crosses_kink,
        "hidden": one.is_hidden,
    }
