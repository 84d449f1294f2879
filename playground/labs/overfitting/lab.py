"""The lab on overfitting and underfitting."""

from playground.labs.overfitting import capacity, fit, folds, polynomials, remedies, scratch
from playground.labs.topic import Lab

LAB = Lab(
    "overfitting",
    "Overfitting and underfitting",
    "How well a network does on digits it was not trained on, and what closes the gap.",
    (fit.TOPIC, remedies.TOPIC, capacity.TOPIC, polynomials.TOPIC, folds.TOPIC, scratch.TOPIC),
)
