"""Overfit, underfit, fit: three networks, and what tells them apart."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from playground.experiment import Augmentation, Experiment
from playground.labs.claims import Claim, Effect, at_least, at_most, effect, in_words, number, paired, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import WHOLE, measured_on, mlp
from playground.labs.overfitting.charts import learning_curves
from playground.labs.overfitting.remedies import compared
from playground.labs.overfitting.turning import BRANCH, Turn, turn_of
from playground.labs.topic import Arm, Setup, Topic

OVERFIT, UNDERFIT, FIT = "Overfit", "Underfit", "Fit"
GUESSES = ("never", "after some epochs", "from the start")
RISES = 0.2  # of the lowest validation loss, at least
TURNED = 0.02  # a smaller rise is no turn
UNABLE = 0.9  # of the training digits right: less is not learnt
SLOW = 1e-5  # a learning rate far too small for these few steps


class FitSetup(Setup):
    """The knobs of the first arm; the others take over what isn't the point of them."""

    seeds: int = Field(3, ge=1, le=10)
    width: int = Field(256, ge=2, le=512)
    depth: int = Field(2, ge=1, le=4)
    digits: int = Field(300, ge=10, le=WHOLE)
    epochs: int = Field(40, ge=5, le=200)
    label_noise: float = Field(0.0, ge=0, le=0.5)
    underfit: Literal["width 2", "learning rate 1e-5"] = "width 2"


def arms(setup: FitSetup) -> tuple[Arm, ...]:
    overfit = mlp(setup.width, setup.depth, setup.digits, setup.epochs, setup.label_noise)
    fit = mlp(256, setup.depth, WHOLE, setup.epochs, setup.label_noise)
    fit = fit.but(network=fit.network.but(dropout=0.3), data=fit.data.but(augmentation=Augmentation(shift=2)))
    size = "-".join([str(setup.width)] * setup.depth)
    return (
        Arm(OVERFIT, overfit, note=f"MLP {size}, {setup.digits:,} digits"),
        underfit(setup, overfit),
        Arm(FIT, fit, note="data and dropout"),
    )


def underfit(setup: FitSetup, overfit: Experiment) -> Arm:
    """Overfit with one thing that keeps it from learning."""
    if setup.underfit == "width 2":
        narrow = mlp(2, setup.depth, setup.digits, setup.epochs, setup.label_noise)
        return Arm(UNDERFIT, narrow, note="too small")
    return Arm(UNDERFIT, overfit.but(optimizer=overfit.optimizer.but(learning_rate=SLOW)), note="too slow")


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
                f"**{OVERFIT}**: {percent(train.mean)} of the training digits are right at the end, but "
                f"{percent(validation.mean)} of the validation digits: a gap of {in_words(gap, points)}, "
                f"{measured_on(setup.digits)}.",
                both(at_least(train, 0.99), at_least(gap, 0.05)),
            )
        )
        claims.append(turning([turn_of(one.evaluated) for one in found.ended(OVERFIT)]))
    if found.ended(UNDERFIT):
        train, validation, gap = (mean(UNDERFIT, name) for name in ("train_accuracy", "validation_accuracy", "gap"))
        behind = paired(finals, UNDERFIT, OVERFIT, "validation_accuracy")
        text = (
            f"**{UNDERFIT}** ({setup.underfit}) ends with {percent(train.mean)} on train, {percent(validation.mean)} "
            f"on validation, a gap of {in_words(gap, points)}."
        )
        if finals.loc[finals["arm"] == UNDERFIT, "train_accuracy"].max() < UNABLE:
            text += " It hasn't learnt even its own digits."
        claims.append(Claim(text, at_most(behind, 0) if behind else None))
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
    branches = [name for name in dict.fromkeys(finals["arm"]) if name.startswith(BRANCH)]
    claims += [claim for name in branches if (claim := compared(finals, name))]
    return tuple(claims)


def turning(turns: Sequence[Turn]) -> Claim:
    """Where validation loss was lowest, how far it has risen since, and what train loss did meanwhile."""
    lowest, epoch = effect(turn.loss for turn in turns), effect(turn.epoch for turn in turns)
    rise = effect(turn.rise for turn in turns)
    there, end = (effect(losses) for losses in zip(*(turn.train_losses for turn in turns), strict=True))
    apart = max(turn.apart for turn in turns)
    if all(turn.is_last for turn in turns):
        return Claim(f"Its validation loss is lowest, {number(lowest.mean)}, at the end: it hasn't turned.")
    return Claim(
        f"Its validation loss is lowest, {number(lowest.mean)}, after {epoch.mean:.1f} epochs (measured up to "
        f"{number(apart)} apart), and rises by {in_words(rise, rising)} from there to the end; its train loss "
        f"meanwhile goes from {number(there.mean)} to {number(end.mean)}.",
        at_least(rise, RISES),
    )


def rising(share: float) -> str:
    """A rise, which may be above 100 %.

    >>> rising(1.25)
    '125.0 %'
    """
    return f"{100 * share:.1f} %"


def both(one: bool | None, other: bool | None) -> bool | None:
    """
    >>> both(True, True), both(True, None), both(None, False)
    (True, None, False)
    """
    if one is False or other is False:
        return False
    return True if one and other else None


def came_true(setup: FitSetup, found: Results) -> str:
    """When it turned; nothing where luck could decide it."""
    turns = [turn_of(one.evaluated) for one in found.ended(OVERFIT)]
    if not turns:
        return ""
    has_turned = at_least(effect(turn.rise for turn in turns), TURNED)
    if has_turned is not True:
        return "never" if has_turned is False else ""
    is_late = at_least(effect(turn.epoch for turn in turns), 1)
    return "" if is_late is None else "after some epochs" if is_late else "from the start"


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
