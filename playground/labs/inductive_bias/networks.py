"""The networks that are compared, and what all topics set alike."""

from collections.abc import Sequence

from pydantic import Field

from playground.experiment import (
    AnyLayer,
    Conv2d,
    Data,
    Experiment,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Network,
    Optimizer,
    ReLU,
    Training,
)
from playground.labs.topic import Arm, Setup
from playground.network.shapes import trace

MLP_NAME, CNN_NAME = "MLP", "CNN"


class Knobs(Setup):
    digits: int = Field(1000, ge=50, le=3500)  # of the training split
    epochs: int = Field(10, ge=1, le=50)
    seeds: int = Field(3, ge=1, le=10)


def mlp(width: int = 26) -> tuple[AnyLayer, ...]:
    """One hidden layer; with 26 units it has as many parameters as `cnn`, within a hundredth."""
    return Flatten(), Linear(units=width), ReLU()


def cnn(first: int = 16, second: int = 32) -> tuple[AnyLayer, ...]:
    """Two convolutions of 3 × 3 that keep the map's size, each with pooling, straight into the head."""
    return (
        *(Conv2d(channels=first, padding=1), ReLU(), MaxPool2d()),
        *(Conv2d(channels=second, padding=1), ReLU(), MaxPool2d()),
        Flatten(),
    )


def experiment(layers: Sequence[Layer], knobs: Knobs) -> Experiment:
    """The same training for all: Adam at 0.003, which leaves neither network behind after ten epochs."""
    return Experiment(
        data=Data(training_digits=knobs.digits),
        network=Network(layers=tuple(layers)),
        optimizer=Optimizer(learning_rate=3e-3),
        training=Training(epochs=knobs.epochs),
    )


def arm(name: str, layers: Sequence[Layer], knobs: Knobs, note: str = "") -> Arm:
    """An arm whose card says how many parameters it has."""
    own = experiment(layers, knobs)
    return Arm(name, own, note=f"{parameters(own):,} parameters" + (f": {note}" if note else ""))


def parameters(experiment: Experiment) -> int:
    return trace(experiment.network).parameters
