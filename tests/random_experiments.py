"""Experiments of all kinds from a fixed seed, such as somebody may set up who plays with every control."""

from random import Random
from typing import get_args

from playground.experiment import (
    GELU,
    AnyLayer,
    Augmentation,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Data,
    Dropout,
    Experiment,
    Flatten,
    Initialization,
    InitializationKind,
    LeakyReLU,
    Linear,
    LocallyConnected2d,
    Loss,
    LossKind,
    MaxPool2d,
    Network,
    Optimizer,
    OptimizerKind,
    PermutePixels,
    Regularization,
    ReLU,
    Scaling,
    Schedule,
    ScheduleKind,
    Sigmoid,
    SiLU,
    Tanh,
    Training,
)
from playground.training.divergence import USUAL_RATE

ACTIVATIONS: tuple[AnyLayer, ...] = (ReLU(), LeakyReLU(negative_slope=0.1), GELU(), SiLU(), Tanh(), Sigmoid())
POOLS: tuple[AnyLayer, ...] = (MaxPool2d(), AvgPool2d(), MaxPool2d(kernel=3))


def random_experiments(count: int, seed: int = 0) -> list[Experiment]:
    """Small networks, learning rates within a factor of 3 of the usual, and every option drawn by a coin."""
    return [RandomExperiment(Random(f"{seed}/{number}")).drawn() for number in range(count)]


class RandomExperiment:
    """One draw."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def coin(self, probability: float = 0.5) -> bool:
        return self.chance.random() < probability

    def drawn(self) -> Experiment:
        return Experiment(
            data=self.data(),
            network=self.network(),
            loss=self.loss(),
            optimizer=self.optimizer(),
            schedule=self.schedule(),
            regularization=self.regularization(),
            training=self.training(),
        )

    def data(self) -> Data:
        chance = self.chance
        train = chance.randint(40, 80)
        validation = chance.randint(10, 95 - train)
        folds = chance.choice([None, None, 3, 5])
        return Data(
            train_share=train,
            validation_share=validation,
            test_share=100 - train - validation,
            folds=folds,
            fold=chance.randint(1, folds or 1),
            training_digits=chance.choice([None, 200, 1001]),
            label_noise=chance.choice([0, 0, 0.2]),
            scaling=chance.choice(get_args(Scaling)),
            augmentation=self.augmentation() if self.coin() else Augmentation(),
        )

    def augmentation(self) -> Augmentation:
        return Augmentation(
            rotation=15 * self.coin(),
            shift=2 * self.coin(),
            scale=0.1 * self.coin(),
            flip=self.chance.choice(["none", "horizontal", "vertical"]),
            crop=3 * self.coin(),
            noise=0.1 * self.coin(),
        )

    def network(self) -> Network:
        layers: list[AnyLayer] = [PermutePixels()] if self.coin(0.2) else []
        for _ in range(self.chance.randint(0, 2)):
            layers += self.maps()
        layers.append(Flatten())
        for _ in range(self.chance.randint(0, 2)):
            layers += self.flat()
        return Network(
            layers=tuple(layers), dropout=self.chance.choice([0, 0, 0.2]), initialization=self.initialization()
        )

    def maps(self) -> list[AnyLayer]:
        kind = Conv2d if self.coin(0.7) else LocallyConnected2d
        found: list[AnyLayer] = [kind(channels=6, kernel=3, stride=self.chance.choice([1, 1, 2]), padding=self.coin())]
        found += [BatchNorm2d()] * self.coin(0.3)
        found.append(self.chance.choice(ACTIVATIONS))
        found += [self.chance.choice(POOLS)] * self.coin()
        return found

    def flat(self) -> list[AnyLayer]:
        found: list[AnyLayer] = [Linear(units=self.chance.choice([16, 33, 64]))]
        found += [BatchNorm1d()] * self.coin(0.3)
        found.append(self.chance.choice(ACTIVATIONS))
        found += [Dropout(p=self.chance.choice([None, 0.4]))] * self.coin(0.3)
        return found

    def initialization(self) -> Initialization:
        kinds = [kind for kind in get_args(InitializationKind) if kind not in ("zeros", "constant")]
        return Initialization(
            kind=self.chance.choice(["default", "constant", *kinds]),
            std=0.05,
            noise=0.02,
            value=0.01,
            bias=self.chance.choice([0, 0.01]),
        )

    def loss(self) -> Loss:
        return Loss(
            kind=self.chance.choice(get_args(LossKind)),
            label_smoothing=self.chance.choice([0, 0.1]),
            gamma=self.chance.choice([0.5, 2]),
            delta=self.chance.choice([0.3, 1]),
            class_weights=(1, *(self.chance.choice([0, 0.5, 1, 1.7]) for _ in range(9))) if self.coin() else None,
        )

    def optimizer(self) -> Optimizer:
        kind = self.chance.choice(get_args(OptimizerKind))
        return Optimizer(
            kind=kind,
            learning_rate=USUAL_RATE[kind] * self.chance.choice([0.3, 1, 3]),
            momentum=self.chance.choice([0.5, 0.9]),
            beta1=self.chance.choice([0.9, 0.8]),
            beta2=self.chance.choice([0.999, 0.99]),
            alpha=self.chance.choice([0.99, 0.9]),
            epsilon=self.chance.choice([1e-8, 1e-6]),
        )

    def schedule(self) -> Schedule:
        return Schedule(kind=self.chance.choice(get_args(ScheduleKind)), step_epochs=1, warmup_steps=20)

    def regularization(self) -> Regularization:
        return Regularization(
            weight_decay=self.chance.choice([0, 0.01]),
            decay_all=self.coin(),
            l1=self.chance.choice([0, 0, 1e-4]),
            clip_norm=self.chance.choice([None, None, 1.0]),
        )

    def training(self) -> Training:
        return Training(
            batch_size=self.chance.choice([20, 32, 100]),
            unit=self.chance.choice(["epochs", "steps"]),
            epochs=20,
            steps=80,
            patience=self.chance.choice([None, None, 2, 5]),
            seed=self.chance.randint(0, 2**31 - 1),
            device=self.chance.choice(["auto", "cpu"]),
        )
