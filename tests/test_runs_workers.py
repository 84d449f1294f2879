"""Real worker processes: what they train is what plain `train` gives, whatever is done to them on the way."""

import io
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.errors import SpecError
from playground.experiment import Data, Experiment, Flatten, Linear, Network, Optimizer, ReLU
from playground.runs import control
from playground.runs.past import Origin
from playground.runs.settings import Settings
from playground.runs.sights import SNAPSHOT
from playground.runs.store import Store
from playground.runs.workers import LocalWorkers
from playground.training.events import Evaluated, Stepped
from playground.training.trainer import train
from playground.views.pack import unpacked
from tests.held_runs import LONG, MLP, SHORT, recorded, until

ACTIVATIONS = '{"view":"activations","digit":3}'
WEIGHTS = '{"view":"weights","layer":"Linear #1"}'


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkers]:
    folder = tmp_path_factory.mktemp("playground")
    chosen = Settings(folder, f"sqlite:///{folder / 'runs.sqlite'}", workers=2, runs_at_once=8)
    result = LocalWorkers(Store(chosen.store_url, folder), chosen)
    result.start()
    assert control.wait(lambda: result.store.crew.ready() == 2, patience=60)
    yield result
    result.stop()
    result.store.close()


@pytest.fixture
def running(workers: LocalWorkers) -> Iterator[Store]:
    yield workers.store
    for run in workers.store.runs():
        control.stop(workers.store, run.id)


def losses(experiment: Experiment, steps: int | None = None) -> list[float]:
    """What plain training gives, here in the test's process."""
    result = []
    for event in train(experiment):
        if isinstance(event, Stepped):
            result.append(event.loss)
        if len(result) == steps:
            break
    return result


def test_a_run_in_a_worker_gives_the_curve_of_plain_training_bit_for_bit(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "short"), lambda run: run.state == "finished")
    found = recorded(running, run.id)
    events = list(train(SHORT))
    assert found.stepped["loss"] == [event.loss for event in events if isinstance(event, Stepped)]
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert found.evaluated["validation_loss"] == [event.validation_loss for event in evaluated]
    assert (run.step, run.total_steps, run.epoch) == (40, 40, 4.0)
    assert run.layers == ("Linear #1", "Head")


def test_four_runs_at_once_each_give_the_curve_that_they_give_alone(running: Store) -> None:
    experiments = [SHORT.but(training=SHORT.training.but(seed=seed)) for seed in (0, 0, 1, 2)]
    ids = [running.create(experiment, "parallel") for experiment in experiments]
    for run_id, experiment in zip(ids, experiments, strict=True):
        until(running, run_id, lambda run: run.state == "finished")
        assert recorded(running, run_id).stepped["loss"] == losses(experiment)


def test_pausing_stepping_and_resuming_leave_the_curve_as_it_was(running: Store) -> None:
    run_id = control.start(running, SHORT, "stepped", begin="batch")
    until(running, run_id, lambda run: run.state == "paused" and run.step == 1)
    control.step(running, run_id)
    until(running, run_id, lambda run: run.state == "paused" and run.step == 2)
    control.step(running, run_id, "epoch")
    until(running, run_id, lambda run: run.state == "paused" and run.step == 10 and run.epoch == 1.0)
    control.resume(running, run_id)
    until(running, run_id, lambda run: run.state == "finished")
    assert recorded(running, run_id).stepped["loss"] == losses(SHORT)


def test_a_change_takes_effect_at_the_next_step_and_is_on_record(running: Store) -> None:
    run_id = control.start(running, SHORT, "changed", begin="batch")
    until(running, run_id, lambda run: run.state == "paused")
    control.change(running, run_id, "optimizer.learning_rate", 0.25)
    control.step(running, run_id)
    run = until(running, run_id, lambda run: run.step == 2)
    found = recorded(running, run_id)
    assert found.stepped["learning_rate"] == [0.001, 0.25]
    assert found.changed == {"step": [1], "field": ["optimizer.learning_rate"], "old": [0.001], "new": [0.25]}
    assert run.live["optimizer.learning_rate"] == 0.25


