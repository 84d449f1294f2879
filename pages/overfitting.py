"""Overfitting: what a network learns by heart, and what helps."""

from playground.labs.overfitting.lab import LAB
from playground.ui.lab import lab_page
from playground.ui.labs.overfitting import CONTROLS

lab_page(LAB, CONTROLS)
