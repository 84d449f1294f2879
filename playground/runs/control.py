"""What a page can do with a run: start, pause, resume, step, stop, change, measure."""

import time
from collections.abc import Callable
from typing import Any, Literal

from playground.errors import SpecError
from playground.experiment import Data, Experiment
from playground.runs.limits import is_over_time, time_is_up
from playground.runs.questions import Task
from playground.runs.states import LIVE, RESUMABLE
from playground.runs.store import Store

READ_ONCE = ("look", "export", "import", "augmentation", "move")  # other answers are looked up again later
ANSWER_EVERY = 0.01  # seconds between two looks for an answer
PATIENCE = 0.25  # seconds a page waits for the worker to take a control before it repaints


def start(store: Store, experiment: Experiment, name: str, begin: Literal["run", "batch", "epoch"] = "run") -> str:
    """Queue a run and return its id; `begin` says whether it pauses after its first batch or epoch."""
    run_id = store.create(experiment, name, begin)
    wait_for_worker(store, run_id)
    return run_id


def wait_for_worker(store: Store, run_id: str) -> None:
    """Until a worker has taken the run, or for a moment."""
    wait(lambda: state_of(store, run_id) != "queued")


def pause(store: Store, run_id: str) -> None:
    control(store, run_id, "pause")


def resume(store: Store, run_id: str) -> None:
    """Go on: a paused run where it stands, an ended one from its last checkpoint.

    Raises `SpecError("run", …)` for one that has trained for as long as the host lets a run.
    """
    run = store.run(run_id)
    own_seconds = run.seconds - store.past.inherited(run_id) if run else 0.0
    if run is not None and run.state in RESUMABLE and is_over_time(own_seconds, store.limits):
        raise SpecError("run", f"it can't go on: {time_is_up(store.limits)}; fork it, or train anew")
    if store.requeue(run_id, RESUMABLE):
        wait_for_worker(store, run_id)
    else:
        control(store, run_id, "resume")


def step(store: Store, run_id: str, unit: Literal["batch", "epoch"] = "batch") -> None:
    """Train for one batch or one epoch, then pause; a batch is mostly over before the page repaints."""
    control(store, run_id, "step", unit)
    if unit == "batch":
        wait(lambda: state_of(store, run_id) != "running")


def stop(store: Store, run_id: str) -> None:
    """End a run for good; one that still queues ends at once."""
    run = store.run(run_id)
    message = f"stopped at step {run.step:,}" if run and run.step else "stopped before its first step"
    if not store.set_state(run_id, "stopped", message, only_from=("queued",)):
        control(store, run_id, "stop")


def change(store: Store, run_id: str, field: str, value: float) -> None:
    """Set one of `LIVE_FIELDS` between two steps; raises `SpecError` where the worker refuses the value."""
    control(store, run_id, "change", {"field": field, "value": value}, field)


def measure_on_test(store: Store, run_id: str, patience: float = 20.0) -> Task | None:
    """Have a worker measure the run's last checkpoint on the test split: JSON; None where all stayed busy."""
    return ask(store, "measure", {}, run_id, patience)


def permute_units(store: Store, run_id: str, layer: str, draw: int, patience: float = 5.0) -> Task | None:
    """Have a worker permute the units of a layer of the run's last checkpoint: JSON; None where all stayed busy."""
    return ask(store, "permutation", {"layer": layer, "draw": draw}, run_id, patience)


def preview_augmentation(store: Store, data: Data, seed: int, patience: float = 5.0) -> Task | None:
    """Eight training digits before and after augmentation, from a worker: npz with `before` and `after`."""
    return ask(store, "augmentation", {"data": data.model_dump(mode="json"), "seed": seed}, patience=patience)


def move_digit(store: Store, run_id: str, digit: int, dx: int, dy: int, patience: float = 5.0) -> Task | None:
    """What a run's network makes of a digit moved right and down by some pixels: a pack, see `probes.moved`."""
    return ask(store, "move", {"digit": digit, "dx": dx, "dy": dy}, run_id, patience)


def ask(
    store: Store, kind: str, request: dict[str, Any], run_id: str | None = None, patience: float = 5.0
) -> Task | None:
    """Put a question to the workers and wait for the answer; None where none came in time."""
    task_id = store.questions.ask(kind, request, run_id)
    answered = answer_to(store, task_id, patience)
    if kind in READ_ONCE:
        store.questions.drop(task_id)
    return answered


def answer_to(store: Store, task_id: int, patience: float) -> Task | None:
    """Wait for the answer to a task; None where none came in time."""
    is_answered = wait(lambda: store.questions.state(task_id) in ("done", "failed"), patience, ANSWER_EVERY)
    return store.questions.get(task_id) if is_answered else None


# --- how ------------------------------------------------------------------------------------------------------------


def control(store: Store, run_id: str, name: str, value: Any = None, field: str = "run") -> None:
    """Leave a control and wait a moment until the worker took it, so that the page repaints what is true."""
    if state_of(store, run_id) not in LIVE:
        return
    control_id = store.ask(run_id, name, value)
    wait(lambda: store.control_outcome(control_id)[0])
    refusal = store.control_outcome(control_id)[1]
    if refusal:
        raise SpecError(field, refusal)


def state_of(store: Store, run_id: str) -> str | None:
    run = store.run(run_id)
    return run.state if run else None


def wait(condition: Callable[[], bool], patience: float = PATIENCE, interval: float = 0.005) -> bool:
    """Poll until the condition holds; False where patience ran out."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True
