"""The lab Initialization."""

from playground.labs.initialization.clipping import CLIPPING
from playground.labs.initialization.numbers import NUMBERS
from playground.labs.initialization.signal import SIGNAL
from playground.labs.initialization.symmetry import SYMMETRY
from playground.labs.initialization.vanishing import VANISHING
from playground.labs.topic import Lab

LAB = Lab(
    "initialization",
    "Initialization",
    "Each layer multiplies what it gets, forwards and backwards: a network can be dead before its first step.",
    (SIGNAL, SYMMETRY, VANISHING, CLIPPING, NUMBERS),
)
