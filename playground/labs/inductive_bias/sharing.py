"""Weight sharing: one kernel for all places, or one for each."""

from collections.abc import Sequence
from typing import Any

from playground.experiment import AnyLayer, Flatten, LocallyConnected2d, MaxPool2d, ReLU
from playground.labs.claims import Claim, at_least, in_words, paired, percent, points, together
from playground.labs.inductive_bias.charts import accuracy_curves, along_shift, gain_curves
from playground.labs.inductive_bias.moved import ahead, digits_measured, over_distance, winner
from playground.labs.inductive_bias.networks import Knobs, arm, cnn, parameters
from playground.labs.inductive_bias.shift import FAR
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

SHARED, OWN, FEW = "Shared", "Not shared", "Not shared, as few parameters"
NAMES = (SHARED, OWN, FEW)
NEED_SHARING, NEED_NONE = "Shared weights win", "Own weights win"


def local(first: int, second: int) -> tuple[AnyLayer, ...]:
    """As the CNN, but that each place has a kernel of its own."""
    return (
        *(LocallyConnected2d(channels=first, padding=1), ReLU(), MaxPool2d()),
        *(LocallyConnected2d(channels=second, padding=1), ReLU(), MaxPool2d()),
        Flatten(),
    )


def arms(setup: Knobs) -> tuple[Arm, ...]:
    return (
        arm(SHARED, cnn(), setup),
        arm(OWN, local(16, 32), setup),
        arm(FEW, local(2, 1), setup, "2 and 1 channels"),
    )


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    return [
        accuracy_curves(
            *(found, NAMES, ["validation_accuracy", "train_accuracy"]),
            "Solid: 256 validation digits, dashed: 256 training digits; eval mode.",
        ),
        gain_curves(found, NAMES, "Against shared weights", "seed by seed. Below 0 sharing is ahead."),
        along_shift(found, NAMES, "Is what was learned at one place known at another?"),
    ]


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    counts = {one.name: parameters(one.experiment) for one in arms(setup)}
    finals = found.finals()
    claims = []
    for name, words in ((OWN, "Without sharing"), (FEW, "With as few parameters, not shared")):
        lead = paired(finals, SHARED, name, "validation_accuracy")
        if lead is not None:
            means = together(finals, (SHARED, name)).groupby("arm")["validation_accuracy"].mean()
            text = (
                f"{words}, {counts[name]:,} parameters are right on {percent(means[name])} of 256 validation digits; "
                f"{counts[SHARED]:,} shared ones on {percent(means[SHARED])}: {in_words(lead, points)} for sharing."
            )
            claims.append(Claim(text, at_least(lead, 0)))
    lead = ahead(over_distance(found), SHARED, OWN, FAR)
    if lead is not None:
        text = (
            f"After a shift by {FAR} pixels (mean of four directions, the first {digits_measured(found)} test digits) "
            f"it is {in_words(lead, points)} for sharing: kernels of a place have seen only what lay there."
        )
        claims.append(Claim(text, at_least(lead, 0)))
    return tuple(claims)


def came_true(setup: Knobs, found: Results) -> str:
    """Which of the two is ahead; "" where luck could explain it."""
    lead = paired(found.finals(), SHARED, OWN, "validation_accuracy")
    return winner(lead, NEED_SHARING, NEED_NONE)


TOPIC = Topic(
    name="sharing",
    title="Weight sharing",
    question="Should every place have weights of its own?",
    setup=Knobs(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(NEED_SHARING, NEED_NONE),
    came_true=came_true,
    at_end=("along shifts",),
    afterwards=1.5,
)
