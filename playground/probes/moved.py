"""One digit, moved: what both a network's maps and its answer make of it."""

from typing import Any

import numpy as np
from torch import Tensor

from playground.data.scaling import Scale
from playground.experiment import Experiment
from playground.network.build import Net
from playground.probes.activations import INPUT, activations
from playground.probes.biases import followed
from playground.probes.shifts import shifted

MOST_MAPS = 8


def moved_digit(
    net: Net, experiment: Experiment, scale: Scale, x: Tensor, dx: int, dy: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Facts and arrays of digit x [1, 1, 28, 28] after a shift, in eval mode.

    `still` and `moved_to`: the ten probabilities before and after; `unchanged`, `moved` and `errors` as
    `biases.followed` has them; `layers`: the names of those with arrays. Arrays: "Input" uint8 [28, 28], the moved
    digit; of each layer its first maps float32 [maps, height, width], of a flat one [1, 1, units].
    """
    after = shifted(x, dx, dy, scale.background)
    *layers, answer = activations(net, after, experiment.loss)
    *_, before = activations(net, x, experiment.loss)
    found = followed(net, experiment, x, dx, dy, scale.background)
    arrays = {INPUT: scale.pixels(after.cpu().numpy())[0, 0]}
    for layer in layers:
        maps = layer.values[:MOST_MAPS] if layer.values.ndim == 3 else layer.values[None, None]
        arrays[layer.name] = np.ascontiguousarray(maps, dtype=np.float32)
    facts = {
        "still": before.values.tolist(),
        "moved_to": answer.values.tolist(),
        "layers": [layer.name for layer in layers],
        **found,
    }
    return facts, arrays
