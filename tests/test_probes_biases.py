"""The measures of the lab on inductive bias: on which digits, and what their rows say."""

import json

import numpy as np
import pytest

from playground.data.tensors import load
from playground.network.build import build
from playground.probes import biases
from playground.probes.equivariance import answer_change, equivariance
from playground.probes.shifts import FOUR_WAYS, accuracy, accuracy_over_shifts
from tests.small_runs import CNN, MLP, small

EXPERIMENT = small(*CNN)
DATASET = load(EXPERIMENT.data, 0)
NET = build(EXPERIMENT.network, 0)


def test_shifts_are_of_the_first_test_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(biases, "DIGITS", 20)
    found = json.loads(json.dumps(biases.over_shifts(NET, DATASET)))
    x, y = DATASET.test.x[:20], DATASET.test.y[:20]
    expected = accuracy_over_shifts(NET, x, y, DATASET.scale.background, found["reach"])
    assert found["digits"] == 20
    np.testing.assert_array_equal(found["accuracy"], expected)
    assert biases.along_shifts(NET, DATASET)["accuracy"][0] == found["accuracy"][8][8] == accuracy(NET, x, y)


def test_rotation_and_scale_leave_digits_as_they_are_at_0_degrees_and_factor_1() -> None:
    found = biases.over_rotation_and_scale(NET, DATASET)
    still = accuracy(NET, *biases.first_of_test(DATASET, biases.DIGITS))
    assert (dict(found["rotation"])[0], dict(found["scale"])[1.0]) == pytest.approx((still, still), abs=0.01)
    assert [at for at, _ in found["rotation"]] == [*range(-90, 91, 10)]


def test_following_is_the_mean_of_four_directions_and_has_layers_only_where_maps_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(biases, "FOLLOWED", 10)
    x, background = DATASET.test.x[:10], DATASET.scale.background
    row = biases.following(NET, EXPERIMENT, DATASET)[1]
    ways = [(2 * dx, 2 * dy) for dx, dy in FOUR_WAYS]
    kept = [answer_change(NET, x, *way, background, EXPERIMENT.loss).unchanged for way in ways]
    errors = [equivariance(NET, EXPERIMENT.network, x, *way, background)[-1].error for way in ways]
    assert (row["pixels"], row["digits"], row["unchanged"]) == (2, 10, pytest.approx(np.mean(kept)))
    assert row["errors"]["MaxPool2d #1"] == pytest.approx(np.mean([error for error in errors if error is not None]))
    flat = small(*MLP)
    assert [row["errors"] for row in biases.following(build(flat.network, 0), flat, DATASET)] == [{}] * 6
