"""The charts that the lab's topics have in common."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from playground.figures.arms import arm_curves, difference_curves
from playground.figures.signal import Panel, histograms, layer_curves, share_curves
from playground.labs.initialization.measured import signals, theories
from playground.labs.outcome import Outcome, Results
from playground.labs.topic import Arm

MOST_IN_LEGEND = 4
COLUMNS = 5  # layers in the small multiples


def signal_charts(arms: Sequence[Arm], found: Results, layers: int) -> list[Any]:
    """What reaches each layer before the first step, from the digits and from the loss."""
    names = [arm.name for arm in arms]
    rows, theory = signals(found.outcomes), theories(arms, found.outcomes)
    charts = [
        layer_curves(
            *(rows, theory, names, "deviation", "Signal forwards, before training"),
            "What leaves each layer, standard deviation over 500 training digits. Dots: measured, lines: theory.",
            "standard deviation",
        ),
        layer_curves(
            *(rows, theory, names, "gradient", "Gradient backwards, before training"),
            "RMS of ∂loss/∂(what enters each activation function), from right to left. Dots: measured, lines: theory.",
            "RMS of the gradient",
        ),
        *([share_curves(rows, names)] if any(has_shares(arm) for arm in arms) else []),
        histograms(panels(found.outcomes, layers), names, shown_layers(layers)),
    ]
    return readable(charts, names)


def has_shares(arm: Arm) -> bool:
    """Whether its activation function saturates or dies; GELU, which passes a little below 0, does neither."""
    return arm.experiment.network.layers[-1].kind in ("Tanh", "Sigmoid", "ReLU")


def shown_layers(layers: int) -> list[int]:
    """Evenly spread, both ends among them.

    >>> shown_layers(20), shown_layers(3)
    ([1, 6, 11, 15, 20], [1, 2, 3])
    """
    count = min(layers, COLUMNS)
    return [1 + int(place * (layers - 1) / (count - 1) + 0.5) for place in range(count)]


def panels(outcomes: Sequence[Outcome], layers: int) -> list[Panel]:
    """Of the first seed."""
    measured = [one for one in outcomes if "signal" in one.measured]
    return [
        Panel(one.arm.name, layer, row["deviation"], row["low"], row["high"], tuple(row["counts"]))
        for one in measured
        if one.seed == measured[0].seed
        for layer in shown_layers(layers)
        for row in [one.measured["signal"]["layers"][layer - 1]]
    ]


def training_charts(curves: pd.DataFrame, names: Sequence[str], explodes: bool = False) -> list[Any]:
    """Loss and accuracy of the arms over the first steps, and how far each is ahead of the first.

    The loss's axis ends a little above guessing; where it `explodes` it is a log axis that shows all.
    """
    axis = {"type": "log", "exponentformat": "power"} if explodes else {"range": [0, 3]}
    of_axis = "" if explodes else "; above 3 out of sight"
    charts = [
        arm_curves(
            *(curves, names, ["validation_loss", "train_loss"], "Loss"),
            f"Level at 2.3: guessing. Solid: 256 validation digits, dashed: 256 training digits{of_axis}.",
            "cross-entropy",
            **axis,
        ),
        arm_curves(
            *(curves, names, ["validation_accuracy"], "Accuracy"),
            "On 256 validation digits; guessing finds 10 %.",
            "accuracy",
            number=".1%",
            tickformat=".0%",
            range=[0, 1],
        ),
        difference_curves(
            *(curves, names, "validation_accuracy", "Difference of accuracy"),
            f"Each arm minus {names[0]}, seed by seed: the same digits, batches, and draws of chance.",
            "difference",
            number="+.1%",
            tickformat="+.0%",
        ),
    ]
    return readable(charts, names)


def readable(charts: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """Without legends where these would take the charts' room: the cards above have the arms' colours."""
    if len(names) > MOST_IN_LEGEND:
        for chart in charts:
            chart.update_layout(showlegend=False)
    return [*charts]
