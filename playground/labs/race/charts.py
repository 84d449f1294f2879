"""The charts of a race: all arms on one, what came out over the values, or a grid that fills up."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, Literal

from playground.experiment import CLASSES, Loss
from playground.figures.race import Cell, Entrant, Scale, palette, race_curves, race_finals, race_grid
from playground.labs.claims import number, percent
from playground.labs.outcome import Outcome, Results
from playground.labs.race.race import RaceSetup, arms, judged_by, settings
from playground.labs.race.setting import shown
from playground.labs.topic import Arm
from playground.training.judged import JUDGED

Split = Literal["validation", "train"]
Axis = Literal["epoch", "step"]
TROUBLES = ("diverged", "failed", "lost", "stopped")
AXES: dict[str, dict[str, Any]] = {
    "loss": {"number": ".3f", "type": "log", "tickformat": "~g"},
    "accuracy": {"number": ".1%", "tickformat": ".0%"},
}


@dataclass(frozen=True)
class View:
    """How a reader looks at a race: which split's numbers, and over what."""

    split: Split = "validation"
    over: Axis = "epoch"


def charts(setup: RaceSetup, found: Results, view: View | None = None) -> Sequence[Any]:
    chosen = view or View()
    return grid(setup, found, chosen) if setup.is_grid else lines(setup, found, chosen)


def how(setup: RaceSetup, split: Split) -> str:
    is_noisy = split == "train" and any(arm.experiment.data.label_noise for arm in arms(setup))
    noise = ", by its noisy labels" if is_noisy else ""
    return f"{split.capitalize()}: eval mode, no penalty, on {JUDGED} of its digits, or all where it has fewer{noise}."


def trouble(arm: Arm, found: Results) -> str:
    """The word for why nothing can be concluded from an arm; "" where something can, or may yet."""
    own = [one for one in found.outcomes if one.arm.name == arm.name]
    if any(one.is_changed for one in own):
        return "changed"
    states = {one.state for one in own}
    return next((state for state in TROUBLES if state in states), "")


def lines(setup: RaceSetup, found: Results, view: View) -> Sequence[Any]:
    """What the arms are compared by comes first, over the whole width."""
    setting, split, runners = settings(setup)[0], view.split, entrants(setup, found)
    finals = found.finals()
    finals = finals[~finals["arm"].isin([one.arm for one in runners if one.gone])]
    what = setting.name.removesuffix(" ×")
    curves, ends = [], []
    first = judged_by(setup).split("_")[1]
    for quantity in sorted(AXES, key=lambda quantity: quantity != first):
        column, axis = f"{split}_{quantity}", AXES[quantity]
        note = " Each arm in its own loss: only accuracies compare." if has_own_losses(setup, quantity) else ""
        log_scale = " Log scale." if quantity == "loss" else ""
        hint = f"{how(setup, split)}{log_scale} Lines as far as all seeds go; band: their spread.{note}"
        title, is_first = f"{split.capitalize()} {quantity}", quantity == first
        curves.append(race_curves(found.curves(), runners, column, title, hint, quantity, view.over, is_first, **axis))
        hint = f"After the last step. Filled: the mean over seeds; a ring is one run.{note}"
        title = f"Final {split} {quantity} over {what}"
        ends.append(race_finals(finals, runners, scale(setup), column, title, hint, setting.name, quantity, **axis))
    return [*curves, *ends]


def entrants(setup: RaceSetup, found: Results) -> list[Entrant]:
    """The arms of a race, in a colour each."""
    values = setup.sweeps[0].values
    colors = palette(len(values), is_ordered=not settings(setup)[0].options)
    at = range(len(values)) if scale(setup) == "names" else map(float, values)
    return [
        Entrant(arm.name, shown(value), color, place, trouble(arm, found))
        for arm, value, color, place in zip(arms(setup), values, colors, at, strict=True)
    ]


def scale(setup: RaceSetup) -> Scale:
    """How the values stand on an axis: words, and 0 among those that lie factors apart, one beside the other."""
    values, by_factors = setup.sweeps[0].values, settings(setup)[0].is_log
    if any(isinstance(value, str) or (by_factors and value <= 0) for value in values):
        return "names"
    return "log" if by_factors else "linear"


def has_own_losses(setup: RaceSetup, quantity: str) -> bool:
    return quantity == "loss" and judged_by(setup) != "validation_loss"


# --- grids ------------------------------------------------------------------------------------------------------------


def grid(setup: RaceSetup, found: Results, view: View) -> Sequence[Any]:
    """The first setting upwards, the second to the right."""
    first, second = settings(setup)
    rows, columns = ([shown(value) for value in sweep.values] for sweep in setup.sweeps)
    at_chance = chance(setup.experiment.loss)
    of_losses = f" Colours by the logarithm{f'; all above chance, {at_chance:.3f}, are alike' if at_chance else ''}."
    quantities = ["accuracy"] if has_own_losses(setup, "loss") else ["loss", "accuracy"]
    return [
        race_grid(
            cells(setup, found, f"{view.split}_{quantity}"),
            *(columns, rows, (second.name, first.name), f"{view.split.capitalize()} {quantity} of each pair"),
            f"Strongest: best. Pale: so far, it still trains. {how(setup, view.split)}"
            + (of_losses if quantity == "loss" else ""),
            number if quantity == "loss" else percent,
            quantity == "loss",
            at_chance if quantity == "loss" else None,
        )
        for quantity in quantities
    ]


def chance(loss: Loss) -> float | None:
    """The cross-entropy of one who gives all classes the same probability; None of other losses.

    >>> chance(Loss()), chance(Loss(kind="MSE"))
    (2.302585092994046, None)
    """
    is_plain = loss.kind == "cross-entropy" and not loss.label_smoothing and loss.class_weights is None
    return log(CLASSES) if is_plain else None


def cells(setup: RaceSetup, found: Results, column: str) -> list[Cell]:
    """One an arm, in their order."""
    width = len(setup.sweeps[1].values)
    by_arm: dict[str, list[Outcome]] = {}
    for outcome in found.outcomes:
        by_arm.setdefault(outcome.arm.name, []).append(outcome)
    return [
        cell(place % width, place // width, arm.name, trouble(arm, found), by_arm.get(arm.name, []), column)
        for place, arm in enumerate(arms(setup))
    ]


def cell(x: int, y: int, name: str, word: str, outcomes: Sequence[Outcome], column: str) -> Cell:
    """The mean over the runs that have ended, or before there are any, over those that have begun."""
    if word:
        return Cell(x, y, name, word=word)
    ended = [one for one in outcomes if one.counts]
    begun = [one for one in ended or outcomes if len(one.evaluated)]
    values = [float(one.evaluated[column].iloc[-1]) for one in begun]
    values = [value for value in values if isfinite(value)]
    if not values:
        return Cell(x, y, name)
    return Cell(x, y, name, sum(values) / len(values), len(values), has_ended=len(ended) == len(outcomes))
