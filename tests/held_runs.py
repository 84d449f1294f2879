"""Runs for workers: short and long ones, what is on record of them, and a worker driven by hand."""

from collections.abc import Callable

from playground.experiment import Data, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.runs import control
from playground.runs.active import ActiveRun
from playground.runs.journal import Curves, curves
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from playground.runs.worker import Worker

MLP = Network(layers=(Flatten(), Linear(units=16), ReLU()), dropout=0.2)
SHORT = Experiment(
    data=Data(training_digits=500), network=MLP, training=Training(epochs=4, batch_size=50, device="cpu")
)
LONG = SHORT.but(training=SHORT.training.but(epochs=10_000))


def until(store: Store, run_id: str, condition: Callable[[Run], bool], patience: float = 60) -> Run:
    def holds() -> bool:
        run = store.run(run_id)
        return run is not None and condition(run)

    assert control.wait(holds, patience), store.run(run_id)
    run = store.run(run_id)
    assert run is not None
    return run


def recorded(store: Store, run_id: str) -> Curves:
    return curves(text for _, text in store.chunks(run_id))


def turn_until(worker: Worker, condition: Callable[[], bool]) -> None:
    def holds() -> bool:
        worker.turn()
        return condition()

    assert control.wait(holds, 60)


def held(store: Store, experiment: Experiment, begin: str = "run", origin: Origin | None = None) -> ActiveRun:
    """A new run in a worker's hands."""
    store.create(experiment, "held", begin, origin)
    return claimed(store)


def claimed(store: Store) -> ActiveRun:
    """The next run of the queue in a worker's hands."""
    run = store.claim("w", 100)
    assert run is not None
    return ActiveRun(run, store)


def train_to(active: ActiveRun, step: int) -> None:
    """One step a turn, as a slow network trains; what is due is written, and nothing more."""
    while active.trainer.step < step:
        active.turn(1e-9)


def train_to_end(active: ActiveRun) -> None:
    while not active.has_ended:
        active.turn(1)


def finished(store: Store, experiment: Experiment, origin: Origin | None = None) -> ActiveRun:
    """A run, or a fork, that was trained to its end."""
    active = held(store, experiment, origin=origin)
    train_to_end(active)
    return active


def resumed(store: Store, run_id: str) -> ActiveRun:
    """A run whose worker was lost, in another's hands."""
    store.set_state(run_id, "lost")
    assert store.requeue(run_id, ("lost",))
    return claimed(store)


def steps_kept(store: Store, run_id: str) -> list[int]:
    return [one.step for one in store.past.kept(run_id)]


def files(store: Store, run_id: str) -> list[int]:
    return sorted(int(file.stem) for file in store.past.kept_checkpoint(run_id, 0).parent.iterdir())
