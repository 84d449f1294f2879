"""Pooling: with it, without it, and over the whole map."""

from collections.abc import Sequence
from typing import Any

from playground.experiment import AnyLayer, AvgPool2d, Conv2d, Flatten, ReLU
from playground.figures.shifts import shift_heatmaps
from playground.labs.claims import Claim, at_least, in_words, paired, percent, points, together
from playground.labs.inductive_bias.charts import accuracy_curves, along_shift, gain_curves
from playground.labs.inductive_bias.moved import (
    ahead,
    digits_measured,
    is_more,
    loses_less,
    lost,
    of_arm,
    over_distance,
    shift_maps,
)
from playground.labs.inductive_bias.networks import Knobs, arm, cnn
from playground.labs.inductive_bias.shift import FAR, REACH, lost_points
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

POOLED, STRIDED, FULL, GLOBAL = "Max pooling", "Strides instead", "Neither", "Global average"
NAMES = (POOLED, STRIDED, FULL, GLOBAL)
SIDE = 7  # of the last map, which global average pooling takes the mean of


def strided() -> tuple[AnyLayer, ...]:
    """Every other place is left out instead of pooled (Springenberg et al. 2015): as many parameters."""
    return (
        *(Conv2d(channels=16, stride=2, padding=1), ReLU()),
        *(Conv2d(channels=32, stride=2, padding=1), ReLU()),
        Flatten(),
    )


def full() -> tuple[AnyLayer, ...]:
    """Maps keep their 28 × 28 places, so that two channels are all that the head has parameters for."""
    return (*(Conv2d(channels=16, padding=1), ReLU()), *(Conv2d(channels=2, padding=1), ReLU()), Flatten())


def averaged() -> tuple[AnyLayer, ...]:
    """A third convolution in place of the head's weights, and the mean of each map (Lin, Chen and Yan 2014)."""
    return (
        *cnn()[:-1],
        *(Conv2d(channels=48, padding=1), ReLU()),
        *(AvgPool2d(kernel=SIDE, stride=SIDE), Flatten()),
    )


def arms(setup: Knobs) -> tuple[Arm, ...]:
    return (
        arm(POOLED, cnn(), setup, "2 × 2 after each convolution"),
        arm(STRIDED, strided(), setup, "stride 2"),
        arm(FULL, full(), setup, "16 and 2 channels on the whole map"),
        arm(GLOBAL, averaged(), setup, f"a third convolution, then AvgPool2d {SIDE}"),
    )


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    return [
        accuracy_curves(found, NAMES, ["validation_accuracy"], "256 validation digits, eval mode."),
        gain_curves(found, NAMES, "Against max pooling", "seed by seed. Below 0 max pooling is ahead."),
        along_shift(found, NAMES, "The flatter, the more invariant."),
        *(
            shift_heatmaps(
                {name: shift_maps(found, name) for name in pair},
                REACH,
                f"Shifted test digits: {pair[0].lower()}, {pair[1].lower()}",
            )
            for pair in (NAMES[:2], NAMES[2:])
        ),
    ]


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    return (*what_pooling_gains(found), *what_shifts_cost(found))


def what_pooling_gains(found: Results) -> tuple[Claim, ...]:
    claims = []
    for name, words in ((STRIDED, "over strides of 2"), (FULL, "over keeping all places")):
        gain = paired(found.finals(), POOLED, name, "validation_accuracy")
        if gain is not None:
            text = f"Max pooling gains {in_words(gain, points)} {words} on 256 validation digits."
            claims.append(Claim(text, at_least(gain, 0)))
    return tuple(claims)


def what_shifts_cost(found: Results) -> tuple[Claim, ...]:
    """The global average against max pooling, and what the shift costs each where a seed has all four."""
    table = over_distance(found)
    pair = together(table, (GLOBAL, POOLED))
    spared, lead = loses_less(pair, GLOBAL, POOLED, FAR), ahead(pair, GLOBAL, POOLED, FAR)
    still, moved = of_arm(pair, GLOBAL, 0), of_arm(pair, GLOBAL, FAR)
    if spared is None or lead is None or still is None or moved is None:
        return ()
    costs = {name: lost(together(table, NAMES), name, FAR) for name in NAMES}
    told = [f"{name} {lost_points(cost.mean)}" for name, cost in costs.items() if cost is not None]
    return (
        Claim(
            f"By a shift of {FAR} pixels (mean of four directions, the first {digits_measured(found)} test digits) the "
            f"global average loses {in_words(spared, lost_points)} less than max pooling.",
            at_least(spared, 0),
        ),
        *([Claim(f"That shift costs, on average: {', '.join(told)}.")] if told else []),
        Claim(
            f"The global average is right on {percent(still.mean)} of these digits unmoved, on {percent(moved.mean)} "
            f"moved: {in_words(lead, points)} against max pooling there. Its head sees how much of a feature there is, "
            "and not where.",
            at_least(lead, 0),
        ),
    )


def came_true(setup: Knobs, found: Results) -> str:
    """Which loses less than each other one; "" where luck could explain it."""
    table = together(over_distance(found), NAMES)

    def loses_least(name: str) -> bool:
        return all(is_more(loses_less(table, name, other, FAR)) for other in NAMES if other != name)

    return next((name for name in NAMES if loses_least(name)), "")


TOPIC = Topic(
    name="pooling",
    title="Pooling",
    question="Which way of shrinking maps loses least when the digit moves?",
    setup=Knobs(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=NAMES,
    came_true=came_true,
    at_end=("shifts",),
    afterwards=4.5,
)