def test_a_change_that_can_not_be_is_refused_with_the_reason_and_the_run_goes_on(running: Store) -> None:
    run_id = control.start(running, LONG, "refused")
    with pytest.raises(SpecError, match="less than or equal"):
        control.change(running, run_id, "network.dropout", 2.0)
    step = until(running, run_id, lambda run: run.step > 0).step
    until(running, run_id, lambda run: run.step > step)


def test_stop_ends_a_run_and_keeps_its_curve(running: Store) -> None:
    run_id = control.start(running, LONG, "stopped")
    until(running, run_id, lambda run: run.step > 20)
    control.stop(running, run_id)
    run = until(running, run_id, lambda run: run.state == "stopped")
    assert len(recorded(running, run_id).stepped["step"]) == run.step


def test_the_same_experiment_begins_again_from_the_same_weights(running: Store) -> None:
    first = control.start(running, LONG, "first")
    until(running, first, lambda run: run.step > 5)
    control.stop(running, first)
    until(running, first, lambda run: run.state == "stopped")
    second = control.start(running, LONG, "second")
    until(running, second, lambda run: run.step >= 5)
    assert recorded(running, second).stepped["loss"][:5] == recorded(running, first).stepped["loss"][:5]


def test_a_run_that_diverges_says_at_which_step_and_what_to_try(running: Store) -> None:
    network = Network(layers=(Flatten(), Linear(units=64), ReLU(), Linear(units=64), ReLU()))
    wild = SHORT.but(network=network, optimizer=Optimizer(kind="SGD", learning_rate=10.0))
    run = until(running, control.start(running, wild, "wild"), lambda run: not run.is_live)
    assert run.state == "diverged"
    assert run.message.startswith(f"diverged at step {run.step}")
    assert "learning rate" in run.message


def test_a_run_that_can_not_start_fails_with_the_reason(running: Store) -> None:
    impossible = SHORT.but(data=Data(training_digits=4000))
    run = until(running, control.start(running, impossible, "impossible"), lambda run: not run.is_live)
    assert run.state == "failed"
    assert "3,500" in run.message


def test_a_killed_worker_loses_only_its_runs_and_resume_gives_the_uninterrupted_curve(workers: LocalWorkers) -> None:
    store = workers.store
    slow = LONG.but(network=MLP.but(layers=(Flatten(), Linear(units=512), ReLU())))
    victim = control.start(store, slow, "victim")
    until(store, victim, lambda run: run.state == "running")
    other = control.start(store, LONG, "other")  # goes to the worker that has less to do
    until(store, other, lambda run: run.state == "running")
    control.pause(store, victim)  # writes a checkpoint
    checkpoint = until(store, victim, lambda run: run.state == "paused").step
    control.resume(store, victim)
    held = until(store, victim, lambda run: run.step > checkpoint + 50)
    assert held.worker is not None
    os.kill(workers.processes[held.worker].pid, signal.SIGKILL)
    lost = until(store, victim, lambda run: run.state == "lost")
    assert "killed" in lost.message
    step = until(store, other, lambda run: run.step > 0).step
    until(store, other, lambda run: run.step > step)

    control.resume(store, victim)
    until(store, victim, lambda run: run.state == "running" and run.step > lost.step + 50)
    control.pause(store, victim)
    run = until(store, victim, lambda run: run.state == "paused")
    found = recorded(store, victim).stepped
    assert found["step"] == list(range(1, run.step + 1))
    assert found["loss"] == losses(slow, run.step)
    for run_id in (victim, other):
        control.stop(store, run_id)
    assert control.wait(lambda: store.crew.ready() == 2, patience=60)


def test_a_run_is_measured_on_the_test_split_by_whichever_worker_is_free(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "measured"), lambda run: run.state == "finished")
    task = control.measure_on_test(running, run.id)
    assert task is not None
    assert task.state == "done"
    assert task.result is not None
    result = json.loads(task.result)
    assert result["step"] == 40
    assert len(result["index"]) == 750


def test_what_is_watched_of_a_run_is_shown_step_by_step_while_it_trains(running: Store) -> None:
    run_id = control.start(running, LONG, "watched")
    requests = {ACTIVATIONS: -1, WEIGHTS: -1}
    running.sights.watch(run_id, requests, seconds=20)
    assert control.wait(lambda: len(running.sights.news(run_id, requests)) == 2, 60)
    first = running.sights.news(run_id, requests)
    seen = {request: step for request, (step, _) in first.items()}
    assert control.wait(lambda: len(running.sights.news(run_id, seen)) == 2, 60)
    for request, (step, content) in running.sights.news(run_id, seen).items():
        header, arrays = unpacked(content)
        assert (header["view"], header["step"]) == (json.loads(request)["view"], step)
        assert step > seen[request]
        assert arrays


