"""How long the runs of a study will take, before they begin and while they last."""

from collections.abc import Iterable
from statistics import median

from playground.experiment import Experiment
from playground.labs.outcome import Outcome
from playground.runs.duration import foreseen_seconds
from playground.runs.store import Store

BEGIN = 0.3  # seconds that a run takes besides its steps: digits, weights, checkpoints
LATEST = 12  # runs that say how fast this machine is
SHORTEST = 1.0  # seconds of training from which on a run says so


def slowness(store: Store) -> float:
    """How much longer runs took here lately than foreseen: the median; 1 where there is nothing to go by."""
    ended = store.runs(("finished",), limit=LATEST, with_trials=True)
    ratios = [run.seconds / foreseen_seconds(run.experiment) for run in ended if run.seconds > SHORTEST]
    return median(ratios) if ratios else 1.0


def wait(store: Store, experiments: Iterable[Experiment], workers: int) -> float:
    """Seconds until all of them have ended, on so many workers that share them."""
    every = [BEGIN + slowness(store) * foreseen_seconds(experiment) for experiment in experiments]
    return max(sum(every) / max(workers, 1), max(every, default=0.0))


def left(store: Store, outcomes: Iterable[Outcome], workers: int) -> float:
    """Seconds until all that go on have ended, on so many workers that share them."""
    factor = slowness(store)
    every = [
        BEGIN + factor * foreseen_seconds(one.arm.experiment) if one.seconds_left is None else one.seconds_left
        for one in outcomes
        if one.is_live
    ]
    return max(sum(every) / max(workers, 1), max(every, default=0.0))
