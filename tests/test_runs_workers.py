"""Real worker processes: what they train is what plain `train` gives, whatever is done to them on the way."""

import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError

from playground.errors import SpecError
from playground.experiment import Data, Experiment, Flatten, Linear, Network, Optimizer, ReLU, Training
from playground.runs import control
from playground.runs.active import ActiveRun
from playground.runs.journal import Curves, curves
from playground.runs.settings import Settings
from playground.runs.store import Run, Store
from playground.runs.views import coded, picture
from playground.runs.worker import Worker
from playground.runs.workers import LocalWorkers
from playground.training.events import Evaluated, Stepped
from playground.training.trainer import Trainer, train

MLP = Network(layers=(Flatten(), Linear(units=16), ReLU()), dropout=0.2)
SHORT = Experiment(
    data=Data(training_digits=500), network=MLP, training=Training(epochs=4, batch_size=50, device="cpu")
)
LONG = SHORT.but(training=SHORT.training.but(epochs=10_000))


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkers]:
    folder = tmp_path_factory.mktemp("playground")
    chosen = Settings(folder, f"sqlite:///{folder / 'runs.sqlite'}", workers=2, runs_at_once=8)
    result = LocalWorkers(Store(chosen.store_url, folder), chosen)
    result.start()
    assert control.wait(lambda: result.store.ready_workers() == 2, patience=60)
    yield result
    result.stop()
    result.store.close()


@pytest.fixture
def running(workers: LocalWorkers) -> Iterator[Store]:
    yield workers.store
    for run in workers.store.runs():
        control.stop(workers.store, run.id)


def until(store: Store, run_id: str, condition: Callable[[Run], bool], patience: float = 30) -> Run:
    def holds() -> bool:
        run = store.run(run_id)
        return run is not None and condition(run)

    assert control.wait(holds, patience), store.run(run_id)
    run = store.run(run_id)
    assert run is not None
    return run


def recorded(store: Store, run_id: str) -> Curves:
    return curves(text for _, text in store.chunks(run_id))


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
    victim, other = control.start(store, slow, "victim"), control.start(store, LONG, "other")
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
    assert control.wait(lambda: store.ready_workers() == 2, patience=60)


def test_a_run_is_measured_on_the_test_split_by_whichever_worker_is_free(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "measured"), lambda run: run.state == "finished")
    task = control.measure_on_test(running, run.id)
    assert task is not None
    assert task.state == "done"
    assert task.result is not None
    result = json.loads(task.result)
    assert result["step"] == 40
    assert len(result["index"]) == 750


def test_a_watched_digit_is_shown_for_every_layer_with_the_step_it_belongs_to(running: Store) -> None:
    run_id = control.start(running, LONG, "watched")
    running.watch(run_id, "activations", 3, seconds=20)
    assert control.wait(lambda: running.view(run_id, "activations", 3) is not None, 10)
    first = running.view(run_id, "activations", 3)
    assert first is not None
    assert control.wait(lambda: running.view(run_id, "activations", 3, newer_than=first[0]) is not None, 10)
    step, content = first
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert (4 + length) % 8 == 0
    assert (header["step"], header["digit"]) == (step, 3)
    assert [layer["name"] for layer in header["layers"]] == [
        "Input",
        "Flatten #1",
        "Linear #1",
        "ReLU #1",
        "Head",
        "Output",
    ]
    assert sum(header["layers"][-1]["values"]) == pytest.approx(1, abs=1e-5)
    body = np.frombuffer(content[4 + length :], np.uint8)
    assert len(body) == sum(layer["tiles"] * layer["height"] * layer["width"] for layer in header["layers"])


def test_an_ended_run_can_still_be_looked_into(running: Store) -> None:
    run = until(running, control.start(running, SHORT, "ended"), lambda run: run.state == "finished")
    task = control.ask(running, "activations", {"digit": 3}, run.id)
    assert task is not None
    assert task.result is not None
    assert b'"step":40' in task.result[:40]


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
    assert store.checkpoint_folder(run_id).exists()
    store.close()
    time.sleep(0.05)


# --- one worker, here in the test's process -------------------------------------------------------------------------


def state_of(store: Store, run_id: str) -> tuple[str, str | None]:
    run = store.run(run_id)
    assert run is not None
    return run.state, run.worker


def turn_until(worker: Worker, condition: Callable[[], bool]) -> None:
    def holds() -> bool:
        worker.turn()
        return condition()

    assert control.wait(holds, 10)


def handed_over(store: Store) -> tuple[str, Worker, Worker]:
    """A run whose worker was buried by mistake, and the other worker that resumed it; both train on."""
    run_id = store.create(LONG, "handed over")
    first, second = Worker("first", store, 4), Worker("second", store, 4)
    turn_until(first, lambda: store.checkpoint_folder(run_id).exists())
    store.bury("first", "silent")
    assert store.requeue(run_id, ("lost",))
    second.turn()
    assert state_of(store, run_id) == ("running", "second")
    return run_id, first, second


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_worker_gives_signs_of_life_while_a_turn_takes_long_and_none_after_it_left(store: Store) -> None:
    worker = Worker("busy", store, 4)
    worker.life.start()  # and not a single turn
    assert control.wait(lambda: store.ready_workers() == 1, 5)
    worker.leave("done")
    assert not worker.life.is_alive()
    assert store.ready_workers() == 0


def test_signs_of_life_go_on_after_the_store_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.worker.LIFE_EVERY", 0.01)
    give, failures = store.sign_of_life, [OperationalError("UPDATE", {}, Exception("database is locked"))]

    def sign_of_life(*arguments: Any, **named: Any) -> None:
        if failures:
            raise failures.pop()
        give(*arguments, **named)

    monkeypatch.setattr(store, "sign_of_life", sign_of_life)
    worker = Worker("patient", store, 4)
    worker.life.start()
    assert control.wait(lambda: store.ready_workers() == 1, 5)
    worker.leave("done")


