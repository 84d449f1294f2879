"""What the lab on overfitting claims, measured over 5 seeds on smaller runs than the page's."""

from collections.abc import Sequence

import pytest

from playground.experiment import Experiment
from playground.labs.claims import Effect, effect
from playground.labs.overfitting import fit, remedies
from playground.labs.topic import with_seed
from playground.training.events import Evaluated
from playground.training.trainer import train

SEEDS = range(5)
Curve = list[Evaluated]


def curves(experiment: Experiment) -> list[Curve]:
    experiment = experiment.but(training=experiment.training.but(device="cpu"))
    runs = (train(with_seed(experiment, seed)) for seed in SEEDS)
    return [[event for event in run if isinstance(event, Evaluated)] for run in runs]


def gaps(runs: Sequence[Curve]) -> list[float]:
    return [run[-1].train_accuracy - run[-1].validation_accuracy for run in runs]


def lowest(run: Curve) -> float:
    return min(event.validation_loss for event in run)


def arm(name: str, epochs: int) -> Experiment:
    topic = fit if name in ("Overfit", "Underfit", "Fit") else remedies
    setup = topic.TOPIC.setup.but(epochs=epochs)
    return next(one.experiment for one in topic.TOPIC.arms(setup) if one.name == name)


def paired(found: Sequence[float], base: Sequence[float]) -> Effect:
    return effect(one - other for one, other in zip(found, base, strict=True))


@pytest.fixture(scope="module")
def overfit() -> list[Curve]:
    return curves(arm("Overfit", 40))


def test_overfit_has_every_training_digit_right_and_one_in_eight_validation_digits_wrong(overfit: list[Curve]) -> None:
    assert all(run[-1].train_accuracy == 1 for run in overfit)
    assert effect(gaps(overfit)).low > 0.12
    assert 0.8 < effect(run[-1].validation_accuracy for run in overfit).mean < 0.9


def test_its_validation_loss_turns_within_the_first_half_and_rises_by_a_fifth(overfit: list[Curve]) -> None:
    assert effect(run[-1].validation_loss / lowest(run) - 1 for run in overfit).mean > 0.2
    for run in overfit:
        assert run[-1].validation_loss > 1.1 * lowest(run)
        turn = min(run, key=lambda event: event.validation_loss)
        assert 4 <= turn.step / 5 <= 16  # 5 steps an epoch
        assert run[-1].train_loss < turn.train_loss


def test_underfit_is_bad_on_both_with_a_small_gap(overfit: list[Curve]) -> None:
    runs = curves(arm("Underfit", 40))
    assert effect(run[-1].train_accuracy for run in runs).high < 0.5
    assert effect(run[-1].validation_accuracy for run in runs).high < 0.5
    assert paired(gaps(runs), gaps(overfit)).high < -0.05


def test_more_data_closes_half_of_the_gap(overfit: list[Curve]) -> None:
    runs = curves(arm("more data", 8))
    closed = paired(gaps(runs), gaps(overfit))
    assert closed.high < -0.05
    assert effect(gaps(runs)).mean < 0.6 * effect(gaps(overfit)).mean


def test_shifted_copies_gain_two_points_and_more(overfit: list[Curve]) -> None:
    runs = curves(arm("shifted copies", 40))
    gained = paired(*([run[-1].validation_accuracy for run in some] for some in (runs, overfit)))
    assert gained.mean > 0.025
    assert gained.low > 0


def test_dropout_lowers_the_final_validation_loss(overfit: list[Curve]) -> None:
    runs = curves(arm("dropout", 40))
    ratio = effect(run[-1].validation_loss / base[-1].validation_loss for run, base in zip(runs, overfit, strict=True))
    assert 0.8 < ratio.mean < 0.97
    assert ratio.high < 1


@pytest.mark.parametrize(("remedy", "most"), [("weight decay", 0.92), ("L1", 0.93), ("early stopping", 0.96)])
def test_each_other_remedy_lowers_the_final_validation_loss(remedy: str, most: float, overfit: list[Curve]) -> None:
    setup = remedies.RemediesSetup(remedies=(remedy,))
    experiment = remedies.arms(setup)[1].experiment
    runs = curves(experiment)
    ratio = effect(run[-1].validation_loss / base[-1].validation_loss for run, base in zip(runs, overfit, strict=True))
    assert ratio.mean < most
    assert ratio.high < 1