def test_heavy_views_of_a_running_run_are_made_elsewhere_from_a_snapshot(running: Store) -> None:
    run_id = control.start(running, LONG, "watched")
    running.sights.watch(run_id, [SNAPSHOT], seconds=20)
    assert control.wait(lambda: bool(running.sights.news(run_id, {SNAPSHOT: -1})), 60)
    step, _ = running.sights.news(run_id, {SNAPSHOT: -1})[SNAPSHOT]
    (header,) = looked(running, run_id, "now", {"view": "distributions"})
    assert header["step"] >= step


def looked(store: Store, run_id: str, at: int | str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """The headers of what any worker answers."""
    task = control.ask(store, "look", {"at": at, "views": list(requests)}, run_id, patience=60)
    assert task is not None
    assert task.result is not None, task.message
    views = unpacked(task.result)[1]
    return [unpacked(views[str(place)].tobytes())[0] for place in range(len(requests))]


def test_an_ended_run_can_still_be_looked_into_at_its_end_and_at_kept_steps(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "ended"), lambda run: run.state == "finished")
    requests = [json.loads(ACTIVATIONS), json.loads(WEIGHTS), {"view": "ribbons", "digits": [3]}]
    for at, step in (("last", 40), (0, 0), (7, 7), (40, 40)):
        headers = looked(running, run.id, at, *requests)
        assert [header["view"] for header in headers] == ["activations", "weights", "ribbons"]
        assert [header["step"] for header in headers] == [step] * 3


def test_one_view_that_can_not_be_says_why_beside_those_that_can(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "ended"), lambda run: run.state == "finished")
    missing, good = looked(running, run.id, 40, {"view": "weights", "layer": "Linear #9"}, json.loads(ACTIVATIONS))
    assert "Linear #9" in missing["problem"]
    assert good["view"] == "activations"
    task = control.ask(running, "look", {"at": 41, "views": []}, run.id)
    assert task is not None
    assert task.message == "step 41 of this run isn't kept: choose one on the slider"


def test_an_unchanged_fork_gives_the_curve_of_its_parent_bit_for_bit(running: Store) -> None:
    parent = until(running, control.start(running, SHORT, "parent"), lambda run: run.state == "finished")
    origin = Origin(parent.id, running.past.kept(parent.id)[-5].step)
    fork = until(running, running.create(SHORT, "fork", origin=origin), lambda run: run.state == "finished")
    assert recorded(running, fork.id).stepped == recorded(running, parent.id).stepped
    assert recorded(running, fork.id).layers == recorded(running, parent.id).layers
    assert running.past.kept(fork.id) == running.past.kept(parent.id)


def test_augmentation_is_previewed_on_eight_training_digits(running: Store) -> None:
    data = Data(augmentation=Data().augmentation.but(rotation=30))
    task = control.preview_augmentation(running, data, seed=0)
    assert task is not None
    assert task.result is not None
    images = np.load(io.BytesIO(task.result))
    assert images["before"].shape == images["after"].shape == (8, 28, 28)
    assert images["before"].dtype == images["after"].dtype == np.uint8
    assert all((before != after).any() for before, after in zip(images["before"], images["after"], strict=True))


def test_a_worker_whose_server_is_gone_leaves_a_checkpoint_and_ends(tmp_path: Path) -> None:
    chosen = Settings(tmp_path, f"sqlite:///{tmp_path / 'runs.sqlite'}", workers=1, runs_at_once=2)
    store = Store(chosen.store_url, tmp_path)
    workers = LocalWorkers(store, chosen)
    workers.start()
    run_id = control.start(store, LONG, "left")
    step = until(store, run_id, lambda run: run.step > 10, patience=60).step
    workers.stop()
    run = until(store, run_id, lambda run: run.state == "lost")
    assert run.step >= step
    assert len(recorded(store, run_id).stepped["step"]) == run.step
    assert store.past.checkpoint(run_id).exists()
    store.close()
    time.sleep(0.05)
