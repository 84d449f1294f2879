"""How long runs will take, before they begin and while they last."""

from collections.abc import Iterable
from math import ceil
from statistics import median

from playground.data.digits import load_digits
from playground.data.splits import split
from playground.experiment import Experiment
from playground.labs.outcome import Outcome
from playground.network.shapes import trace
from playground.runs.store import Store

# Of a step on one core, measured on MLPs and CNNs of 2,000 to 900,000 parameters: within a factor of 1.5 of each.
STEP = 0.35e-3  # seconds
LAYER = 0.05e-3
MULTIPLY_ADD = 3 / 3.2e10  # forward, and twice as much backward
BEGIN = 0.3  # seconds that a run takes besides its steps: digits, weights, checkpoints
LATEST = 12  # runs that say how fast this machine is
SHORTEST = 1.0  # seconds of training from which on a run says so


def foreseen_seconds(experiment: Experiment) -> float:
    """Seconds of training on one core, roughly."""
    found = trace(experiment.network)
    digits = training_digits(experiment)
    batch = min(experiment.training.batch_size, digits)
    step = STEP + LAYER * len(experiment.network.layers) + MULTIPLY_ADD * found.multiply_adds * batch
    return step * steps(experiment, digits)


def steps(experiment: Experiment, digits: int) -> int:
    training = experiment.training
    if training.unit == "steps":
        return training.steps
    return training.epochs * ceil(digits / training.batch_size)


def training_digits(experiment: Experiment) -> int:
    data = experiment.data
    if data.training_digits is not None:
        return data.training_digits
    digits = load_digits(data.source)
    return len(split(digits.labels, data, 0, digits.official_test).train)


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
