"""The weights of one layer in detail, and how far all have moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from playground.experiment import Network
from playground.network.names import HEAD
from playground.probes.weights import (
    FineHistogram,
    Norm,
    cosine_similarity,
    fine_histogram,
    histogram,
    layer_weights,
    norms,
    received_map,
    spread,
    symmetry,
)
from playground.training.imported import begun
from playground.views import requests
from playground.views.moment import Moment
from playground.views.pack import View, number

MOST_UNITS, MOST_CHANNELS = 64, 16  # shown as images
MOST_VALUES = 60_000  # of all images together
MOST_ROWS, MOST_COLUMNS = 128, 256  # of a matrix
MOST_COMPARED = 128  # units


def weights_view(moment: Moment, request: requests.Weights) -> View:
    """`layer`, `kind`, `shape`; `most`, the largest magnitude in the layer; `symmetry`, over all pairs of units;
    `norms`: of each weighted layer `name`, L2 `norm` and `rms` now, and both at the start; `lost`: weights that aren't
    finite, and so in no bin.

    Arrays: `units` and `inputs`, the evenly spread places that are shown; their weights as `images` [units, inputs,
    height, width] (a filter's kernels, or a Linear's weights laid out as the map that it receives), or as a `matrix`
    [units, inputs]; `edges` [bins + 1], `now` and `start` [bins] of the histogram; `compared`, units, and their
    `cosine` [compared, compared].
    """
    weight = layer_weights(moment.net, request.layer)
    start = start_of(moment.experiment.network, moment.experiment.training.seed, moment.imported)
    shown = shown_weights(weight, received_map(moment.experiment.network, request.layer))
    bins = histogram(weight, start.histograms[request.layer])
    compared = spread(len(weight), MOST_COMPARED)
    header = {
        "layer": request.layer,
        "kind": request.layer.partition(" #")[0].replace(HEAD, "Linear"),
        "shape": list(weight.shape),
        "most": number(weight.abs().max().item()),
        "symmetry": number(symmetry(weight)),
        "norms": [norm_header(now, before) for now, before in zip(norms(moment.net), start.norms, strict=True)],
        "lost": bins.lost,
    }
    return header, {
        **shown,
        "edges": bins.edges.astype(np.float32),
        "now": bins.now.astype(np.int32),
        "start": bins.start.astype(np.int32),
        "compared": compared.astype(np.int32),
        "cosine": cosine_similarity(weight, compared),
    }


@dataclass(frozen=True, eq=False)
class Start:
    """What is remembered of initial weights: not themselves, for there may be 20 million."""

    norms: tuple[Norm, ...]
    histograms: Mapping[str, FineHistogram]


@lru_cache(maxsize=8)
def start_of(network: Network, seed: int, imported: Path | None) -> Start:
    net = begun(network, seed, imported)
    return Start(norms(net), {name: fine_histogram(module.weight.detach()) for name, module in net.weighted})


def shown_weights(weight: Tensor, map_shape: tuple[int, ...] | None) -> dict[str, np.ndarray]:
    """`units`, `inputs`, and `images` or a `matrix` of those."""
    if weight.dim() == 2 and map_shape is None:
        units, inputs = spread(weight.shape[0], MOST_ROWS), spread(weight.shape[1], MOST_COLUMNS)
        return {**places(units, inputs), "matrix": at(weight, units, inputs)}
    images = weight if map_shape is None else weight.reshape(len(weight), *map_shape)
    inputs = spread(images.shape[1], MOST_CHANNELS)
    room = max(1, MOST_VALUES // (len(inputs) * prod(images.shape[2:])))
    units = spread(len(images), min(MOST_UNITS, room))
    return {**places(units, inputs), "images": at(images, units, inputs)}


def places(units: NDArray[np.intp], inputs: NDArray[np.intp]) -> dict[str, np.ndarray]:
    return {"units": units.astype(np.int32), "inputs": inputs.astype(np.int32)}


def at(weight: Tensor, units: NDArray[np.intp], inputs: NDArray[np.intp]) -> NDArray[np.float32]:
    """A copy: the weights go on changing."""
    return np.ascontiguousarray(weight.float().cpu().numpy()[np.ix_(units, inputs)])


def norm_header(now: Norm, start: Norm) -> dict[str, Any]:
    return {
        "name": now.name,
        "norm": number(now.l2),
        "rms": number(now.rms),
        "start_norm": number(start.l2),
        "start_rms": number(start.rms),
    }
