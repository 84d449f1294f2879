"""Runs for the journeys: one that has ended, one that trains, one that waits, or none."""

from collections.abc import Iterator
from typing import Literal

import pytest

from playground.experiment import Experiment, Training
from playground.runs import control
from playground.runs.states import ENDED
from tests.browser.inside_steps import CNN, trained
from tests.browser.steps import LONG
from tests.server import Server


@pytest.fixture(scope="session")
def finished(server: Server) -> str:
    """A run of two epochs that has ended; nothing of it is kept in a browser."""
    return trained(server, Training(epochs=2))


@pytest.fixture
def running(server: Server) -> Iterator[str]:
    """A run that trains for longer than any journey looks."""
    yield from lasting(server, CNN, "run")


@pytest.fixture
def paused(server: Server) -> Iterator[str]:
    """A run that waits after its first step, and learns slowly from there."""
    yield from lasting(server, CNN.but(optimizer=CNN.optimizer.but(learning_rate=1e-4)), "batch")


def lasting(server: Server, experiment: Experiment, begin: Literal["run", "batch"]) -> Iterator[str]:
    endless = experiment.but(training=Training(unit="steps", steps=1_000_000))
    run_id = control.start(server.store, endless, "CNN 16-32", begin)
    assert control.wait(lambda: (run := server.store.run(run_id)) is not None and run.step > 0, patience=LONG / 1000)
    yield run_id
    control.stop(server.store, run_id)
    assert control.wait(lambda: control.state_of(server.store, run_id) in ENDED, patience=LONG / 1000)


@pytest.fixture
def nothing_left_running(server: Server) -> None:
    """The journey has the machine for itself."""
    for run in server.store.runs(with_trials=True):
        server.store.ask(run.id, "stop")
