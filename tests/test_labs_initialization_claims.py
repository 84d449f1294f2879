"""What the lab Initialization claims, over five seeds each."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pytest

from playground.data.tensors import load
from playground.experiment import Experiment, Initialization
from playground.labs.claims import at_least, effect
from playground.labs.initialization.deep import STARTS, Activation, Start, deep
from playground.labs.initialization.symmetry import ALIKE, NOISY, RANDOM, Symmetry
from playground.labs.initialization.symmetry import arms as symmetry_arms
from playground.labs.initialization.vanishing import Vanishing
from playground.labs.initialization.vanishing import arms as vanishing_arms
from playground.labs.topic import with_seed
from playground.network.build import build
from playground.probes.signal import LayerSignal, signal
from playground.probes.weights import symmetry
from playground.training.trainer import Trainer

SEEDS = range(5)


def at_step_0(experiment: Experiment) -> Iterable[tuple[LayerSignal, ...]]:
    """The hidden layers' signal, seed by seed."""
    for seed in SEEDS:
        train = load(experiment.data, seed).train
        net = build(experiment.network, seed)
        yield signal(net, train.x[:200], train.y[:200], experiment.loss)[1][:-1]


def loss_of_deviation(layers: tuple[LayerSignal, ...]) -> float:
    """By how much it falls, or rises, between any two of the layers."""
    deviations = [layer.deviation for layer in layers]
    return max(deviations) / min(deviations)


@pytest.mark.parametrize(
    ("layers", "activation", "start", "holds"),
    [
        (10, "Tanh", "Xavier", lambda factor: factor < 5),
        (10, "Tanh", "too small", lambda factor: factor > 1e6),
        (20, "ReLU", "He", lambda factor: factor < 3),
        (20, "ReLU", "Xavier", lambda factor: factor > 100),
    ],
)
def test_the_initialization_decides_what_is_left_of_the_signal(
    layers: int, activation: Activation, start: Start, holds: Callable[[float], bool]
) -> None:
    factors = [loss_of_deviation(found) for found in at_step_0(deep(layers, 128, activation, STARTS[start]))]
    assert all(map(holds, factors)), factors


def test_ten_sigmoid_layers_leave_the_first_less_than_a_thousandth_of_the_lasts_gradient() -> None:
    sigmoid, *_ = vanishing_arms(Vanishing())
    for layers in at_step_0(sigmoid.experiment):
        assert len(layers) == 10
        assert layers[0].gradient < layers[-1].gradient / 1000
        assert layers[0].weight_gradient < layers[-1].weight_gradient / 1000


def accuracy(experiment: Experiment, seed: int) -> float:
    """On 256 validation digits, after the last step; of a run that diverged, 10 %: guessing."""
    trainer = Trainer(with_seed(experiment, seed), device="cpu", evaluate_every=1_000_000)
    while not trainer.finished:
        trainer.advance()
    found = trainer.evaluate()
    return found.validation_accuracy if np.isfinite(found.validation_loss) else 0.1


@pytest.mark.parametrize(
    ("layers", "activation", "good", "bad", "least"),
    [(20, "ReLU", "He", "Xavier", 0.3), (10, "Tanh", "Xavier", "too small", 0.5)],
)
def test_training_follows(layers: int, activation: Activation, good: Start, bad: Start, least: float) -> None:
    reached = {
        start: [accuracy(deep(layers, 128, activation, STARTS[start]), seed) for seed in SEEDS] for start in (good, bad)
    }
    ahead = [one - other for one, other in zip(reached[good], reached[bad], strict=True)]
    assert at_least(effect(ahead), least), reached


@pytest.fixture(scope="module")
def alike() -> dict[str, list[list[float]]]:
    """Arm → seed → the first layer's mean cosine at each 25th step."""
    setup = Symmetry(steps=400, noise=0.01)
    return {arm.name: [over_steps(with_seed(arm.experiment, seed)) for seed in SEEDS] for arm in symmetry_arms(setup)}


def over_steps(experiment: Experiment) -> list[float]:
    trainer = Trainer(experiment, device="cpu", evaluate_every=1_000_000)
    measure = partial(symmetry, trainer.weights[0])
    found = [measure()]
    while not trainer.finished:
        trainer.advance()
        if trainer.step % 25 == 0:
            found.append(measure())
    return found


def test_a_constant_initialization_never_leaves_mean_cosine_1(alike: dict[str, list[list[float]]]) -> None:
    np.testing.assert_allclose(alike[ALIKE], 1, atol=1e-6)


def test_a_grain_of_noise_breaks_the_symmetry(alike: dict[str, list[list[float]]]) -> None:
    for steps in alike[NOISY]:
        assert steps[0] > 0.95
        assert steps[-1] < 0.7


def test_units_drawn_at_random_stay_nearly_orthogonal(alike: dict[str, list[list[float]]]) -> None:
    assert np.abs(alike[RANDOM]).max() < 0.2


def test_clipping_lets_a_run_with_too_large_weights_train() -> None:
    large = Initialization(kind="normal", std=0.2)
    clipped, unclipped = (
        [accuracy(deep(10, 128, "ReLU", large, 100, clip_norm), seed) for seed in SEEDS] for clip_norm in (1.0, None)
    )
    ahead = [one - other for one, other in zip(clipped, unclipped, strict=True)]
    assert at_least(effect(ahead), 0.1), (clipped, unclipped)
