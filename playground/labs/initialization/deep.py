"""Deep MLPs of equal layers, and the ways to start one that the lab compares."""

from typing import Literal

from playground.experiment import (
    CLASSES,
    GELU,
    AnyLayer,
    Experiment,
    Flatten,
    Initialization,
    Linear,
    Network,
    Optimizer,
    Regularization,
    ReLU,
    Sigmoid,
    Tanh,
    Training,
)

PIXELS = 784
Activation = Literal["Tanh", "ReLU", "Sigmoid", "GELU"]
Start = Literal["zeros", "constant", "too small", "too large", "Xavier", "He", "orthogonal", "PyTorch's default"]

ACTIVATIONS: dict[Activation, AnyLayer] = {"Tanh": Tanh(), "ReLU": ReLU(), "Sigmoid": Sigmoid(), "GELU": GELU()}
STARTS: dict[Start, Initialization] = {
    "zeros": Initialization(kind="zeros"),
    "constant": Initialization(kind="constant"),
    "too small": Initialization(kind="normal", std=0.01),
    "too large": Initialization(kind="normal", std=1),
    "Xavier": Initialization(kind="Xavier normal"),
    "He": Initialization(kind="He normal"),
    "orthogonal": Initialization(kind="orthogonal"),
    "PyTorch's default": Initialization(),
}
MOMENTUM = Optimizer(kind="Momentum", learning_rate=0.01)  # Adam would hide how small a gradient is
ADAM = Optimizer()
NOTES: dict[Start, str] = {"constant": "0.05", "too small": "σ 0.01", "too large": "σ 1"}
MADE_FOR: dict[Activation, Start] = {"Tanh": "Xavier", "Sigmoid": "Xavier", "ReLU": "He", "GELU": "He"}
"""As the papers recommend: Glorot and Bengio 2010 where a function is linear at 0, He et al. 2015 for ReLU's kin."""


def deep(
    layers: int,
    width: int,
    activation: Activation,
    initialization: Initialization,
    steps: int = 200,
    clip_norm: float | None = None,
    optimizer: Optimizer = MOMENTUM,
) -> Experiment:
    """So many hidden layers of a width."""
    return Experiment(
        network=Network(
            layers=(Flatten(), *(Linear(units=width), ACTIVATIONS[activation]) * layers), initialization=initialization
        ),
        optimizer=optimizer,
        regularization=Regularization(clip_norm=clip_norm),
        training=Training(unit="steps", steps=steps),
    )


def sizes(layers: int, width: int) -> tuple[int, ...]:
    """Units from the pixels to the classes."""
    return (PIXELS, *(width,) * layers, CLASSES)
