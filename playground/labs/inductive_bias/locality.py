"""Locality: from windows of 3 × 3 to one that sees the whole digit, with equal parameters."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from playground.experiment import CLASSES, IMAGE_SHAPE, AnyLayer, Conv2d, Flatten, ReLU
from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, Effect, at_least, in_words, paired, percent, points, together
from playground.labs.inductive_bias.charts import ACCURACY
from playground.labs.inductive_bias.moved import COLUMNS, is_more, maybe
from playground.labs.inductive_bias.networks import Knobs, arm, parameters
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

SIDE = IMAGE_SHAPE[1]
KERNELS = (3, 5, 7, 9, 11, 14, 18, 23, SIDE)
BUDGET = 20_500  # parameters
LINE = "Conv2d"
BETWEEN = 9  # the kernel that the ends are compared with: fixed before any run, for the best one wins by luck too

SMALL, MIDDLE, WHOLE = "The smallest", "One in between", "The whole digit"


def channels_for(kernel: int) -> int:
    """So many channels that the network's parameters are nearest to the budget.

    One convolution without padding, and the head that reads its whole map: channels · (kernel² + 1) + channels ·
    (29 - kernel)² · 10 + 10. At 28 it is an MLP of 26 units, each with a weight for every pixel.

    >>> channels_for(3), channels_for(28)
    (3, 26)
    """
    each = kernel**2 + 1 + (SIDE + 1 - kernel) ** 2 * CLASSES
    return max(1, round((BUDGET - CLASSES) / each))


def windowed(kernel: int) -> tuple[AnyLayer, ...]:
    return Conv2d(channels=channels_for(kernel), kernel=kernel), ReLU(), Flatten()


def arms(setup: Knobs) -> tuple[Arm, ...]:
    made = (arm(name_of(kernel), windowed(kernel), setup) for kernel in KERNELS)
    return tuple(
        Arm(one.name, one.experiment, group=LINE, at=kernel, note=one.note)
        for kernel, one in zip(KERNELS, made, strict=True)
    )


def name_of(kernel: int) -> str:
    return f"{kernel} × {kernel}, {channels_for(kernel)} channels"


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    finals = found.finals()
    return [
        sweep_curves(
            *(finals, (LINE,), ["validation_accuracy"], "Accuracy against the kernel"),
            "At 28 the window is the whole digit: an MLP. 256 validation digits, eval mode.",
            x="kernel (pixels)",
            **ACCURACY,
        ),
        sweep_curves(
            *(finals, (LINE,), ["validation_loss", "train_loss"], "Loss against the kernel"),
            "Solid: validation, dashed: train.",
            x="kernel (pixels)",
            y="cross-entropy",
            rangemode="tozero",
        ),
        sweep_curves(
            *(counted(found), (LINE,), ["accuracy"], "Parameters"),
            f"About {BUDGET:,} for all, as near as whole channels allow.",
            x="kernel (pixels)",
            y="parameters",
            number=",d",
            rangemode="tozero",
        ),
    ]


def counted(found: Results) -> pd.DataFrame:
    """`COLUMNS`, with the parameters of each run's network for a number."""
    rows = [
        (one.arm.name, LINE, one.arm.at, one.seed, parameters(one.arm.experiment))
        for one in found.outcomes
        if one.arm.at is not None
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    return (*told_of_best(complete(found)), *judged(found))


def told_of_best(finals: pd.DataFrame) -> tuple[Claim, ...]:
    best = best_kernel(finals)
    reached = maybe(finals[finals["at"] == best]["validation_accuracy"])
    if best is None or reached is None:
        return ()
    alike = [str(one) for one in KERNELS if one != best and not is_more(gain(finals, best, one))]
    text = f"Best on average is a kernel of {best} × {best}: right on {in_words(reached, percent)} of 256 validation "
    return (Claim(text + "digits." + (f" Luck could explain its lead over {', '.join(alike)}." if alike else "")),)


def judged(found: Results) -> tuple[Claim, ...]:
    """The kernel in between, against both ends."""
    claims = []
    over_whole, over_smallest = (gain(found.finals(), BETWEEN, end) for end in (SIDE, KERNELS[0]))
    if over_whole is not None:
        text = (
            f"Against a window that is the whole digit, which is an MLP, {BETWEEN} × {BETWEEN} gains "
            f"{in_words(over_whole, points)}: features of a digit are local."
        )
        claims.append(Claim(text, at_least(over_whole, 0)))
    if over_smallest is not None:
        text = (
            f"Against {KERNELS[0]} × {KERNELS[0]}, {BETWEEN} × {BETWEEN} gains {in_words(over_smallest, points)}: a "
            "single layer of tiny windows sees too little. Deeper networks stack them."
        )
        claims.append(Claim(text, at_least(over_smallest, 0)))
    return tuple(claims)


def gain(finals: pd.DataFrame, kernel: int, against: int) -> Effect | None:
    return paired(finals, name_of(kernel), name_of(against), "validation_accuracy")


def complete(found: Results) -> pd.DataFrame:
    """The runs of seeds that have all kernels."""
    return together(found.finals(), [name_of(kernel) for kernel in KERNELS])


def best_kernel(finals: pd.DataFrame) -> int | None:
    """Of the mean over seeds that have all kernels; None without one."""
    means = finals.groupby("at")["validation_accuracy"].mean()
    return max(KERNELS, key=lambda kernel: means[kernel]) if len(means) else None


def came_true(setup: Knobs, found: Results) -> str:
    """Which end beats all others, or whether the kernel in between beats both; "" where luck could explain it."""
    finals = complete(found)

    def beats(kernel: int, others: Sequence[int]) -> bool:
        return all(is_more(gain(finals, kernel, other)) for other in others if other != kernel)

    if beats(BETWEEN, (KERNELS[0], SIDE)):
        return MIDDLE
    return SMALL if beats(KERNELS[0], KERNELS) else WHOLE if beats(SIDE, KERNELS) else ""


TOPIC = Topic(
    name="locality",
    title="Locality",
    question="How much of the digit should one feature see?",
    setup=Knobs(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(SMALL, MIDDLE, WHOLE),
    came_true=came_true,
)
