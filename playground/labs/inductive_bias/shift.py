"""Shifts: an MLP and a CNN of equal parameters, and test digits that are moved, turned and scaled."""

from collections.abc import Sequence
from typing import Any

from playground.figures.arms import sweep_curves
from playground.figures.shifts import shift_heatmaps
from playground.labs.claims import Claim, at_least, in_words, paired, percent, points, together, within
from playground.labs.inductive_bias.charts import FROM_NONE_TO_ALL, accuracy_curves, along_shift, gain_curves
from playground.labs.inductive_bias.moved import (
    ahead,
    digits_measured,
    loses_less,
    lost,
    of_arm,
    over,
    over_distance,
    shift_maps,
)
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME, Knobs, arm, cnn, mlp
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

REACH = 8
FAR = 3  # pixels
MUCH, CLEARLY = 0.1, 0.05
ANGLE = 30  # degrees

UNMOVED = "The CNN doesn't mind"
LESS = "The CNN suffers, but less"
ALIKE = "Both suffer alike"
NAMES = (MLP_NAME, CNN_NAME)


def arms(setup: Knobs) -> tuple[Arm, ...]:
    return arm(MLP_NAME, mlp(), setup), arm(CNN_NAME, cnn(), setup)


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    maps = {name: shift_maps(found, name) for name in NAMES}
    return [
        accuracy_curves(
            *(found, NAMES, ["validation_accuracy", "train_accuracy"]),
            "Dashed: training digits, solid: validation; 256 each, eval mode.",
        ),
        gain_curves(found, NAMES, "CNN minus MLP", "seed by seed. Above 0 the CNN is ahead."),
        shift_heatmaps(maps, REACH, "Accuracy where test digits are shifted"),
        along_shift(found, NAMES, "A network that didn't mind would stay flat."),
        sweep_curves(
            *(over(found, "rotation"), NAMES, ["accuracy"], "Along a rotation"),
            "A convolution shares weights over shifts, not over turns: does the lead stay?",
            x="degrees, clockwise",
            **FROM_NONE_TO_ALL,
        ),
        sweep_curves(
            *(over(found, "scale"), NAMES, ["accuracy"], "Along a scale"),
            "Digits enlarged by this factor about the centre.",
            x="factor",
            **FROM_NONE_TO_ALL,
        ),
    ]


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    return (*judged_on_validation(found), *judged_on_test(found))


def judged_on_validation(found: Results) -> tuple[Claim, ...]:
    """Who is ahead where nothing is moved."""
    lead = paired(found.finals(), CNN_NAME, MLP_NAME, "validation_accuracy")
    if lead is None:
        return ()
    means = together(found.finals(), NAMES).groupby("arm")["validation_accuracy"].mean()
    text = (
        f"With as many parameters, the CNN is right on {percent(means[CNN_NAME])} of 256 validation digits, the MLP on "
        f"{percent(means[MLP_NAME])}: {in_words(lead, points)} for the CNN."
    )
    return (Claim(text, at_least(lead, 0)),)


def judged_on_test(found: Results) -> tuple[Claim, ...]:
    """What shifts do, on the test digits."""
    table, digits = together(over_distance(found), NAMES), digits_measured(found)
    lead = ahead(table, CNN_NAME, MLP_NAME, FAR)
    loss, other = lost(table, CNN_NAME, FAR), lost(table, MLP_NAME, FAR)
    far = {name: of_arm(table, name, FAR) for name in NAMES}
    if lead is None or loss is None or other is None:
        return ()
    one, two = (mean.mean for mean in (far[CNN_NAME], far[MLP_NAME]) if mean is not None)
    claims = [
        Claim(
            f"After a shift by {FAR} pixels (mean of four directions, the first {digits} test digits) the CNN is right "
            f"on {percent(one)}, the MLP on {percent(two)}: {in_words(lead, points)} for the CNN.",
            at_least(lead, MUCH),
        ),
        Claim(
            f"The CNN suffers too: that shift costs it {in_words(loss, lost_points)}, the MLP "
            f"{in_words(other, lost_points)}. Its maps move along with the digit; the head that reads them does not.",
            at_least(loss, CLEARLY),
        ),
    ]
    turned = ahead(over(found, "rotation"), CNN_NAME, MLP_NAME, ANGLE)
    if turned is not None:
        claims.append(
            Claim(f"Turned by {ANGLE}° clockwise: {in_words(turned, points)} for the CNN. It isn't built for turns.")
        )
    return tuple(claims)


def lost_points(difference: float) -> str:
    """
    >>> lost_points(0.4312)
    '43.1 points'
    """
    return f"{100 * difference:.1f} points".replace("-", "−")


def came_true(setup: Knobs, found: Results) -> str:
    """Judged by what the shift costs; "" where luck could explain it."""
    table = over_distance(found)
    loss, spared = lost(table, CNN_NAME, FAR), loses_less(table, CNN_NAME, MLP_NAME, FAR)
    if loss is None or spared is None or (suffers := at_least(loss, CLEARLY)) is None:
        return ""
    if not suffers:
        return UNMOVED
    if at_least(spared, CLEARLY):
        return LESS
    return ALIKE if within(spared, CLEARLY) else ""


TOPIC = Topic(
    name="shift",
    title="Shifts",
    question="Which network copes with a digit that is somewhere else?",
    setup=Knobs(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(UNMOVED, LESS, ALIKE),
    came_true=came_true,
    at_end=("shifts", "rotation and scale"),
    afterwards=2.5,
)
