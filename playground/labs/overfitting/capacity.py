"""Error against capacity, and against the number of digits: two sweeps that fill up as their runs end."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.experiment import Experiment
from playground.figures.arms import sweep_curves
from playground.figures.turning import add_others, mark_least
from playground.labs.claims import Claim, at_least, at_most, effect, in_words, number, paired, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import WHOLE, mlp
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.overfitting.shared import column, shared
from playground.labs.study import add
from playground.labs.topic import Arm, Setup, Topic
from playground.runs.store import Store
from playground.training.judged import JUDGED

WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256, 512)
DIGITS = (10, 30, 100, 300, 1_000, WHOLE)
FIXED = 32  # the width that the widest and the narrowest are compared with, chosen beforehand
OF_WIDTH, OF_DIGITS = "by width", "by digits"
GUESSES = ("larger is better", "there is a best width", "smaller is better")


class CapacitySetup(Setup):
    seeds: int = Field(3, ge=1, le=10)
    depth: int = Field(2, ge=1, le=4)
    digits: int = Field(300, ge=10, le=WHOLE)
    width: int = Field(128, ge=2, le=512)
    steps: int = Field(300, ge=50, le=2_000)
    label_noise: float = Field(0.2, ge=0, le=0.5)


def experiment(setup: CapacitySetup, width: int, digits: int) -> Experiment:
    result = mlp(width, setup.depth, digits, 1, setup.label_noise)
    return result.but(training=result.training.but(unit="steps", steps=setup.steps))


def arms(setup: CapacitySetup) -> tuple[Arm, ...]:
    by_width = (Arm(f"width {w}", experiment(setup, w, setup.digits), OF_WIDTH, w) for w in WIDTHS)
    by_digits = (Arm(f"{n:,} digits", experiment(setup, setup.width, n), OF_DIGITS, n) for n in DIGITS)
    return *by_width, *by_digits


# --- the runs added at the turning point ------------------------------------------------------------------------------


def compared_widths(found: Results) -> pd.DataFrame:
    """The last evaluations of the widths, of the seeds that all of them have finished.

    Once the study is over, a width that never finished is left out; before that, all are waited for.
    """
    finals = found.finals()
    own = finals[finals["group"] == OF_WIDTH]
    widths = own["arm"].unique().tolist() if found.is_over else [f"width {width}" for width in WIDTHS]
    return shared(own, widths)


def turning_width(found: Results) -> int | None:
    """The width of least validation loss, the mean over seeds; None before all can be compared."""
    means = compared_widths(found).groupby("at")["validation_loss"].mean()
    places = dict(zip(means.index.tolist(), means.tolist(), strict=True))
    return int(min(places, key=lambda at: places[at])) if places else None


def remedied_name(width: int, remedy: str) -> str:
    return f"width {width} + {remedy}"


def add_remedied(store: Store, study_id: str, setup: CapacitySetup, width: int, remedy: str) -> None:
    """Train the network of that width with a remedy too, once with each seed of the study that has no such run yet."""
    changed = REMEDIES[remedy](experiment(setup, width, setup.digits))
    existing = {(trial.arm, trial.seed) for _, trial in store.studies.trials(study_id)}
    for seed in range(setup.seed, setup.seed + setup.seeds):
        if (remedied_name(width, remedy), seed) in existing:
            continue
        add(store, study_id, remedied_name(width, remedy), changed, seed)


def others(finals: pd.DataFrame) -> pd.DataFrame:
    """The added runs, placed at the width that their name says."""
    added = finals[~finals["group"].isin((OF_WIDTH, OF_DIGITS))]
    return added.assign(at=[int(name.split()[1]) for name in added["arm"]])


# --- charts and answer ------------------------------------------------------------------------------------------------


def with_errors(finals: pd.DataFrame) -> pd.DataFrame:
    return finals.assign(validation_error=1 - finals["validation_accuracy"], train_error=1 - finals["train_accuracy"])


def charts(setup: CapacitySetup, found: Results) -> Sequence[Any]:
    finals = with_errors(found.finals())
    how = f"Solid: validation, dashed: train, eval mode, on at most {JUDGED} digits of each. Band: spread over seeds."
    if setup.label_noise:
        how += f" {setup.label_noise:.0%} of the training labels are wrong, and train counts them."
    result: list[Any] = []
    axes: dict[str, dict[str, Any]] = {"loss": {}, "error": {"number": ".1%", "tickformat": ".0%"}}
    for group, x, at in (
        (OF_WIDTH, "width", f"{setup.digits:,} digits"),
        (OF_DIGITS, "training digits", f"width {setup.width}"),
    ):
        for quantity, axis in axes.items():
            columns = [f"validation_{quantity}", f"train_{quantity}"]
            figure = sweep_curves(
                *(finals, [group], columns, f"{quantity.capitalize()} against {x}"),
                f"At {at}. {how}",
                *(x, quantity),
                log_x=True,
                rangemode="tozero",
                **axis,
            )
            figure.update_layout(showlegend=group == OF_WIDTH and len(others(finals)) > 0)
            if group == OF_WIDTH:
                add_others(figure, others(finals), columns[0])
            if group == OF_WIDTH and quantity == "loss":
                mark_least(figure, compared_widths(found), columns[0], "width")
            result.append(figure)
    return result


def answer(setup: CapacitySetup, found: Results) -> tuple[Claim, ...]:
    finals = with_errors(found.finals())
    claims: list[Claim] = []
    rows, best = compared_widths(found), turning_width(found)
    if best is not None:
        tried = rows["arm"].nunique()
        loss = in_words(effect(column(rows, f"width {best}", "validation_loss")), number)
        which = "widths" if tried == len(WIDTHS) else f"{tried} widths that finished"
        claims.append(Claim(f"Of the {which}, {best} has the lowest mean validation loss: {loss}."))
    claims += widest_claims(finals)
    few, many = f"{DIGITS[0]:,} digits", f"{DIGITS[-1]:,} digits"
    falls = paired(finals, many, few, "validation_error")
    if falls is not None:
        ends = shared(finals, (few, many))
        first, last = (percent(column(ends, arm, "validation_error").mean()) for arm in (few, many))
        claims.append(
            Claim(
                f"From {few} to {many}, validation error changes from {first} to {last}, by {in_words(falls, points)}.",
                at_most(falls, 0),
            )
        )
    for name in dict.fromkeys(others(finals)["arm"]):
        arm = name.split(" + ")[0]
        changed = paired(finals, name, arm, "validation_loss")
        if changed is not None:
            claims.append(Claim(f"**{name}** changes the validation loss of {arm} by {in_words(changed, number)}."))
    return tuple(claims)


def widest_claims(finals: pd.DataFrame) -> list[Claim]:
    """The widest network beside one whose width was fixed beforehand, so that no luck of many picks one of them."""
    widest, fixed = f"width {WIDTHS[-1]}", f"width {FIXED}"
    loss, error = (paired(finals, widest, fixed, f"validation_{quantity}") for quantity in ("loss", "error"))
    if loss is None or error is None:
        return []
    text = (
        f"From width {FIXED} to {WIDTHS[-1]}, validation loss changes by {in_words(loss, number)} and validation error "
        f"by {in_words(error, points)}"
    )
    if at_least(loss, 0) and at_most(error, 0):
        text += ": more often right, though its loss is higher"
    return [Claim(f"{text}.", at_least(loss, 0))]


def came_true(setup: CapacitySetup, found: Results) -> str:
    """By the least, a fixed, and the greatest width, where their order isn't luck; else nothing."""
    finals, best = found.finals(), turning_width(found)
    narrowest, fixed, widest = (f"width {width}" for width in (WIDTHS[0], FIXED, WIDTHS[-1]))
    above = [paired(finals, end, fixed, "validation_loss") for end in (narrowest, widest)]
    if best is None or any(one is None for one in above):
        return ""
    left, right = (at_least(one, 0) for one in above if one is not None)
    if left and right:
        return GUESSES[1]
    if left and right is False and best == WIDTHS[-1]:
        return GUESSES[0]
    return GUESSES[2] if right and left is False and best == WIDTHS[0] else ""


TOPIC = Topic(
    name="capacity",
    title="Capacity",
    question="How large should a network be? By its validation loss …",
    setup=CapacitySetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=GUESSES,
    came_true=came_true,
)
