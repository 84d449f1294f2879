"""Learning curves: accuracy against the number of training digits."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.experiment import Layer, Training
from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, at_least, in_words, percent, points
from playground.labs.inductive_bias.moved import ahead, maybe
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME, Knobs, cnn, experiment, mlp
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

SIZES = (50, 100, 200, 500, 1000, 3500)
NAMES = (MLP_NAME, CNN_NAME)
FEW, MANY = "Most with few digits", "Most with many digits"


class Sizes(Setup):
    """All runs make as many steps: with equal epochs those on few digits would end before they have learned."""

    seeds: int = 3
    steps: int = Field(200, ge=20, le=2000)


def arms(setup: Sizes) -> tuple[Arm, ...]:
    networks = ((MLP_NAME, mlp()), (CNN_NAME, cnn()))
    return tuple(swept(name, layers, size, setup) for size in SIZES for name, layers in networks)


def swept(name: str, layers: Sequence[Layer], size: int, setup: Sizes) -> Arm:
    own = experiment(layers, Knobs(digits=size)).but(training=Training(unit="steps", steps=setup.steps))
    return Arm(f"{name}, {size:,} digits", own, group=name, at=size)


def charts(setup: Sizes, found: Results) -> Sequence[Any]:
    finals = found.finals()
    return [
        sweep_curves(
            *(finals, NAMES, ["validation_accuracy"]),
            title="Accuracy against digits",
            look_for="How far to the left does the CNN reach the MLP's best? 256 validation digits.",
            x="training digits",
            y="accuracy",
            log_x=True,
            number=".1%",
            tickformat=".0%",
        ),
        sweep_curves(
            *(leads(finals), ["CNN − MLP"], ["validation_accuracy"]),
            title="CNN minus MLP",
            look_for="What the built-in assumption is worth, in digits seen. Seed by seed.",
            x="training digits",
            y="difference",
            log_x=True,
            number="+.1%",
            tickformat="+.0%",
        ),
        sweep_curves(
            *(finals, NAMES, ["validation_loss", "train_loss"]),
            title="Loss against digits",
            look_for="Solid: 256 validation digits, dashed: up to 256 training digits.",
            x="training digits",
            y="cross-entropy",
            log_x=True,
            rangemode="tozero",
        ),
    ]


def leads(finals: pd.DataFrame) -> pd.DataFrame:
    """The CNN minus the MLP, of the same seed and number of digits."""
    wide = finals.pivot(index=["at", "seed"], columns="group", values="validation_accuracy")
    if not set(NAMES) <= set(wide.columns):
        return pd.DataFrame(columns=["group", "at", "seed", "validation_accuracy"])
    found = (wide[CNN_NAME] - wide[MLP_NAME]).dropna().rename("validation_accuracy").reset_index()
    return found.assign(group="CNN − MLP")


def by_group(finals: pd.DataFrame) -> pd.DataFrame:
    """As the tables of moved digits are: the network is the arm, the number of digits the place."""
    return finals.assign(arm=finals["group"], accuracy=finals["validation_accuracy"])


def answer(setup: Sizes, found: Results) -> tuple[Claim, ...]:
    table = by_group(found.finals())
    fewest, most = (ahead(table, CNN_NAME, MLP_NAME, size) for size in (SIZES[0], SIZES[-1]))
    overall = maybe(leads(found.finals()).groupby("seed")["validation_accuracy"].mean())
    claims: list[Claim] = []
    if fewest is not None and most is not None and overall is not None:
        text = f"CNN minus MLP on 256 validation digits, mean of all numbers of digits: {in_words(overall, points)}."
        claims.append(Claim(text, at_least(overall, 0)))
        text = (
            f"With {SIZES[0]} training digits it is {in_words(fewest, points)}, with {SIZES[-1]:,} "
            f"{in_words(most, points)}."
        )
        claims.append(Claim(text))
    means = table.groupby(["arm", "at"])["accuracy"].mean()
    if most is not None:
        target = means[MLP_NAME, SIZES[-1]]
        enough = [size for size in SIZES if means.get((CNN_NAME, size), 0) >= target]
        if enough:
            text = (
                f"What the MLP reaches with {SIZES[-1]:,} digits, {percent(target)}, the CNN reaches with "
                f"{enough[0]:,}: knowing that neighbours belong together is worth data."
            )
            claims.append(Claim(text, enough[0] < SIZES[-1]))
    return tuple(claims)


def came_true(setup: Sizes, found: Results) -> str:
    """Whether the lead is larger with the fewest digits or with the most; "" where luck could explain it."""
    wide = leads(found.finals()).pivot(index="seed", columns="at", values="validation_accuracy")
    if not {SIZES[0], SIZES[-1]} <= set(wide.columns):
        return ""
    more = maybe((wide[SIZES[0]] - wide[SIZES[-1]]).dropna())
    if more is None or more.count == 1:
        return ""
    return FEW if more.low > 0 else MANY if more.high < 0 else ""


TOPIC = Topic(
    name="digits",
    title="Number of digits",
    question="Where is the CNN's lead largest?",
    setup=Sizes(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(FEW, MANY),
    came_true=came_true,
)
