"""K-fold cross-validation: every digit but the test digits is validated on once."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from playground.data.digits import load_digits
from playground.data.splits import Split, split
from playground.experiment import Data
from playground.figures.arms import arm_curves
from playground.figures.folds import fold_picture, fold_scores
from playground.labs.claims import Claim, at_least, at_most, effect, percent, points
from playground.labs.outcome import Results
from playground.labs.overfitting.base import mlp
from playground.labs.topic import Arm, Setup, Topic
from playground.training.judged import JUDGED

SHARES = Data(train_share=20, validation_share=5, test_share=75)  # 1,250 digits to cut into folds: all of 5 are judged
GUESSES = ("within 1 point", "1 to 4 points", "more than 4 points")
NEAR, FAR = 0.01, 0.04  # where the guesses meet


class FoldsSetup(Setup):
    seeds: int = Field(3, ge=1, le=10)
    folds: int = Field(5, ge=2, le=10)
    width: int = Field(64, ge=2, le=512)
    epochs: int = Field(15, ge=5, le=100)


def data(setup: FoldsSetup, fold: int) -> Data:
    return SHARES.but(folds=setup.folds, fold=fold)


def parts(setup: FoldsSetup, fold: int) -> Split:
    """The digits of one round."""
    digits = load_digits(SHARES.source)
    return split(digits.labels, data(setup, fold), setup.seed, digits.official_test)


def arms(setup: FoldsSetup) -> tuple[Arm, ...]:
    experiment = mlp(setup.width, 1, 100, setup.epochs)
    return tuple(
        Arm(f"fold {fold}", experiment.but(data=data(setup, fold)), note=f"validates on fold {fold}")
        for fold in range(1, setup.folds + 1)
    )


def charts(setup: FoldsSetup, found: Results) -> Sequence[Any]:
    names = [arm.name for arm in arms(setup)]
    one = parts(setup, 1)
    judged = min(len(one.validation), JUDGED)
    return [
        fold_picture(setup.folds, len(one.validation), len(one.test)),
        arm_curves(
            *(found.curves(), names, ["validation_accuracy"], "Validation accuracy of each round"),
            f"One network a round, alike but for its digits. Eval mode, on {judged} digits of the round's fold.",
            *("accuracy", "epoch", ".1%"),
            tickformat=".0%",
        ),
        fold_scores(found.finals(), names),
    ]


def answer(setup: FoldsSetup, found: Results) -> tuple[Claim, ...]:
    """Of the seeds of which all rounds have ended."""
    scores = complete(setup, found)
    if scores.empty:
        return ()
    low, high = scores.min(axis=1), scores.max(axis=1)
    first = scores.iloc[0]
    one = parts(setup, 1)
    claims = [
        Claim(
            f"By a single split, this network scores anything from {percent(low.iloc[0])} to {percent(high.iloc[0])}; "
            f"the mean of {setup.folds} folds is {percent(first.mean())} (seed {scores.index[0]}, "
            f"{min(len(one.validation), JUDGED)} digits of each fold, eval mode)."
        ),
        Claim(
            f"Luck of a single split: a standard deviation of {spread(effect(scores.std(axis=1)).mean)} between the "
            f"folds of one cut ({len(scores)} seed{'s' if len(scores) > 1 else ''})."
        ),
    ]
    if len(scores) > 1:
        single, mean = float(scores.std(axis=0).mean()), float(scores.mean(axis=1).std())
        claims.append(
            Claim(
                f"Cut anew with another seed, a single fold's score varies by {spread(single)}, the mean of all "
                f"{setup.folds} by {spread(mean)} (standard deviations over {len(scores)} seeds). A mean never "
                "varies more than its parts do on average."
            )
        )
    else:
        claims.append(Claim("Repeat over seeds, and it says how much the mean of all folds varies."))
    claims.append(
        Claim(f"The {len(one.test):,} test digits had no part in it: they are good for one last measurement.")
    )
    return tuple(claims)


def complete(setup: FoldsSetup, found: Results) -> pd.DataFrame:
    """Validation accuracy, a row a seed and a column a fold, of seeds with all folds."""
    finals = found.finals()
    wide = finals.pivot(index="seed", columns="arm", values="validation_accuracy")
    names = [arm.name for arm in arms(setup)]
    return wide.reindex(columns=names).astype(float).dropna() if len(finals) else pd.DataFrame(columns=names)


def spread(deviation: float) -> str:
    """
    >>> spread(0.0126)
    '1.3 points'
    """
    return points(deviation).removeprefix("+")


def came_true(setup: FoldsSetup, found: Results) -> str:
    """How far apart the folds of one cut are, the mean over seeds; nothing where it could be another by luck."""
    scores = complete(setup, found)
    if scores.empty:
        return ""
    width = effect(scores.max(axis=1) - scores.min(axis=1))
    if at_most(width, NEAR):
        return GUESSES[0]
    if at_least(width, NEAR) and at_most(width, FAR):
        return GUESSES[1]
    return GUESSES[2] if at_least(width, FAR) else ""


TOPIC = Topic(
    name="folds",
    title="Folds",
    question="How far apart are the scores of one network on different splits?",
    setup=FoldsSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=GUESSES,
    came_true=came_true,
)
