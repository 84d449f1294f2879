"""The charts that several topics share: accuracy over epochs, what the arms gain on the first, and along a shift."""

from collections.abc import Sequence
from typing import Any

from playground.figures.arms import arm_curves, difference_curves, sweep_curves
from playground.labs.inductive_bias.moved import over_distance
from playground.labs.outcome import Results

ACCURACY: dict[str, Any] = {"y": "accuracy", "number": ".1%", "tickformat": ".0%"}
FROM_NONE_TO_ALL = {**ACCURACY, "range": [0, 1.02]}
DIFFERENCE: dict[str, Any] = {"y": "difference", "number": "+.1%", "tickformat": "+.0%"}


def accuracy_curves(found: Results, arms: Sequence[str], columns: Sequence[str], look_for: str) -> Any:
    return arm_curves(found.curves(), arms, columns, "Accuracy", look_for, x="epoch", **ACCURACY)


def gain_curves(found: Results, arms: Sequence[str], title: str, look_for: str) -> Any:
    """Validation accuracy of each arm minus that of the first."""
    return difference_curves(
        *(found.curves(), arms, "validation_accuracy", title),
        f"Validation accuracy, {look_for}",
        x="epoch",
        **DIFFERENCE,
    )


def along_shift(found: Results, arms: Sequence[str], look_for: str) -> Any:
    return sweep_curves(
        *(over_distance(found), arms, ["accuracy"], "Along a shift"),
        f"Mean of right, left, down and up. {look_for}",
        x="pixels",
        **FROM_NONE_TO_ALL,
    )
