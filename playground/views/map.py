"""500 digits where a layer puts them, in two dimensions."""

from math import prod

import numpy as np

from playground.network.shapes import trace
from playground.probes.representation import perplexity, principal_components, representation, t_sne
from playground.seeds import derive
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View

MAPPED = 500  # digits
MOST_VALUES = 60_000_000  # of all digits; three copies of them are there at a time


def map_view(moment: Moment, request: requests.Map) -> View:
    """The first 500 validation digits, which are stratified, by what leaves a layer in eval mode; less of a huge layer.

    `points` float32 [N, 2]; `index`, `label` and `said` [N]. The header's `shares`: of the layer's variance along each
    axis, None for t-SNE.
    """
    digits, count = moment.dataset.validation, mapped(moment, request.layer)
    x, labels, index = digits.x[:count], digits.y[:count].numpy(), digits.index[:count]
    found = representation(moment.net, x.to(moment.device), request.layer)
    moment.logits["validation", count] = found.logits
    said = found.logits.argmax(1)
    if request.method == "PCA":
        projection = principal_components(found.values)
        points, about = projection.points, {"shares": projection.shares.tolist(), "perplexity": None}
    else:
        points = t_sne(found.values, derive(moment.experiment.training.seed, "t-SNE") % 2**32)
        about = {"shares": None, "perplexity": perplexity(len(labels))}
    header = {
        "layer": request.layer,
        "method": request.method,
        "split": "validation",
        "source": moment.experiment.data.source,
        "digits": len(labels),
        "dimensions": found.values.shape[1],
        "wrong": int((said != labels).sum()),
        **about,
    }
    return header, {
        "points": points.astype(np.float32),
        "index": index.astype(np.int32),
        "label": labels.astype(np.uint8),
        "said": said.astype(np.uint8),
    }


def mapped(moment: Moment, layer: str) -> int:
    """How many digits there is room for."""
    sizes = {row.name: prod(row.output_shape) for row in trace(moment.experiment.network).rows}
    return max(1, min(MAPPED, MOST_VALUES // sizes.get(layer, 1)))
