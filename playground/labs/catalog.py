"""All labs, in the order in which a course would take them."""

from playground.labs.inductive_bias.lab import LAB as INDUCTIVE_BIAS
from playground.labs.initialization.lab import LAB as INITIALIZATION
from playground.labs.overfitting.lab import LAB as OVERFITTING

LABS = (OVERFITTING, INITIALIZATION, INDUCTIVE_BIAS)
