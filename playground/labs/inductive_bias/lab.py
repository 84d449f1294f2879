"""Inductive bias: why a CNN."""

from playground.labs.inductive_bias import digits, locality, move, pooling, sharing, shift, shuffled
from playground.labs.topic import Lab

LAB = Lab(
    name="inductive-bias",
    title="Inductive bias: why a CNN",
    intro="What a network assumes about its input before it has seen any: that neighbours belong together, and that a "
    "feature is the same thing wherever it is.",
    topics=tuple(one.TOPIC for one in (shift, shuffled, digits, move, pooling, locality, sharing)),
)
