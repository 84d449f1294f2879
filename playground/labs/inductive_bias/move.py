"""A digit on the move: do the maps follow it, and does the answer stay?"""

from collections.abc import Sequence
from math import nan
from typing import Any

import pandas as pd

from playground.figures.arms import sweep_curves
from playground.labs.claims import Claim, at_least, in_words, number, percent, together
from playground.labs.inductive_bias.charts import FROM_NONE_TO_ALL
from playground.labs.inductive_bias.moved import COLUMNS, ahead, finished, of_arm
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
NEARLY_ALL = 0.95  # of the answers

FOLLOWS, STAYS, BOTH = "The maps follow, the answer changes", "The answer stays, the maps change", "Both follow"


def charts(setup: Knobs, found: Results) -> Sequence[Any]:
    return [
        sweep_curves(
            *(map_errors(found), STAGES, ["accuracy"], "How far the CNN's maps are from following"),
            "0: the map of the moved digit is the moved map. 1: no better than a constant. "
            "Behind pooling only whole multiples of its stride are followed.",
            x="shift (pixels)",
            y="relative error",
            rangemode="tozero",
        ),
        sweep_curves(
            *(answers_kept(found), NAMES, ["accuracy"], "How many answers stay"),
            "Share of test digits that keep their predicted class, right or wrong. Invariance would be 100 %.",
            x="shift (pixels)",
            **FROM_NONE_TO_ALL | {"y": "unchanged"},
        ),
        sweep_curves(
            *(answers_kept(found, "moved"), NAMES, ["accuracy"], "How far the probabilities move"),
            "Probability that goes to other classes, ½ Σ |p′ − p|, mean over the digits.",
            x="shift (pixels)",
            **FROM_NONE_TO_ALL | {"y": "moved"},
        ),
    ]


def map_errors(found: Results) -> pd.DataFrame:
    """`COLUMNS`, a row a run, layer and distance; the layer is the arm, its error the number."""
    rows = [
        (layer, layer, row["pixels"], outcome.seed, nan if row["errors"].get(layer) is None else row["errors"][layer])
        for outcome in finished(found)
        if outcome.arm.name == CNN_NAME
        for row in outcome.measured.get("following", [])
        for layer in STAGES
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def answers_kept(found: Results, name: str = "unchanged") -> pd.DataFrame:
    """`COLUMNS`, a row a run and distance: the share of answers "unchanged", or how much of them "moved"."""
    rows = [
        (outcome.arm.name, outcome.arm.name, row["pixels"], outcome.seed, row[name])
        for outcome in finished(found)
        for row in outcome.measured.get("following", [])
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def answer(setup: Knobs, found: Results) -> tuple[Claim, ...]:
    return (*followed(map_errors(found)), *stayed(found))


def followed(errors: pd.DataFrame) -> tuple[Claim, ...]:
    """Of the maps: no matter of luck, so that one seed decides it, and each has to agree."""
    furthest = most_error(errors, STAGES[0])
    whole, between = most_error(errors, STAGES[-1], JUMP), of_arm(errors, STAGES[-1], FAR)
    claims = []
    if furthest is not None:
        text = (
            f"{STAGES[0]}: where its field stays inside the image, its map of the moved digit is the moved map but for "
            f"a relative error of {number(furthest)}, the most of all shifts and seeds. That is equivariance."
        )
        claims.append(Claim(text, furthest <= EXACT))
    if whole is not None and between is not None:
        text = (
            f"Behind both poolings, which keep every {JUMP}th place, the relative error is at most {number(whole)} at "
            f"{JUMP} pixels and on average {in_words(between, number)} at {FAR}: only multiples of {JUMP} are followed."
        )
        claims.append(Claim(text, whole <= EXACT < between.mean))
    return tuple(claims)


def most_error(errors: pd.DataFrame, layer: str, at: int | None = None) -> float | None:
    """The largest error of a layer at a shift, or at any; None where none was measured."""
    rows = errors[(errors["arm"] == layer) & (True if at is None else errors["at"] == at)]["accuracy"].dropna()
    return float(rows.max()) if len(rows) else None


def stayed(found: Results) -> tuple[Claim, ...]:
    """Of the answers: both networks, of the same seeds."""
    kept = together(answers_kept(found), NAMES)
    stays = {name: of_arm(kept, name, FAR) for name in NAMES}
    cnn, mlp, lead = stays[CNN_NAME], stays[MLP_NAME], ahead(kept, CNN_NAME, MLP_NAME, FAR)
    if cnn is None or mlp is None or lead is None:
        return ()
    return (
        Claim(
            f"After {FAR} pixels the CNN keeps its answer for {in_words(cnn, percent)} of the first "
            f"{digits_followed(found)} test digits, the MLP for {in_words(mlp, percent)}. All of them would be "
            "invariance.",
            at_least(lead, 0),
        ),
        Claim("The MLP has no map to follow with: each hidden unit has a weight of its own for every pixel."),
    )


def digits_followed(found: Results) -> int:
    return next((row["digits"] for one in finished(found) for row in one.measured.get("following", [])), 0)


def came_true(setup: Knobs, found: Results) -> str:
    furthest, kept = most_error(map_errors(found), STAGES[0]), of_arm(answers_kept(found), CNN_NAME, FAR)
    if furthest is None or kept is None or (stays := at_least(kept, NEARLY_ALL)) is None:
        return ""
    follows = furthest <= EXACT
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
