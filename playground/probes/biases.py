"""What a network makes of moved test digits, in numbers: the measures of the lab on inductive bias, ready for JSON."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from playground.data.tensors import Dataset
from playground.experiment import Experiment
from playground.network.build import Net
from playground.probes.equivariance import answer_change, equivariance
from playground.probes.shifts import (
    FOUR_WAYS,
    accuracy_along_shifts,
    accuracy_over_rotations,
    accuracy_over_scales,
    accuracy_over_shifts,
)

DIGITS = 200  # the first ones of the test split, which are stratified: 289 shifts of them take a CNN three seconds
REACH = 8  # pixels
FOLLOWED = 100  # digits
FURTHEST = 6  # pixels that maps are followed
DEGREES = tuple(range(-90, 91, 10))
FACTORS = tuple(round(0.5 + 0.1 * step, 1) for step in range(11))


def over_shifts(net: Net, dataset: Dataset) -> dict[str, Any]:
    """`accuracy` [17][17]: rows are shifts down, columns shifts right, each from -`reach` to `reach` pixels."""
    found = accuracy_over_shifts(net, *first_of_test(dataset, DIGITS), dataset.scale.background, REACH)
    return {"digits": min(DIGITS, len(dataset.test)), "reach": REACH, "accuracy": found.tolist()}


def along_shifts(net: Net, dataset: Dataset) -> dict[str, Any]:
    """`accuracy` [9] after shifts by 0 to `reach` pixels, the mean of right, left, down and up: a ninth of the work."""
    found = accuracy_along_shifts(net, *first_of_test(dataset, DIGITS), dataset.scale.background, REACH)
    return {"digits": min(DIGITS, len(dataset.test)), "reach": REACH, "accuracy": found.tolist()}


def over_rotation_and_scale(net: Net, dataset: Dataset) -> dict[str, Any]:
    """`rotation` and `scale`: pairs of degrees or factor and accuracy."""
    digits, background = first_of_test(dataset, DIGITS), dataset.scale.background
    turned = accuracy_over_rotations(net, *digits, background, DEGREES)
    scaled = accuracy_over_scales(net, *digits, background, FACTORS)
    return {
        "digits": min(DIGITS, len(dataset.test)),
        "rotation": [*zip(DEGREES, turned.tolist(), strict=True)],
        "scale": [*zip(FACTORS, scaled.tolist(), strict=True)],
    }


def following(net: Net, experiment: Experiment, dataset: Dataset) -> list[dict[str, Any]]:
    """A row a shift by 1 to 6 pixels, means over the four directions: `pixels`, `unchanged`, `moved` (see
    `AnswerChange`), and `errors`: of each layer that gives maps of the image, by its name, see `LayerEquivariance`."""
    x, background = dataset.test.x[:FOLLOWED], dataset.scale.background
    rows = []
    for pixels in range(1, FURTHEST + 1):
        ways = [followed(net, experiment, x, pixels * dx, pixels * dy, background) for dx, dy in FOUR_WAYS]
        rows.append(
            {
                "pixels": pixels,
                "digits": len(x),
                "unchanged": float(np.mean([one["unchanged"] for one in ways])),
                "moved": float(np.mean([one["moved"] for one in ways])),
                "errors": mean_errors([one["errors"] for one in ways]),
            }
        )
    return rows


def followed(net: Net, experiment: Experiment, x: Tensor, dx: int, dy: int, background: float) -> dict[str, Any]:
    """One shift of digits x [N, 1, 28, 28]: `unchanged`, `moved` and `errors`, as in `following`."""
    change = answer_change(net, x, dx, dy, background, experiment.loss)
    layers = equivariance(net, experiment.network, x, dx, dy, background)
    return {"unchanged": change.unchanged, "moved": change.moved, "errors": {one.name: one.error for one in layers}}


def mean_errors(ways: list[Mapping[str, float | None]]) -> dict[str, float | None]:
    """The mean of each layer's errors; None where one of them has none.

    >>> mean_errors([{"a": 1.0, "b": 1.0}, {"a": 3.0, "b": None}])
    {'a': 2.0, 'b': None}
    """
    means: dict[str, float | None] = {}
    for name in ways[0]:
        errors = [error for one in ways if (error := one[name]) is not None]
        means[name] = float(np.mean(errors)) if len(errors) == len(ways) else None
    return means


def first_of_test(dataset: Dataset, count: int) -> tuple[Tensor, Tensor]:
    return dataset.test.x[:count], dataset.test.y[:count]
