"""Remedies: what each does against Overfit, paired by seed."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator

from playground.labs.claims import Claim, at_most, effect, in_words, number, paired, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import measured_on, mlp
from playground.labs.overfitting.charts import learning_curves
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.topic import Arm, Setup, Topic

BASE = "Overfit"
MOST = 3


class RemediesSetup(Setup):
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


def compared(finals: Any, name: str) -> Claim | None:
    """What one remedy changed, and whether it helped as it is said to."""
    accuracy, gap, loss = (
        paired(finals, name, BASE, column) for column in ("validation_accuracy", "gap", "validation_loss")
    )
    if accuracy is None or gap is None or loss is None:
        return None
    before = finals.loc[finals["arm"] == BASE, ["seed", "gap", "validation_loss"]].set_index("seed")
    after = finals.loc[finals["arm"] == name, ["seed", "gap", "validation_loss"]].set_index("seed")
    ratio = effect((after["validation_loss"] / before["validation_loss"]).dropna() - 1)
    text = (
        f"**{name.capitalize() if name != 'L1' else name}** changes validation accuracy by "
        f"{in_words(accuracy, points)}, the gap from {points(before['gap'].mean())} to {points(after['gap'].mean())}, "
        f"and the final validation loss by {in_words(ratio, change)}."
    )
    return Claim(text, at_most(ratio, 0))


def change(share: float) -> str:
    """
    >>> change(-0.125)
    '−12.5 %'
    """
    return f"{100 * share:+.1f} %".replace("-", "−")


def came_true(setup: RemediesSetup, found: Results) -> str:
    """Which of those that were tried raised validation accuracy most; none where the one guessed wasn't tried."""
    if setup.guess not in setup.remedies:
        return ""
    gains = {name: paired(found.finals(), name, BASE, "validation_accuracy") for name in setup.remedies}
    known = {name: gain.mean for name, gain in gains.items() if gain is not None}
    return max(known, key=lambda name: known[name]) if len(known) == len(setup.remedies) else ""


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