def test_the_server_buries_silent_workers_but_not_its_own_that_live(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.workers.LOOK_EVERY", 0.001)
    own, foreign = store.create(SHORT, "own"), store.create(SHORT, "foreign")
    store.claim("asleep", 4)
    store.claim("gone", 4)
    local = LocalWorkers(store, Settings(tmp_path, store.url, workers=1, runs_at_once=4))
    local.processes["asleep"] = subprocess.Popen(["sleep", "60"])
    local.watcher.start()
    until(store, foreign, lambda run: run.state == "lost")
    local.stop()
    assert state_of(store, own) == ("running", "asleep")


def test_a_worker_that_was_buried_by_mistake_drops_its_run_and_leaves_curve_and_checkpoint_alone(store: Store) -> None:
    run_id, first, second = handed_over(store)
    second.active[run_id].save()
    before, saved = store.run(run_id), contents(store.checkpoint_folder(run_id))
    assert before is not None
    first.active[run_id].saved_step = -1  # a checkpoint is due
    turn_until(first, lambda: not first.active)
    assert store.run(run_id) == before
    assert recorded(store, run_id).stepped["step"] == list(range(1, before.step + 1))
    assert contents(store.checkpoint_folder(run_id)) == saved


def test_an_error_in_a_worker_that_was_buried_by_mistake_does_not_fail_the_run(store: Store) -> None:
    run_id, first, _ = handed_over(store)
    first.fail(first.active[run_id], RuntimeError("a step that broke"))
    assert state_of(store, run_id) == ("running", "second")
    assert not first.active


@pytest.mark.parametrize("name", ["pause", "resume", "stop"])
def test_a_control_is_left_to_the_worker_that_holds_the_run(store: Store, name: str) -> None:
    run_id, first, _ = handed_over(store)
    first.active[run_id].is_running = False
    asked = store.ask(run_id, name)
    first.obey(store.open_controls([run_id])[0])
    assert store.control_outcome(asked) == (False, None)
    assert state_of(store, run_id) == ("running", "second")


def test_runs_are_left_one_by_one_even_where_one_was_lost(store: Store) -> None:
    lost, kept = store.create(LONG, "lost"), store.create(LONG, "kept")
    worker = Worker("leaving", store, 4)
    while len(worker.active) < 2:
        worker.claim()
    store.set_state(lost, "lost", "silent")
    worker.leave("the server stopped")
    run = store.run(kept)
    assert run is not None
    assert run.message.startswith("the server stopped at step")


def test_a_fresh_run_has_a_checkpoint_as_soon_as_its_first_steps_are_on_record(store: Store) -> None:
    run_id = store.create(LONG, "fresh")
    run = store.claim("w", 4)
    assert run is not None
    active = ActiveRun(run, store)
    active.turn(0.15)
    step = recorded(store, run_id).stepped["step"][-1]
    assert json.loads((store.checkpoint_folder(run_id) / "trainer.json").read_text())["step"] == step


def test_a_run_killed_in_its_very_first_checkpoint_starts_over(store: Store) -> None:
    run_id = store.create(LONG, "unlucky")
    store.checkpoint_folder(run_id).mkdir(parents=True)
    store.set_state(run_id, "lost")
    store.requeue(run_id, ("lost",))
    run = store.claim("w", 4)
    assert run is not None
    assert ActiveRun(run, store).trainer.step == 0


# --- views of what is broken ----------------------------------------------------------------------------------------


def no_constant(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_picture_of_a_broken_network_has_a_header_that_browsers_read(value: float) -> None:
    trainer = Trainer(SHORT)
    trainer.weights[0].data.fill_(value)
    content = picture(trainer, 3)
    header = json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")], parse_constant=no_constant)
    layers = {layer["name"]: layer for layer in header["layers"]}
    assert (layers["Input"]["low"], layers["Input"]["high"]) == (0.0, 1.0)
    assert (layers["Linear #1"]["low"], layers["Linear #1"]["high"]) == (None, None)
    assert layers["Output"]["values"] == [None] * 10


@pytest.mark.parametrize(
    ("values", "codes", "low", "high"),
    [
        ([-2, 0, 2, float("inf"), -float("inf"), float("nan")], [1, 128, 255, 255, 1, 128], -2.0, 2.0),
        ([0, 1, 2, float("inf")], [0, 128, 255, 255], 0.0, 2.0),
        ([0, 3e38, -3e38], [128, 255, 1], pytest.approx(-3e38), pytest.approx(3e38)),
        ([0, 1e-45], [0, 255], 0.0, pytest.approx(1e-45, rel=0.5)),
        ([float("inf"), float("nan")], [255, 0], None, None),
        ([0, 0], [0, 0], 0.0, 0.0),
    ],
)
def test_tiles_are_scaled_by_their_finite_values(values: list[float], codes: list[int], low: Any, high: Any) -> None:
    body, lowest, highest, is_signed = coded(np.array(values, np.float32)[None, None])
    assert list(body) == codes
    assert (lowest, highest) == (low, high)
    assert is_signed == (codes[0] != 0 and 128 in codes)


def test_a_view_that_can_not_be_made_leaves_the_runs_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("Out of range float values are not JSON compliant")

    monkeypatch.setattr("playground.runs.views.picture", broken)
    run_id = store.create(LONG, "watched")
    store.watch(run_id, "activations", 3, seconds=20)
    worker = Worker("w", store, 4)
    turn_until(worker, lambda: worker.viewer.shown != {})
    step = worker.active[run_id].trainer.step
    worker.turn()
    assert worker.active[run_id].trainer.step > step
