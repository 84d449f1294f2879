"""A digit on the move: do the maps follow it, and does the answer stay?"""

from collections.abc import Sequence
from math import nan
from typing import Any

import pandas as pd

from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, at_least, at_most, in_words, number, percent
from playground.labs.inductive_bias.moved import COLUMNS, ahead, maybe, of_arm
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME, Knobs
from playground.labs.inductive_bias.shift import arms
from playground.labs.outcome import Results
from playground.labs.topic import Topic

NAMES = (MLP_NAME, CNN_NAME)
# Each by the layers that its maps went through; between them ReLUs, which change no place.
STAGES = ("Conv2d #1", "MaxPool2d #1", "Conv2d #2", "MaxPool2d #2")
JUMP = 4  # pixels between the places of the last map
FAR = 3
EXACT = 1e-3

FOLLOWS, STAYS, BOTH = "The maps follow, the answer changes", "The answer stays, the maps change", "Both follow"


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    kept = answers_kept(found)
    return [
        sweep_curves(
            *(map_errors(found), STAGES, ["accuracy"]),
            title="How far the CNN's maps are from following",
            look_for="0: the map of the moved digit is the moved map. 1: no better than a constant. "
            "Behind pooling only whole multiples of its stride are followed.",
            x="shift (pixels)",
            y="relative error",
            rangemode="tozero",
        ),
        sweep_curves(
            *(kept, NAMES, ["accuracy"]),
            title="How many answers stay",
            look_for="Share of test digits that keep their predicted class, right or wrong. Invariance would be 100 %.",
            x="shift (pixels)",
            y="unchanged",
            number=".1%",
            tickformat=".0%",
            range=[0, 1.02],
        ),
        sweep_curves(
            *(answers_kept(found, "moved"), NAMES, ["accuracy"]),
            title="How far the probabilities move",
            look_for="Probability that goes to other classes, ½ Σ |p′ − p|, mean over the digits.",
            x="shift (pixels)",
            y="moved",
            number=".1%",
            tickformat=".0%",
            range=[0, 1.02],
        ),
    ]


def map_errors(found: Results) -> pd.DataFrame:
    """`COLUMNS`, a row a run, layer and distance; the layer is the arm, its error the number."""
    rows = [
        (layer, layer, row["pixels"], outcome.seed, nan if row["errors"].get(layer) is None else row["errors"][layer])
        for outcome in found.ended(CNN_NAME)
        for row in outcome.measured.get("following", [])
        for layer in STAGES
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def answers_kept(found: Results, name: str = "unchanged") -> pd.DataFrame:
    """`COLUMNS`, a row a run and distance: the share of answers "unchanged", or how much of them "moved"."""
    rows = [
        (outcome.arm.name, outcome.arm.name, row["pixels"], outcome.seed, row[name])
        for outcome in found.outcomes
        for row in outcome.measured.get("following", [])
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    errors, kept = map_errors(found), answers_kept(found)
    first, behind = of_arm(errors, STAGES[0], FAR), of_arm(errors, STAGES[-1], FAR)
    whole = of_arm(errors, STAGES[-1], JUMP)
    claims: list[Claim] = []
    if first is not None and behind is not None and whole is not None:
        furthest = maybe(errors[errors["arm"] == STAGES[0]].groupby("seed")["accuracy"].max())
        assert furthest is not None
        claims += [
            Claim(
                f"{STAGES[0]}: where its field stays inside the image, its map of the moved digit is the moved map but "
                f"for a relative error of {number(furthest.mean)}, the most of all shifts. That is equivariance.",
                at_most(furthest, EXACT),
            ),
            Claim(
                f"Behind both poolings, which keep every {JUMP}th place, the relative error is {number(whole.mean)} at "
                f"{JUMP} pixels and {number(behind.mean)} at {FAR}: only multiples of {JUMP} are followed.",
                at_most(whole, EXACT),
            ),
        ]
    stays = {name: of_arm(kept, name, FAR) for name in NAMES}
    cnn, mlp, lead = stays[CNN_NAME], stays[MLP_NAME], ahead(kept, CNN_NAME, MLP_NAME, FAR)
    if cnn is not None and mlp is not None and lead is not None:
        claims += [
            Claim(
                f"After {FAR} pixels the CNN keeps its answer for {in_words(cnn, percent)} of the first "
                f"{digits_followed(found)} test digits, the MLP for {in_words(mlp, percent)}. All of them would be "
                "invariance.",
                at_least(lead, 0),
            ),
            Claim("The MLP has no map to follow with: each hidden unit has a weight of its own for every pixel."),
        ]
    return tuple(claims)


def digits_followed(found: Results) -> int:
    return next((row["digits"] for one in found.outcomes for row in one.measured.get("following", [])), 0)


def came_true(setup: Knobs, found: Results) -> str:
    first, kept = of_arm(map_errors(found), STAGES[0], FAR), of_arm(answers_kept(found), CNN_NAME, FAR)
    if first is None or kept is None:
        return ""
    follows, stays = first.mean <= EXACT, kept.mean >= 0.95
    return BOTH if follows and stays else FOLLOWS if follows else STAYS if stays else ""


TOPIC = Topic(
    name="move",
    title="Move a digit",
    question="When the digit moves, what follows, and what stays?",
    setup=Knobs(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(FOLLOWS, STAYS, BOTH),
    came_true=came_true,
    at_end=("following",),
    afterwards=0.5,
)
