"""What helps against overfitting: each remedy changes one setting of an experiment."""

from collections.abc import Callable

from playground.experiment import Augmentation, Experiment
from playground.labs.overfitting.base import WHOLE

DROPOUT = 0.5
WEIGHT_DECAY = 0.01
L1 = 1e-4
SHIFT = 2  # pixels
PATIENCE = 3  # evaluations


def with_dropout(experiment: Experiment) -> Experiment:
    return experiment.but(network=experiment.network.but(dropout=DROPOUT))


def with_weight_decay(experiment: Experiment) -> Experiment:
    return experiment.but(regularization=experiment.regularization.but(weight_decay=WEIGHT_DECAY))


def with_l1(experiment: Experiment) -> Experiment:
    return experiment.but(regularization=experiment.regularization.but(l1=L1))


def with_shifted_copies(experiment: Experiment) -> Experiment:
    return experiment.but(data=experiment.data.but(augmentation=Augmentation(shift=SHIFT)))


def with_early_stopping(experiment: Experiment) -> Experiment:
    return experiment.but(training=experiment.training.but(patience=PATIENCE))


def with_more_data(experiment: Experiment) -> Experiment:
    return experiment.but(data=experiment.data.but(training_digits=WHOLE))


REMEDIES: dict[str, Callable[[Experiment], Experiment]] = {
    "dropout": with_dropout,
    "shifted copies": with_shifted_copies,
    "more data": with_more_data,
    "weight decay": with_weight_decay,
    "L1": with_l1,
    "early stopping": with_early_stopping,
}
