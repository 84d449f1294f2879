"""Shuffled pixels: what is left of each network's lead where neighbours are torn apart."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from playground.experiment import PermutePixels
from playground.labs.claims import Claim, Effect, at_least, in_words, paired, points, within
from playground.labs.inductive_bias.charts import accuracy_curves, gain_curves
from playground.labs.inductive_bias.moved import minus
from playground.labs.inductive_bias.networks import CNN_NAME, MLP_NAME, Knobs, arm, cnn, mlp
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic

SHUFFLED = ", shuffled"
NAMES = (MLP_NAME, MLP_NAME + SHUFFLED, CNN_NAME, CNN_NAME + SHUFFLED)
SEVERAL, NOTHING = 0.03, 0.03  # of accuracy

BOTH, CNN_ONLY, NEITHER = "It costs both", "It costs the CNN alone", "It costs neither"


class Shuffle(Knobs):
    seeds: int = Field(5, ge=1, le=10)


def arms(setup: Shuffle) -> tuple[Arm, ...]:
    networks = mlp(), (PermutePixels(), *mlp()), cnn(), (PermutePixels(), *cnn())
    return tuple(
        arm(name, layers, setup, "shuffled pixels" if SHUFFLED in name else "")
        for name, layers in zip(NAMES, networks, strict=True)
    )


def charts(setup: Shuffle, found: Results) -> Sequence[Any]:
    return [
        accuracy_curves(
            *(found, NAMES, ["validation_accuracy"]),
            "256 validation digits, eval mode. Do a network's two lines lie on each other?",
        ),
        *(
            gain_curves(
                *(found, (name, name + SHUFFLED), f"What shuffling does to the {name}"),
                "shuffled minus not, seed by seed. Below 0 it costs.",
            )
            for name in (MLP_NAME, CNN_NAME)
        ),
    ]


def cost(found: Results, name: str) -> Effect | None:
    """How much accuracy a network has less where pixels are shuffled."""
    return paired(found.finals(), name, name + SHUFFLED, "validation_accuracy")


def answer(setup: Shuffle, found: Results) -> tuple[Claim, ...]:
    of_cnn, of_mlp = cost(found, CNN_NAME), cost(found, MLP_NAME)
    claims: list[Claim] = []
    if of_cnn is not None:
        text = (
            f"Shuffled pixels change the CNN's accuracy by {in_words(minus(of_cnn), points)}: its windows of 3 × 3 see "
            "pixels that have nothing to do with each other."
        )
        claims.append(Claim(text, at_least(of_cnn, SEVERAL)))
    if of_mlp is not None:
        text = (
            f"They change the MLP's by {in_words(minus(of_mlp), points)}: it never knew which pixels are neighbours, "
            "so another order of its inputs is the same problem."
        )
        claims.append(Claim(text, within(of_mlp, NOTHING)))
    lead = paired(found.finals(), CNN_NAME + SHUFFLED, MLP_NAME + SHUFFLED, "validation_accuracy")
    if lead is not None:
        claims.append(Claim(f"On shuffled pixels, CNN minus MLP: {in_words(lead, points)}."))
    return tuple(claims)


def came_true(setup: Shuffle, found: Results) -> str:
    """Whom it costs several points; "" where luck could explain it."""
    costs = [cost(found, name) for name in (CNN_NAME, MLP_NAME)]
    of_cnn, of_mlp = (None if one is None else at_least(one, SEVERAL) for one in costs)
    if of_cnn is None or of_mlp is None:
        return ""
    return {(True, True): BOTH, (True, False): CNN_ONLY, (False, False): NEITHER}.get((of_cnn, of_mlp), "")


TOPIC = Topic(
    name="shuffled",
    title="Shuffled pixels",
    question="What if all pixels trade places, the same way in every digit?",
    setup=Shuffle(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=(BOTH, CNN_ONLY, NEITHER),
    came_true=came_true,
)
