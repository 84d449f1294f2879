"""Weight decay and dropout from scratch, beside the built-in: the same losses, step by step."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from playground.experiment import Optimizer, Regularization
from playground.figures.twins import batch_differences, batch_losses
from playground.labs.claims import Claim, number
from playground.labs.outcome import Results
from playground.labs.overfitting.base import mlp
from playground.labs.topic import Arm, Setup, Topic

BUILT_IN = "Built-in"
KIND = "from scratch"
CLOSE = 1e-3  # what rounding may grow to over a run
GUESSES = ("not at all", "by rounding", "more and more")


class ScratchSetup(Setup):
    dropout: float = Field(0.5, ge=0, le=0.9)
    weight_decay: float = Field(0.01, ge=0, le=1)
    width: int = Field(64, ge=2, le=512)
    epochs: int = Field(60, ge=5, le=200)


def arms(setup: ScratchSetup) -> tuple[Arm, ...]:
    plain = mlp(setup.width, 2, 300, setup.epochs)
    built_in = plain.but(
        network=plain.network.but(dropout=setup.dropout),
        optimizer=Optimizer(kind="SGD", learning_rate=0.1),
        regularization=Regularization(weight_decay=setup.weight_decay),
        training=plain.training.but(device="cpu"),
    )
    return (Arm(BUILT_IN, built_in, note="nn.Dropout, the trainer's penalty, torch.optim.SGD"),)


def losses(found: Results, seed: int | None = None) -> tuple[list[int], list[float], list[float]]:
    """Steps, the run's losses and the hand-written loop's, of one seed or else the first; the last may be empty."""
    outcomes = [one for one in found.outcomes if seed is None or one.seed == seed]
    if not outcomes:
        return [], [], []
    one = outcomes[0]
    by_hand = one.measured.get(KIND, {}).get("losses", [])
    return one.stepped["step"].tolist(), one.stepped["loss"].tolist(), by_hand


def charts(setup: ScratchSetup, found: Results) -> Sequence[Any]:
    both = losses(found)
    return [batch_losses(*both), batch_differences(*both)]


def answer(setup: ScratchSetup, found: Results) -> tuple[Claim, ...]:
    claims = []
    for one in found.ended(BUILT_IN):
        steps, built_in, by_hand = losses(found, one.seed)
        if not by_hand:
            continue
        apart = [abs(mine - other) for mine, other in zip(built_in, by_hand, strict=True)]
        equal = sum(gap == 0 for gap in apart)
        claims.append(
            Claim(
                f"Over {len(steps):,} steps the loss of a batch differs by at most {number(max(apart))} "
                f"(seed {one.seed}; loss from {number(built_in[0])} to {number(built_in[-1])}); "
                f"{equal:,} steps have the very same bits.",
                max(apart) < CLOSE,
            )
        )
    return tuple(claims)


def came_true(setup: ScratchSetup, found: Results) -> str:
    pairs = [losses(found, one.seed)[1:] for one in found.ended(BUILT_IN) if one.measured.get(KIND)]
    apart = [abs(mine - other) for built_in, hand in pairs for mine, other in zip(built_in, hand, strict=True)]
    if not apart:
        return ""
    return GUESSES[0] if max(apart) == 0 else GUESSES[1] if max(apart) < CLOSE else GUESSES[2]


TOPIC = Topic(
    name="scratch",
    title="From scratch",
    question="How far do ten lines by hand stray from PyTorch's own?",
    setup=ScratchSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
    guesses=GUESSES,
    came_true=came_true,
    at_end=(KIND,),
)
