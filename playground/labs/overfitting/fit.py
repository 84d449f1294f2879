"""Overfit, underfit, fit: three networks, and what tells them apart."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from playground.experiment import Augmentation
from playground.labs.claims import Claim, Effect, at_least, at_most, effect, in_words, number, paired, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import WHOLE, measured_on, mlp
from playground.labs.overfitting.charts import learning_curves
from playground.labs.overfitting.turning import turn_of
from playground.labs.topic import Arm, Setup, Topic

OVERFIT, UNDERFIT, FIT = "Overfit", "Underfit", "Fit"
GUESSES = ("never", "after some epochs", "from the start")
RISES = 0.2  # of the lowest validation loss, at least
TURNED = 0.02  # a smaller rise is no turn


class FitSetup(Setup):
    """The knobs of the first arm; the others take over what isn't the point of them."""

    width: int = Field(256, ge=2, le=512)
    depth: int = Field(2, ge=1, le=4)
    digits: int = Field(300, ge=10, le=WHOLE)
    epochs: int = Field(40, ge=5, le=200)
    label_noise: float = Field(0.0, ge=0, le=0.5)


def arms(setup: FitSetup) -> tuple[Arm, ...]:
    overfit = mlp(setup.width, setup.depth, setup.digits, setup.epochs, setup.label_noise)
    underfit = mlp(2, setup.depth, setup.digits, setup.epochs, setup.label_noise)
    fit = mlp(256, setup.depth, WHOLE, setup.epochs, setup.label_noise)
    fit = fit.but(network=fit.network.but(dropout=0.3), data=fit.data.but(augmentation=Augmentation(shift=2)))
    size = "-".join([str(setup.width)] * setup.depth)
    return (
        Arm(OVERFIT, overfit, note=f"MLP {size}, {setup.digits:,} digits"),
        Arm(UNDERFIT, underfit, note="too small"),
        Arm(FIT, fit, note="data and dropout"),
    )


def charts(setup: FitSetup, found: Results) -> Sequence[Any]:
    return learning_curves(arms(setup), found)


def answer(setup: FitSetup, found: Results) -> tuple[Claim, ...]:
    finals = found.finals()
    finals = finals.assign(gap=finals["train_accuracy"] - finals["validation_accuracy"])

    def mean(arm: str, column: str) -> Effect:
        return effect(finals.loc[finals["arm"] == arm, column])

    claims = []
    if found.ended(OVERFIT):
        train, validation, gap = (mean(OVERFIT, name) for name in ("train_accuracy", "validation_accuracy", "gap"))
        claims.append(
            Claim(
                f"**{OVERFIT}** learns its digits by heart: {percent(train.mean)} of the training digits are right at "
                f"the end, but {percent(validation.mean)} of the validation digits: a gap of {in_words(gap, points)}, "
                f"{measured_on(setup.digits)}.",
                both(at_least(train, 0.99), at_least(gap, 0.05)),
            )
        )
        turns = [turn_of(one.evaluated) for one in found.ended(OVERFIT)]
        lowest, epoch = effect(turn.loss for turn in turns), effect(turn.epoch for turn in turns)
        rise = effect(turn.rise for turn in turns)
        claims.append(
            Claim(
                f"Its validation loss is lowest, {number(lowest.mean)}, after {epoch.mean:.1f} epochs, and rises by "
                f"{in_words(rise, percent)} from there to the end, though its train loss falls.",
                at_least(rise, RISES),
            )
        )
    if found.ended(UNDERFIT):
        train, validation, gap = (mean(UNDERFIT, name) for name in ("train_accuracy", "validation_accuracy", "gap"))
        behind = paired(finals, UNDERFIT, OVERFIT, "validation_accuracy")
        claims.append(
            Claim(
                f"**{UNDERFIT}** is wrong on both: {percent(train.mean)} on train, {percent(validation.mean)} on "
                f"validation, a gap of {in_words(gap, points)}. It has too few units to learn even its own digits.",
                at_most(behind, 0) if behind else None,
            )
        )
    if found.ended(FIT):
        train, validation, gap = (mean(FIT, name) for name in ("train_accuracy", "validation_accuracy", "gap"))
        closed = paired(finals, FIT, OVERFIT, "gap")
        claims.append(
            Claim(
                f"**{FIT}**, with {WHOLE:,} digits, shifted copies and dropout: {percent(validation.mean)} on "
                f"validation, {percent(train.mean)} on train, a gap of {in_words(gap, points)}, "
                f"{measured_on(WHOLE)}.",
                at_most(closed, 0) if closed else None,
            )
        )
    return tuple(claims)


def both(one: bool | None, other: bool | None) -> bool | None:
    """
    >>> both(True, True), both(True, None), both(None, False)
    (True, None, False)
    """
    if one is False or other is False:
        return False
    return True if one and other else None


def came_true(setup: FitSetup, found: Results) -> str:
    turns = [turn_of(one.evaluated) for one in found.ended(OVERFIT)]
    if not turns:
        return ""
    if effect(turn.rise for turn in turns).mean < TURNED:
        return "never"
    return "from the start" if effect(turn.epoch for turn in turns).mean < 1 else "after some epochs"


TOPIC = Topic(
    name="fit",
    title="Fit",
    question="When does more training make a network worse?",
    setup=FitSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=GUESSES,
    came_true=came_true,
)
