"""Remedies: what each does against Overfit, paired by seed."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field, field_validator

from playground.labs.claims import Claim, at_least, at_most, effect, in_words, number, paired, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import measured_on, mlp
from playground.labs.overfitting.charts import learning_curves
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.overfitting.shared import column, shared
from playground.labs.topic import Arm, Setup, Topic

BASE = "Overfit"
STOPS = "early stopping"
MOST = 3


class RemediesSetup(Setup):
    seeds: int = Field(3, ge=1, le=10)
    remedies: tuple[str, ...] = Field(("dropout", "shifted copies", "more data"), min_length=1, max_length=MOST)
    digits: int = Field(300, ge=10, le=1_000)
    epochs: int = Field(40, ge=5, le=200)

    @field_validator("remedies")
    @classmethod
    def are_known(cls, remedies: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in remedies if name not in REMEDIES]
        if unknown:
            raise ValueError(f"there is no remedy {unknown[0]}: choose from {', '.join(REMEDIES)}")
        return tuple(dict.fromkeys(remedies))


def arms(setup: RemediesSetup) -> tuple[Arm, ...]:
    base = mlp(256, 2, setup.digits, setup.epochs)
    note = f"MLP 256-256, {setup.digits:,} digits"
    return Arm(BASE, base, note=note), *(Arm(name, REMEDIES[name](base)) for name in setup.remedies)


def charts(setup: RemediesSetup, found: Results) -> Sequence[Any]:
    return learning_curves(arms(setup), found)


def answer(setup: RemediesSetup, found: Results) -> tuple[Claim, ...]:
    finals = found.finals()
    finals = finals.assign(gap=finals["train_accuracy"] - finals["validation_accuracy"])
    claims = []
    if found.ended(BASE):
        own = finals[finals["arm"] == BASE]
        claims.append(
            Claim(
                f"**{BASE}** ends with {in_words(effect(own['validation_accuracy']), percent)} on validation, a gap of "
                f"{points(own['gap'].mean())} and a validation loss of {number(own['validation_loss'].mean())}, "
                f"{measured_on(setup.digits)}."
            )
        )
    claims += [claim for name in setup.remedies if (claim := compared(finals, name))]
    return tuple(claims)


def compared(finals: pd.DataFrame, name: str) -> Claim | None:
    """What one remedy changed, over the seeds that both arms have finished, and whether it helped as it is said to.

    `finals` with a column `gap`. No verdict on early stopping where it didn't stop: then nothing was changed.
    """
    finals = shared(finals, (BASE, name))
    accuracy, gap = (paired(finals, name, BASE, column) for column in ("validation_accuracy", "gap"))
    if accuracy is None or gap is None:
        return None
    title = name if name == "L1" else name.capitalize()
    before, after = column(finals, BASE, "gap"), column(finals, name, "gap")
    ratio = effect(column(finals, name, "validation_loss") / column(finals, BASE, "validation_loss") - 1)
    text = (
        f"**{title}** changes validation accuracy by {in_words(accuracy, points)}, the gap from "
        f"{points(before.mean())} to {points(after.mean())}, and the final validation loss by "
        f"{in_words(ratio, change)}."
    )
    if name != STOPS:
        return Claim(text, at_most(ratio, 0))
    lasted, epochs = column(finals, BASE, "epoch"), column(finals, name, "epoch")
    stopped = column(finals, name, "step") < column(finals, BASE, "step")
    if not stopped.any():
        return Claim(f"**{title}** didn't stop within {lasted.max():.0f} epochs: it is the same as {BASE}.")
    text += (
        f" It stopped after {epochs[stopped].mean():.1f} of {lasted.max():.0f} epochs"
        + (f", in {stopped.sum()} of {len(stopped)} seeds" if not stopped.all() else "")
        + "; its numbers are those of the weights when patience was up, not of its best ones."
    )
    return Claim(text, at_most(ratio, 0) if stopped.all() else None)


def change(share: float) -> str:
    """
    >>> change(-0.125)
    '−12.5 %'
    """
    return f"{100 * share:+.1f} %".replace("-", "−")


def came_true(setup: RemediesSetup, found: Results) -> str:
    """Which of those that were tried raised validation accuracy most; none where luck could decide it.

    None either where the one guessed wasn't tried.
    """
    if setup.guess not in setup.remedies:
        return ""
    finals = shared(found.finals(), (BASE, *setup.remedies))
    means = finals.groupby("arm")["validation_accuracy"].mean().to_dict()
    if not means:
        return ""
    best = max(setup.remedies, key=lambda name: means[name])
    rivals = (BASE, *(name for name in setup.remedies if name != best))
    leads = [paired(finals, best, rival, "validation_accuracy") for rival in rivals]
    return best if all(lead is not None and lead.low > 0 and at_least(lead, 0) for lead in leads) else ""


TOPIC = Topic(
    name="remedies",
    title="Remedies",
    question="Which remedy raises validation accuracy most?",
    setup=RemediesSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=tuple(REMEDIES),
    came_true=came_true,
)
