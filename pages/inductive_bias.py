"""Inductive bias: why a CNN."""

from playground.labs.inductive_bias.lab import LAB
from playground.ui.lab import lab_page
from playground.ui.labs.inductive_bias import CONTROLS

lab_page(LAB, CONTROLS)
