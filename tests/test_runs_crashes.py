"""A run that is killed between or within any two of its writes goes on to the same curve, bit for bit."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from playground.experiment import Experiment, Optimizer
from playground.runs import active
from playground.runs.active import ActiveRun
from playground.runs.past import Origin, Past
from playground.runs.store import Control, Store
from playground.training import checkpoint
from tests.held_runs import claimed, recorded
from tests.small_runs import NORMALIZED, small

CHANGE = {"field": "optimizer.learning_rate", "value": 0.02}
CHANGES_AT = 7
SMALL = small(*NORMALIZED, dropout=0.3, unit="steps", steps=14)
RESTLESS = SMALL.but(optimizer=Optimizer(learning_rate=0.05), training=SMALL.training.but(steps=16, patience=2))


class Killed(BaseException):
    """Nothing in the program catches it, as nothing catches SIGKILL."""


def resumed(store: Store, run_id: str) -> ActiveRun:
    store.set_state(run_id, "lost")
    assert store.requeue(run_id, ("lost",))
    return claimed(store)


def live(store: Store, run_id: str) -> None:
    """A worker's life with a run: one step a turn, and a change on the way, as a user would make it once."""
    run = store.run(run_id)
    assert run is not None
    if run.state == "finished":
        return
    held = claimed(store) if run.state == "queued" else resumed(store, run_id)
    while not held.has_ended:
        if held.trainer.step == CHANGES_AT and not recorded(store, run_id).changed["step"]:
            held.obey(Control(1, run_id, "change", CHANGE))
        if held.trainer.step % 3 == 0:
            held.saved_step = -1  # a checkpoint is due
        held.turn(1e-9)


@contextmanager
def killed_at(moment: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Killed before, within or after the nth write of anything; `count` says how many there were."""
    count = [0]

    def strike() -> None:
        count[0] += 1
        if count[0] == moment:
            raise Killed

    def wrapped(write: Callable[..., Any]) -> Callable[..., Any]:
        def dangerous(*arguments: Any, **named: Any) -> Any:
            strike()
            result = write(*arguments, **named)
            strike()
            return result

        return dangerous

    def torn(tensors: Any, part: Path, *rest: Any) -> None:
        part.write_bytes(b"half a file")
        strike()
        save_file(tensors, part, *rest)

    save_file = checkpoint.save_file
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", torn)
        patch.setattr(checkpoint.os, "replace", wrapped(checkpoint.os.replace))
        patch.setattr(Store, "record", wrapped(Store.record))
        patch.setattr(Past, "add", wrapped(Past.add))
        patch.setattr(active, "rewind", wrapped(active.rewind))
        yield count


def everything(store: Store, run_id: str) -> tuple[Any, ...]:
    """All that a run leaves, but for times."""
    run = store.run(run_id)
    assert run is not None
    kept = [(one.step, one.live) for one in store.past.kept(run_id)]
    weights = [checkpoint.load(store.past.kept_checkpoint(run_id, step))[0] for step, _ in kept]
    files = sorted(file.name for file in (store.folder / "runs" / run_id).rglob("*") if file.is_file())
    said = (run.state, run.message, run.step, run.total_steps, run.live, run.layers)
    final = store.finals.of([run_id])[run_id]
    return recorded(store, run_id), store.past.verdicts(run_id, 10**6), kept, weights, files, said, final


def begun(store: Store, experiment: Experiment, is_fork: bool) -> str:
    if not is_fork:
        return store.create(experiment, "run")
    parent = store.create(experiment, "parent")
    live(store, parent)
    other = experiment.but(training=experiment.training.but(steps=18))
    return store.create(other, "fork", origin=Origin(parent, 5))


@pytest.mark.parametrize(
    ("experiment", "is_fork"),
    [(SMALL, False), (SMALL, True), (RESTLESS, False)],
    ids=["dropout, batch normalization, Adam and a live change", "a fork of it", "patience"],
)
def test_a_run_killed_at_any_of_its_writes_leaves_what_an_undisturbed_one_leaves(
    store: Store, monkeypatch: pytest.MonkeyPatch, experiment: Experiment, is_fork: bool
) -> None:
    monkeypatch.setattr(active, "FLUSH_EVERY", -1.0)
    monkeypatch.setattr(active, "CHECKPOINT_EVERY", math.inf)
    whole = begun(store, experiment, is_fork)
    with killed_at(0, monkeypatch) as count:
        live(store, whole)
    expected = everything(store, whole)
    assert count[0] > 80
    for moment in range(1, count[0] + 1, 11):
        run_id = begun(store, experiment, is_fork)
        with killed_at(moment, monkeypatch), pytest.raises(Killed):
            live(store, run_id)
        with killed_at(1 + moment % 23, monkeypatch), suppress(Killed):  # and once more, soon after it was resumed
            live(store, run_id)
        live(store, run_id)
        assert everything(store, run_id) == expected, f"killed at write {moment} of {count[0]}"
