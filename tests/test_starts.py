"""The starting points: that they can be trained, teach what they say, and that their pictures are of them."""

import re

import pytest

from playground.figures.thumbnail import down
from playground.network.shapes import can_train
from playground.starts.points import STARTS, Start, picture
from playground.training.events import Evaluated
from playground.training.trainer import Trainer, train
from tests.draw_starts import drawn

BY_TITLE = {start.title: start for start in STARTS}


def drawn_losses(svg: str) -> tuple[list[float], list[float]]:
    """Heights of the validation and of the train curve from the upper edge, at each evaluation."""
    validation, train = re.findall(r'<polyline points="([^"]+)"', svg)
    return heights(validation), heights(train)


def heights(points: str) -> list[float]:
    return [float(pair.split(",")[1]) for pair in points.split()]


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.name)
def test_a_starting_point_can_be_trained_and_its_picture_is_of_this_very_experiment(start: Start) -> None:
    assert can_train(start.experiment)
    assert start.sentence.endswith(".")
    assert f"<metadata>{start.digest}</metadata>" in picture(start.name), "run python -m tests.draw_starts"


def test_there_are_twelve_and_no_two_are_alike() -> None:
    assert len({start.name for start in STARTS}) == len({start.digest for start in STARTS}) == 12


def test_a_picture_is_what_a_run_draws() -> None:
    start = BY_TITLE["Nothing hidden"]
    for shown, found in zip(drawn_losses(picture(start.name)), drawn_losses(drawn(start)), strict=True):
        assert found == pytest.approx(shown, abs=0.5)  # to the bit on one machine, not on all


def test_digits_learnt_by_heart_turn_the_validation_loss_up_and_weight_decay_keeps_it_down() -> None:
    validation, train = drawn_losses(picture(BY_TITLE["256 digits by heart"].name))
    assert train[-1] > down(0.01)  # lower in the picture
    assert validation[-1] < max(validation) - 3
    held, _ = drawn_losses(picture(BY_TITLE["Weight decay against it"].name))
    assert held[-1] > max(held) - 1


def test_the_sigmoid_layers_learn_nothing_without_their_batch_normalization() -> None:
    start = BY_TITLE["Batch normalization"].experiment
    bare = tuple(layer for layer in start.network.layers if layer.kind != "BatchNorm1d")
    short = start.training.but(epochs=1, device="cpu")

    def last_loss(layers: tuple) -> float:
        events = train(start.but(network=start.network.but(layers=layers), training=short))
        return [event.train_loss for event in events if isinstance(event, Evaluated)][-1]

    assert last_loss(bare) > 2.29
    assert last_loss(start.network.layers) < 2.0


def test_units_that_begin_alike_stay_alike() -> None:
    trainer = Trainer(BY_TITLE["All weights alike"].experiment, device="cpu")
    for _ in range(20):
        trainer.advance()
    weights = trainer.weights[0]
    assert (weights == weights[0]).all()
