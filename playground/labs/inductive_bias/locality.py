"""Locality: from windows of 3 × 3 to one that sees the whole digit, with equal parameters."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from playground.experiment import CLASSES, IMAGE_SHAPE, AnyLayer, Conv2d, Flatten, ReLU
from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, at_least, in_words, paired, percent, points
from playground.labs.inductive_bias.moved import COLUMNS, maybe
from playground.labs.inductive_bias.networks import Knobs, arm, parameters
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

SIDE = IMAGE_SHAPE[1]
KERNELS = (3, 5, 7, 9, 11, 14, 18, 23, SIDE)
BUDGET = 20_500  # parameters
LINE = "Conv2d"

SMALL, MIDDLE, WHOLE = "The smallest", "One in between", "The whole digit"


class Locality(Knobs):
    seeds: int = 3


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


def arms(setup: Locality) -> tuple[Arm, ...]:
    made = (arm(name_of(kernel), windowed(kernel), setup) for kernel in KERNELS)
    return tuple(
        Arm(one.name, one.experiment, group=LINE, at=kernel, note=one.note)
        for kernel, one in zip(KERNELS, made, strict=True)
    )


def name_of(kernel: int) -> str:
    return f"{kernel} × {kernel}, {channels_for(kernel)} channels"


def charts(setup: Locality, found: Results) -> Sequence[Any]:
    finals = found.finals()
    return [
        sweep_curves(
            *(finals, (LINE,), ["validation_accuracy"]),
            title="Accuracy against the kernel",
            look_for="At 28 the window is the whole digit: an MLP. 256 validation digits, eval mode.",
            x="kernel (pixels)",
            y="accuracy",
            number=".1%",
            tickformat=".0%",
        ),
        sweep_curves(
            *(finals, (LINE,), ["validation_loss", "train_loss"]),
            title="Loss against the kernel",
            look_for="Solid: validation, dashed: train.",
            x="kernel (pixels)",
            y="cross-entropy",
            rangemode="tozero",
        ),
        sweep_curves(
            *(counted(found), (LINE,), ["accuracy"]),
            title="Parameters",
            look_for=f"About {BUDGET:,} for all, as near as whole channels allow.",
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


def answer(setup: Locality, found: Results) -> tuple[Claim, ...]:
    best = best_kernel(found)
    finals = found.finals()
    if best is None:
        return ()
    reached = maybe(finals[finals["at"] == best]["validation_accuracy"])
    over_whole = paired(finals, name_of(best), name_of(SIDE), "validation_accuracy")
    over_smallest = paired(finals, name_of(best), name_of(KERNELS[0]), "validation_accuracy")
    assert reached is not None
    claims = [
        Claim(
            f"Best is a kernel of {best} × {best}: right on {in_words(reached, percent)} of 256 validation digits."
            + said_of_others(finals, best)
        )
    ]
    if over_whole is not None:
        text = (
            f"Against a window that is the whole digit, which is an MLP, it gains {in_words(over_whole, points)}: "
            "features of a digit are local."
        )
        claims.append(Claim(text, at_least(over_whole, 0)))
    if over_smallest is not None:
        text = (
            f"Against {KERNELS[0]} × {KERNELS[0]} it gains {in_words(over_smallest, points)}: a single layer of tiny "
            "windows sees too little. Deeper networks stack them."
        )
        claims.append(Claim(text, at_least(over_smallest, 0)))
    return tuple(claims)


def said_of_others(finals: pd.DataFrame, best: int) -> str:
    """The kernels that the seeds can't tell from the best."""
    leads = {one: paired(finals, name_of(best), name_of(one), "validation_accuracy") for one in KERNELS if one != best}
    alike = [str(kernel) for kernel, lead in leads.items() if lead is not None and lead.count > 1 and lead.low <= 0]
    return f" These seeds can't tell it from {', '.join(alike)}." if alike else ""


def best_kernel(found: Results) -> int | None:
    """Of the mean over seeds; None until all kernels have one."""
    means = found.finals().groupby("at")["validation_accuracy"].mean()
    return max(KERNELS, key=lambda kernel: means[kernel]) if len(means) == len(KERNELS) else None


def came_true(setup: Locality, found: Results) -> str:
    best = best_kernel(found)
    if best is None:
        return ""
    if best in (KERNELS[0], SIDE):
        return SMALL if best == KERNELS[0] else WHOLE
    ends = (paired(found.finals(), name_of(best), name_of(end), "validation_accuracy") for end in (KERNELS[0], SIDE))
    return MIDDLE if all(lead is not None and lead.low > 0 for lead in ends) else ""


TOPIC = Topic(
    name="locality",
    title="Locality",
    question="How much of the digit should one feature see?",
    setup=Locality(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(SMALL, MIDDLE, WHOLE),
    came_true=came_true,
)
