"""What two experiments differ in, in words."""

from typing import Any

import pytest
from hypothesis import given

from playground.experiment import (
    Augmentation,
    Data,
    Experiment,
    Flatten,
    Linear,
    Network,
    Optimizer,
    PermutePixels,
    Regularization,
    ReLU,
    Tanh,
    Training,
)
from playground.labs.difference import differences, in_short
from playground.presets import TEMPLATES
from tests.strategies import experiments


def mlp(*sizes: int, activation: Any = ReLU) -> Network:
    return Network(layers=(Flatten(), *(layer for size in sizes for layer in (Linear(units=size), activation()))))


BASE = Experiment(network=mlp(256, 256))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": mlp(2, 256)}, "units 256 → 2"),
        ({"network": mlp(256, 256, activation=Tanh)}, "ReLU → Tanh"),
        ({"network": mlp(256)}, "MLP 256-256 → MLP 256"),
        ({"network": TEMPLATES["CNN 16-32"].network}, "MLP 256-256 → CNN 16-32"),
        ({"network": Network(layers=(PermutePixels(), *BASE.network.layers))}, "with PermutePixels"),
        ({"network": Network(layers=BASE.network.layers[:-1])}, "without ReLU"),
        ({"network": BASE.network.but(dropout=0.5)}, "dropout 0 → 0.5"),
        ({"data": Data(training_digits=300)}, "training digits all → 300"),
        ({"data": Data(augmentation=Augmentation(shift=2))}, "shift 0 → 2"),
        ({"regularization": Regularization(weight_decay=1e-5)}, "weight decay (L2) 0 → 1e-5"),
        ({"regularization": Regularization(clip_norm=1.0)}, "gradient clipping off → 1"),
        ({"optimizer": Optimizer(kind="SGD")}, "optimizer Adam → SGD"),
        ({"training": Training(epochs=3500)}, "epochs 10 → 3,500"),
    ],
)
def test_one_change_is_named_with_both_values(change: dict[str, Any], words: str) -> None:
    assert differences(BASE, BASE.but(**change)) == (words,)


def test_every_change_is_named() -> None:
    other = BASE.but(network=BASE.network.but(dropout=0.5), optimizer=Optimizer(learning_rate=0.01))
    assert differences(BASE, other) == ("dropout 0 → 0.5", "learning rate 0.001 → 0.01")


def test_the_seed_is_luck_and_no_difference() -> None:
    assert differences(BASE, BASE.but(training=Training(seed=7))) == ()


@given(experiments, experiments)
def test_experiments_that_differ_in_more_than_luck_differ_in_words(one: Experiment, other: Experiment) -> None:
    alike = other.but(training=other.training.but(seed=one.training.seed))
    assert bool(differences(one, other)) == (one != alike)


def test_a_network_in_short_is_its_weighted_layers() -> None:
    assert in_short(TEMPLATES["CNN 32-64"].network.layers) == "CNN 32-64-128"
    assert in_short(TEMPLATES["Softmax regression"].network.layers) == "no hidden layers"
