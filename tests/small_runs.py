"""Runs that take a moment: few digits, small networks, and the same in plain PyTorch to compare with."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from playground.experiment import (
    AnyLayer,
    Augmentation,
    BatchNorm1d,
    Conv2d,
    Data,
    Experiment,
    Flatten,
    Linear,
    MaxPool2d,
    Network,
    Optimizer,
    OptimizerKind,
    ReLU,
    Schedule,
    Training,
)
from playground.training.batches import order
from playground.training.events import Event, Stepped
from playground.training.trainer import Trainer

MLP: tuple[AnyLayer, ...] = (Flatten(), Linear(units=12), ReLU())
NORMALIZED: tuple[AnyLayer, ...] = (Flatten(), Linear(units=12), BatchNorm1d(), ReLU())
CNN: tuple[AnyLayer, ...] = (Conv2d(channels=3), ReLU(), MaxPool2d(), Flatten(), Linear(units=8), ReLU())


def small(*layers: AnyLayer, digits: int = 100, dropout: float = 0.0, **training: object) -> Experiment:
    """An experiment on a hundred digits, ten a batch, two epochs."""
    return Experiment(
        data=Data(training_digits=digits),
        network=Network(layers=layers or MLP, dropout=dropout),
        training=Training.model_validate({"batch_size": 10, "epochs": 2, "device": "cpu", **training}),
    )


KINDS: list[OptimizerKind] = ["SGD", "Momentum", "Nesterov", "Adam", "AdamW", "AMSGrad", "RMSprop", "Adagrad"]
RUNS: dict[str, Experiment] = {  # all that a checkpoint has to hold something of its own for
    **{kind: small().but(optimizer=Optimizer(kind=kind)) for kind in KINDS},
    "dropout": small(dropout=0.5),
    "batch normalization": small(*NORMALIZED),
    "CNN, augmented, cosine": small(Conv2d(channels=4), *CNN, dropout=0.2).but(
        data=Data(training_digits=100, augmentation=Augmentation(rotation=20, noise=0.2)),
        schedule=Schedule(kind="cosine"),
    ),
}


def steps(trainer: Trainer, count: int) -> list[Event]:
    """All events of the next steps."""
    return [event for _ in range(count) for event in trainer.advance()]


def stepped(events: list[Event]) -> list[Stepped]:
    return [event for event in events if isinstance(event, Stepped)]


def twin(trainer: Trainer) -> nn.Sequential:
    """The trainer's MLP as plain PyTorch writes it, with weights of its own of the same values."""
    linear, head = (module for _, module in trainer.net.weighted)
    assert isinstance(linear, nn.Linear)
    assert isinstance(head, nn.Linear)
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(784, linear.out_features), nn.ReLU(), nn.Linear(linear.out_features, 10)
    )
    own = dict(zip(net.state_dict(), trainer.net.state_dict().values(), strict=True))
    net.load_state_dict({name: tensor.clone() for name, tensor in own.items()})
    return net


def batches(trainer: Trainer, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches the trainer's seed gives, epoch after epoch."""
    digits = trainer.dataset.train
    for epoch in range(1000):
        for chosen in order(len(digits), trainer.experiment.training.seed, epoch).split(batch_size):
            yield digits.x[chosen], digits.y[chosen]


def assert_same_weights(net: nn.Module, other: nn.Module, tolerance: float = 1e-6) -> None:
    for one, two in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=tolerance)
