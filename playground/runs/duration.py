"""How long a run will be: its steps, and roughly the seconds that they take."""

from functools import lru_cache
from math import ceil

from playground.data.counts import counts
from playground.data.digits import Digits, load_digits
from playground.data.splits import split
from playground.experiment import Augmentation, Data, Experiment
from playground.network.shapes import needs_batches_of_two, trace

# Of a step on one core, measured on MLPs and CNNs of 2,000 to 900,000 parameters: within a factor of 1.5 of each.
STEP = 0.35e-3  # seconds
LAYER = 0.05e-3
MULTIPLY_ADD = 3 / 3.2e10  # forward, and twice as much backward


def foreseen_seconds(experiment: Experiment) -> float:
    """Seconds of training on one core, roughly; the digits needn't be there."""
    found = trace(experiment.network)
    digits = counts(experiment.data).train
    batch = min(experiment.training.batch_size, digits)
    step = STEP + LAYER * len(experiment.network.layers) + MULTIPLY_ADD * found.multiply_adds * batch
    return step * steps(experiment, digits)


def steps(experiment: Experiment, digits: int) -> int:
    """How many steps a run on so many training digits is planned to make."""
    training = experiment.training
    return training.steps if training.unit == "steps" else training.epochs * steps_an_epoch(experiment, digits)


def steps_an_epoch(experiment: Experiment, digits: int) -> int:
    """Its batches; a last one of a single digit is left out where batch normalization needs two."""
    size = experiment.training.batch_size
    left_out = digits % size == 1 and needs_batches_of_two(experiment.network.layers)
    return ceil(digits / size) - left_out


def training_digits(experiment: Experiment) -> int:
    """How many digits it is trained on; raises `SpecError` where they are absent or can't be split as asked."""
    data = experiment.data
    return _training_digits(load_digits(data.source), data.but(augmentation=Augmentation(), label_noise=0))


@lru_cache(maxsize=64)  # a split takes some milliseconds, and pages ask at every click
def _training_digits(digits: Digits, data: Data) -> int:
    return len(split(digits.labels, data, 0, digits.official_test).train)
