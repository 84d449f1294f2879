"""The charts that several topics share: loss, accuracy, their gap, and the difference from the first arm."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from playground.figures.arms import arm_curves, difference_curves
from playground.figures.turning import mark_lowest
from playground.labs.outcome import Results
from playground.labs.topic import Arm
from playground.training.judged import JUDGED


def names_of(arms: Sequence[Arm], found: Results) -> list[str]:
    """The arms of the plan, then the branches that were added to the study."""
    return list(dict.fromkeys([*(arm.name for arm in arms), *(one.arm.name for one in found.outcomes)]))


def above_lowest(curves: pd.DataFrame) -> pd.DataFrame:
    """`curves` with a column `rise`: each run's validation loss minus its lowest up to then."""
    loss = curves["validation_loss"].astype(float)
    return curves.assign(rise=loss - loss.groupby([curves["arm"], curves["seed"]]).cummin())


def learning_curves(arms: Sequence[Arm], found: Results) -> list[Any]:
    """Validation solid and train dashed, over epochs."""
    names, curves = names_of(arms, found), found.curves()
    curves = curves.assign(gap=curves["train_accuracy"] - curves["validation_accuracy"])
    loss = arm_curves(
        *(curves, names, ["validation_loss", "train_loss"], "Loss"),
        "Solid: validation, dashed: train. A solid line that turns upwards is overfitting. "
        f"Eval mode, on {JUDGED} digits of each split, or all where it has fewer.",
        *("loss", "epoch"),
        rangemode="tozero",
    )
    mark_lowest(loss, curves, [arm.name for arm in arms], "validation_loss", "epoch", "epoch")
    return [
        loss,
        arm_curves(
            *(curves, names, ["validation_accuracy", "train_accuracy"], "Accuracy"),
            "Solid: validation, dashed: train. Dashed at 100 % says nothing about the solid line.",
            *("accuracy", "epoch", ".1%"),
            tickformat=".0%",
            rangemode="tozero",
        ),
        arm_curves(
            *(curves, names, ["gap"], "Generalization gap"),
            "Train minus validation accuracy: what was learnt by heart.",
            *("gap", "epoch", "+.1%"),
            tickformat="+.0%",
        ),
        arm_curves(
            *(above_lowest(curves), names, ["rise"], "Validation loss above its lowest so far"),
            "0 as long as it falls. Where it climbs, more training makes the network worse.",
            *("rise", "epoch", "+.3f"),
        ),
        difference_curves(
            *(curves, names, "validation_loss", f"Validation loss, minus that of {names[0]}"),
            "Below 0 is better. Each seed is compared with itself: same split, same first weights.",
            *("difference", "epoch"),
        ),
    ]
