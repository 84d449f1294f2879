"""From a request to bytes: the one list of all views."""

import traceback
from collections.abc import Callable
from typing import Any

from playground.errors import SpecError
from playground.views import requests
from playground.views.activations import activations_view, distributions_view, pixel_view
from playground.views.answers import answers_view, ribbons_view
from playground.views.fields import field_view
from playground.views.gradients import check_view, gradients_view
from playground.views.map import map_view
from playground.views.mistakes import mistakes_view
from playground.views.moment import Moment
from playground.views.pack import View, packed
from playground.views.weights import weights_view

VIEWS: dict[type[requests.Request], Callable[[Moment, Any], View]] = {
    requests.Activations: activations_view,
    requests.Distributions: distributions_view,
    requests.Pixel: pixel_view,
    requests.Gradients: gradients_view,
    requests.Check: check_view,
    requests.Weights: weights_view,
    requests.FieldOfUnit: field_view,
    requests.Answers: answers_view,
    requests.Ribbons: ribbons_view,
    requests.Mistakes: mistakes_view,
    requests.Map: map_view,
}


def make(moment: Moment, request: requests.Request) -> bytes:
    """The view as `pack.packed` writes it, with its name and step in the header.

    Raises `SpecError` where the network has no such layer, unit or digit.
    """
    header, arrays = VIEWS[type(request)](moment, request)
    return packed({"view": request.model_dump()["view"], "step": moment.step, **header}, arrays)


def make_or_explain(moment: Moment, request: requests.Request) -> bytes:
    """The view, or in its place the reason why there is none, as "problem" in the header."""
    try:
        return make(moment, request)
    except SpecError as error:
        problem = error.message
    except Exception as error:
        traceback.print_exception(error)
        problem = "This view met an error that is ours to mend. The run goes on."
    return packed({"problem": problem, "step": moment.step})
