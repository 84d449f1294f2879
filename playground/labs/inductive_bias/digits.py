"""Learning curves: accuracy against the number of training digits."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.experiment import Layer, Training
from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, Effect, at_least, in_words, paired, percent, points, together
from playground.labs.inductive_bias.charts import ACCURACY, DIFFERENCE
from playground.labs.inductive_bias.moved import maybe, winner
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME, Knobs, cnn, experiment, mlp
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Setup, Topic

SIZES = (50, 100, 200, 500, 1000, 3500)
FEWER = 1000  # on which the CNN is compared with the MLP on all: fixed before any run
NAMES = (MLP_NAME, CNN_NAME)
FEW, MANY = "Most with few digits", "Most with many digits"


class Sizes(Setup):
    """All runs make as many steps: with equal epochs those on few digits would end before they have learned."""

    seeds: int = Field(3, ge=1, le=10)
    steps: int = Field(200, ge=20, le=2000)


def arms(setup: Sizes) -> tuple[Arm, ...]:
    networks = ((MLP_NAME, mlp()), (CNN_NAME, cnn()))
    return tuple(swept(name, layers, size, setup) for size in SIZES for name, layers in networks)


def swept(name: str, layers: Sequence[Layer], size: int, setup: Sizes) -> Arm:
    own = experiment(layers, Knobs(digits=size)).but(training=Training(unit="steps", steps=setup.steps))
    return Arm(name_of(name, size), own, group=name, at=size)


def name_of(network: str, size: int) -> str:
    return f"{network}, {size:,} digits"


def charts(setup: Sizes, found: Results) -> Sequence[Any]:
    finals = found.finals()
    return [
        sweep_curves(
            *(finals, NAMES, ["validation_accuracy"], "Accuracy against digits"),
            "How far to the left does the CNN reach the MLP's best? 256 validation digits.",
            x="training digits",
            log_x=True,
            **ACCURACY,
        ),
        sweep_curves(
            *(leads(finals), ["CNN − MLP"], ["validation_accuracy"], "CNN minus MLP"),
            "What the built-in assumption is worth, in digits seen. Seed by seed.",
            x="training digits",
            log_x=True,
            **DIFFERENCE,
        ),
        sweep_curves(
            *(finals, NAMES, ["validation_loss", "train_loss"], "Loss against digits"),
            "Solid: 256 validation digits, dashed: up to 256 training digits.",
            x="training digits",
            y="cross-entropy",
            log_x=True,
            rangemode="tozero",
        ),
    ]


def leads(finals: pd.DataFrame) -> pd.DataFrame:
    """The CNN minus the MLP, of the same seed and number of digits."""
    once = finals.drop_duplicates(["arm", "seed"], keep="last")
    wide = once.pivot(index=["at", "seed"], columns="group", values="validation_accuracy")
    if not set(NAMES) <= set(wide.columns):
        return pd.DataFrame(columns=["group", "at", "seed", "validation_accuracy"])
    found = (wide[CNN_NAME] - wide[MLP_NAME]).dropna().rename("validation_accuracy").reset_index()
    return found.assign(group="CNN − MLP")


def answer(setup: Sizes, found: Results) -> tuple[Claim, ...]:
    finals = found.finals()
    return (*led(finals), *reached(finals))


def led(finals: pd.DataFrame) -> tuple[Claim, ...]:
    """By how much the CNN is ahead: of all numbers of digits, and of the fewest and the most."""
    claims = []
    overall = maybe(leads(complete(finals)).groupby("seed")["validation_accuracy"].mean())
    if overall is not None:
        text = f"CNN minus MLP on 256 validation digits, mean of all numbers of digits: {in_words(overall, points)}."
        claims.append(Claim(text, at_least(overall, 0)))
    fewest, most = (compared(finals, size, size) for size in (SIZES[0], SIZES[-1]))
    if fewest is not None and most is not None:
        text = (
            f"CNN minus MLP with {SIZES[0]} training digits: {in_words(fewest, points)}, with {SIZES[-1]:,}: "
            f"{in_words(most, points)}."
        )
        claims.append(Claim(text))
    return tuple(claims)


def reached(finals: pd.DataFrame) -> tuple[Claim, ...]:
    """With how many digits the CNN does as well as the MLP with all."""
    claims = []
    lead = compared(finals, FEWER, SIZES[-1])
    if lead is not None:
        names = name_of(CNN_NAME, FEWER), name_of(MLP_NAME, SIZES[-1])
        means = together(finals, names).groupby("arm")["validation_accuracy"].mean()
        text = (
            f"With {FEWER:,} digits the CNN is right on {percent(means[names[0]])} of 256 validation digits, the MLP "
            f"with {SIZES[-1]:,} on {percent(means[names[1]])}: {in_words(lead, points)} for the CNN. Knowing that "
            "neighbours belong together is worth data."
        )
        claims.append(Claim(text, at_least(lead, 0)))
    means = complete(finals).groupby("arm")["validation_accuracy"].mean()
    if len(means):
        target = means[name_of(MLP_NAME, SIZES[-1])]
        enough = [f"{size:,}" for size in SIZES if means[name_of(CNN_NAME, size)] >= target]
        text = f"The fewest digits with which the CNN's mean reaches that of the MLP with {SIZES[-1]:,}: "
        claims.append(Claim(text + (f"{enough[0]}." if enough else "none of these numbers.")))
    return tuple(claims)


def complete(finals: pd.DataFrame) -> pd.DataFrame:
    """The runs of seeds that have both networks with all numbers of digits."""
    return together(finals, [name_of(network, size) for size in SIZES for network in NAMES])


def compared(finals: pd.DataFrame, size: int, against: int) -> Effect | None:
    """The CNN with so many digits minus the MLP with so many, seed by seed."""
    return paired(finals, name_of(CNN_NAME, size), name_of(MLP_NAME, against), "validation_accuracy")


def came_true(setup: Sizes, found: Results) -> str:
    """Whether the lead is larger with the fewest digits or with the most; "" where luck could explain it."""
    wide = leads(found.finals()).pivot(index="seed", columns="at", values="validation_accuracy")
    if not {SIZES[0], SIZES[-1]} <= set(wide.columns):
        return ""
    more = maybe((wide[SIZES[0]] - wide[SIZES[-1]]).dropna())
    return winner(more, FEW, MANY)


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
