"""Runs of all kinds whose worker is killed at twenty random moments give the curves of plain training, bit for bit."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.experiment import Augmentation, Conv2d, Data, Experiment, Optimizer, Schedule
from playground.runs import control
from playground.runs.journal import Curves, curves, encode
from playground.runs.past import Origin
from playground.runs.settings import Settings
from playground.runs.states import RESUMABLE
from playground.runs.store import Run, Store
from playground.training.events import Event
from playground.training.trainer import Trainer
from tests.held_runs import recorded, until
from tests.mortal_workers import Nursery
from tests.small_runs import CNN, NORMALIZED, small

KILLS = 20
RUNS: dict[str, Experiment] = {
    "dropout, batch normalization, Adam": small(*NORMALIZED, dropout=0.3, epochs=30),
    "momentum, cosine": small(epochs=40).but(
        optimizer=Optimizer(kind="Momentum", learning_rate=0.01), schedule=Schedule(kind="cosine")
    ),
    "CNN, augmented": small(Conv2d(channels=4), *CNN, dropout=0.2, epochs=8).but(
        data=Data(training_digits=100, augmentation=Augmentation(rotation=20, noise=0.2))
    ),
    "patience": small(epochs=1000, patience=8).but(optimizer=Optimizer(learning_rate=0.005)),
    "changed while it runs": small(dropout=0.2, epochs=60),
}
CHANGES = (("optimizer.learning_rate", 0.003), ("training.batch_size", 7), ("network.dropout", 0.4))


@pytest.fixture
def nursery(store: Store, tmp_path: Path) -> Iterator[Nursery]:
    result = Nursery(Settings(tmp_path, store.url, workers=1, runs_at_once=9))
    yield result
    result.close()


def plain(experiment: Experiment, changes: list[tuple[int, str, float]]) -> Curves:
    """What the trainer gives in one go, with settings changed at the same steps."""
    trainer = Trainer(experiment)
    events: list[Event] = [*trainer.start()]
    while not trainer.finished:
        while changes and changes[0][0] == trainer.step:
            _, field, value = changes.pop(0)
            events.append(trainer.change(field, value))
        events.extend(trainer.advance())
    return curves([encode(events)])


def seconds_missing(store: Store, nursery: Nursery, worker: str) -> float:
    """Processor time between the first step of any run that is not on record and the worker's last step."""
    steps = nursery.steps_of(worker)
    on_record = {run_id: found(store, run_id).step for run_id, _, _ in steps}
    missing = [seconds for run_id, step, seconds in steps if step > on_record[run_id]]
    return steps[-1][2] - missing[0] if missing else 0.0


def found(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def test_all_runs_of_a_worker_killed_at_twenty_random_moments_come_to_the_curves_of_plain_training(
    store: Store, nursery: Nursery
) -> None:
    ids = {name: store.create(experiment, name) for name, experiment in RUNS.items()}
    parent, changed = ids["momentum, cosine"], ids["changed while it runs"]
    chance, missing = random.Random(5), []
    for life in range(KILLS):
        worker = f"w{life}"
        process = nursery.born(worker)
        if life < len(CHANGES):
            field, value = CHANGES[life]
            until(store, changed, lambda run: run.worker == worker)  # noqa: B023
            control.change(store, changed, field, value)
            until(store, changed, lambda run: run.live.get(field) == value)  # noqa: B023
        last = next((run.id for run in store.runs() if run.state == "queued"), None)
        if last and chance.random() < 0.7:  # else it may die before it has them all
            until(store, last, lambda run: run.worker == worker)  # noqa: B023
        time.sleep(chance.uniform(0.0, 0.4))
        os.kill(process, signal.SIGKILL)
        nursery.buried()
        missing.append(seconds_missing(store, nursery, worker))
        store.crew.bury(worker, "its worker was killed (signal 9)")
        kept = [one.step for one in store.past.kept(parent) if one.step > 20]
        if kept and "fork" not in ids:
            ids["fork"] = store.create(RUNS["momentum, cosine"], "fork", origin=Origin(parent, kept[0]))
        for run_id in ids.values():
            store.requeue(run_id, RESUMABLE)
    process = nursery.born("last")
    for run_id in ids.values():
        until(store, run_id, lambda run: run.state == "finished", patience=120)
    os.kill(process, signal.SIGTERM)
    for name, experiment in RUNS.items():
        curve = recorded(store, ids[name])
        made = curve.changed
        assert curve == plain(experiment, list(zip(made["step"], made["field"], made["new"], strict=True))), name
    made = recorded(store, changed).changed  # in another order where a worker went on from before an earlier change
    assert sorted(zip(made["field"], made["new"], strict=True)) == sorted(CHANGES)
    assert recorded(store, ids["fork"]).stepped == recorded(store, parent).stepped
    assert recorded(store, ids["fork"]).layers == recorded(store, parent).layers
    assert max(missing) < 0.2, "seconds of its curves that a worker took with it"
