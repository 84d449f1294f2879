"""What the lab on inductive bias claims, over five seeds: trained here, smaller than the page's runs."""

from collections.abc import Iterator
from functools import cache

import pytest

from playground.experiment import Layer, PermutePixels
from playground.labs.claims import Effect, effect
from playground.labs.inductive_bias.locality import windowed
from playground.labs.inductive_bias.networks import Knobs, cnn, experiment, mlp
from playground.labs.inductive_bias.pooling import averaged, strided
from playground.labs.inductive_bias.sharing import local
from playground.labs.topic import with_seed
from playground.probes.equivariance import equivariance
from playground.probes.shifts import FOUR_WAYS, accuracy, shifted
from playground.training.trainer import Trainer

SEEDS = range(5)
KNOBS = Knobs(digits=500, epochs=10)
FAR = 3
NETWORKS: dict[str, tuple[Layer, ...]] = {
    "MLP": mlp(),
    "CNN": cnn(),
    "MLP, shuffled": (PermutePixels(), *mlp()),
    "CNN, shuffled": (PermutePixels(), *cnn()),
    "strides": strided(),
    "global average": averaged(),
    "own weights": local(2, 1),
    **{f"kernel {kernel}": windowed(kernel) for kernel in (3, 9, 28)},
}


@cache
def trained(name: str, seed: int) -> Trainer:
    trainer = Trainer(with_seed(experiment(NETWORKS[name], KNOBS), seed), device="cpu", evaluate_every=10_000)
    while not trainer.finished:
        trainer.advance()
    return trainer


@cache
def right(name: str, seed: int, pixels: int = 0) -> float:
    """The share of the 750 test digits that are right, after a shift: the mean of four directions."""
    trainer = trained(name, seed)
    test, background = trainer.dataset.test, trainer.dataset.scale.background
    ways = FOUR_WAYS if pixels else ((0, 0),)
    moved = (shifted(test.x, pixels * dx, pixels * dy, background) for dx, dy in ways)
    return sum(accuracy(trainer.net, x, test.y) for x in moved) / len(ways)


def difference(one: str, other: str, pixels: int = 0) -> Effect:
    """Seed by seed: the same split, order of batches and digits."""
    return effect(right(one, seed, pixels) - right(other, seed, pixels) for seed in SEEDS)


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    yield
    trained.cache_clear()


def test_with_as_many_parameters_the_cnn_beats_the_mlp() -> None:
    assert difference("CNN", "MLP").low > 0.02


def test_after_a_shift_by_3_pixels_the_cnn_stays_ahead_by_more_than_10_points() -> None:
    assert difference("CNN", "MLP", FAR).low > 0.1


def test_the_cnn_suffers_from_that_shift_too() -> None:
    loss = effect(right("CNN", seed) - right("CNN", seed, FAR) for seed in SEEDS)
    assert loss.low > 0.2


def test_shuffled_pixels_cost_the_cnn_several_points() -> None:
    assert difference("CNN", "CNN, shuffled").low > 0.03


def test_shuffled_pixels_cost_the_mlp_nothing() -> None:
    cost = difference("MLP", "MLP, shuffled")
    assert abs(cost.mean) < 0.02
    assert -0.03 < cost.low < cost.high < 0.03


def test_pooling_beats_strides_with_as_many_parameters_and_more_so_after_a_shift() -> None:
    assert difference("CNN", "strides").low > 0.02
    assert difference("CNN", "strides", FAR).low > 0.05


def test_a_global_average_loses_far_less_by_a_shift_than_max_pooling() -> None:
    def loss(name: str, seed: int) -> float:
        return right(name, seed) - right(name, seed, FAR)

    assert effect(loss("CNN", seed) - loss("global average", seed) for seed in SEEDS).low > 0.2


def test_with_as_many_parameters_windows_in_between_beat_the_smallest_and_the_whole_digit() -> None:
    assert difference("kernel 9", "kernel 3").low > 0.01
    assert difference("kernel 9", "kernel 28").low > 0.01


def test_with_as_many_parameters_shared_weights_beat_own_ones() -> None:
    assert difference("CNN", "own weights").low > 0.05


def test_a_trained_cnns_maps_follow_the_digit_though_its_answer_does_not_stay() -> None:
    trainer = trained("CNN", 0)
    x, background = trainer.dataset.test.x[:50], trainer.dataset.scale.background
    errors = {
        pixels: {
            layer.name: layer.error
            for layer in equivariance(trainer.net, trainer.experiment.network, x, pixels, 0, background)
        }
        for pixels in (3, 4)
    }
    assert [errors[pixels]["Conv2d #1"] for pixels in (3, 4)] == pytest.approx([0, 0], abs=1e-5)
    assert errors[4]["MaxPool2d #2"] == pytest.approx(0, abs=1e-5)
    assert errors[3]["MaxPool2d #2"] is not None
    assert errors[3]["MaxPool2d #2"] > 0.2
