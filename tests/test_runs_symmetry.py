"""The units of a run's layers, side by side at each step that it kept."""

import json
from typing import Any

import numpy as np
import pytest

from playground.experiment import Flatten, Initialization, Linear, Optimizer, ReLU
from playground.runs.store import Store
from playground.runs.tasks import answer
from tests.held_runs import held, train_to
from tests.small_runs import small

LAYERS = (Flatten(), Linear(units=8), ReLU(), Linear(units=6), ReLU())


def symmetry_of(store: Store, initialization: Initialization) -> dict[str, Any]:
    experiment = small(*LAYERS, epochs=20).but(optimizer=Optimizer(learning_rate=0.01))
    active = held(store, experiment.but(network=experiment.network.but(initialization=initialization)))
    train_to(active, 200)
    active.turn(1.0)
    task_id = store.questions.ask("symmetry", {}, active.id)
    answer(store, "w")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result is not None, task.message
    found: dict[str, Any] = json.loads(task.result)
    assert [row["step"] for row in found["rows"]] == [one.step for one in store.past.kept(active.id)]
    return found


def test_units_that_start_alike_stay_alike_at_every_kept_step(store: Store) -> None:
    found = symmetry_of(store, Initialization(kind="constant"))
    assert found["layers"] == ["Linear #1", "Linear #2"]
    np.testing.assert_allclose([row["cosine"] for row in found["rows"]], 1, atol=1e-6)


def test_a_grain_of_noise_tells_units_apart_while_they_train(store: Store) -> None:
    rows = symmetry_of(store, Initialization(kind="constant", value=0.05, noise=0.002))["rows"]
    assert min(rows[0]["cosine"]) > 0.99
    assert rows[-1]["cosine"][0] < rows[0]["cosine"][0] - 0.1


def test_units_drawn_at_random_are_orthogonal_on_average(store: Store) -> None:
    rows = symmetry_of(store, Initialization(kind="Xavier normal"))["rows"]
    assert rows[0]["cosine"][0] == pytest.approx(0, abs=0.03)
