"""The knobs of the lab on overfitting, topic by topic."""

from collections.abc import Iterable
from typing import Any, TypeVar

import streamlit as st

from playground.labs.overfitting.base import WHOLE
from playground.labs.overfitting.capacity import CapacitySetup
from playground.labs.overfitting.fit import FitSetup
from playground.labs.overfitting.folds import FoldsSetup
from playground.labs.overfitting.polynomials import PolynomialsSetup
from playground.labs.overfitting.remedies import MOST, RemediesSetup
from playground.labs.overfitting.remedy import REMEDIES
from playground.labs.overfitting.scratch import ScratchSetup
from playground.labs.topic import Setup
from playground.ui.lab import Controls, Keys
from playground.ui.labs.knob import knob
from playground.ui.labs.overfitting_extras import (
    capacity_extras,
    fit_extras,
    folds_extras,
    polynomials_extras,
    scratch_extras,
)
from playground.ui.widgets import segments, taken

S = TypeVar("S", bound=Setup)
WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256, 512)
DEPTHS = (1, 2, 3, 4)
DIGITS = (10, 30, 100, 300, 1_000, WHOLE)
EPOCHS = (5, 10, 20, 40, 80, 120, 200)
NOISES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
DECAYS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
KNOB = 138  # pixels


def narrow(keys: Keys, path: str, setup: S, label: str, options: Iterable[float], help: str, **how: Any) -> S:
    """A slider as narrow as it can be read."""
    return knob(keys, path, setup, label, options, help, width=KNOB, **how)


def fit_knobs(keys: Keys, setup: FitSetup) -> FitSetup:
    setup = narrow(keys, "width", setup, "Width", WIDTHS, "Units of each hidden layer of Overfit.")
    setup = narrow(keys, "depth", setup, "Depth", DEPTHS, "Hidden layers of all three.")
    setup = narrow(keys, "digits", setup, "Training digits", DIGITS, "Of Overfit and Underfit.")
    setup = narrow(keys, "epochs", setup, "Epochs", EPOCHS, "Passes through the training digits, of all three.")
    setup = noise_knob(keys, setup, "in all three")
    return segments(
        *(keys, "underfit", setup, "Underfit by", {"width 2": "Width 2", "learning rate 1e-5": "Rate 1e-5"}),
        help="What keeps Underfit from learning: too few units, or a learning rate far too small.",
    )


def noise_knob(keys: Keys, setup: S, where: str) -> S:
    return narrow(
        *(keys, "label_noise", setup, "Label noise", NOISES),
        f"Share of training labels replaced by another class, {where}; validation keeps its own.",
        shown=lambda share: f"{share:.0%}",
    )


def remedies_knobs(keys: Keys, setup: RemediesSetup) -> RemediesSetup:
    with st.container(width=3 * KNOB):
        chosen = st.multiselect(
            "Remedies",
            list(REMEDIES),
            default=list(setup.remedies),
            max_selections=MOST,
            key=keys.key("remedies"),
            help=f"Up to {MOST}, each compared with Overfit.",
        )
        setup = taken("remedies", setup, tuple(chosen))
    setup = narrow(keys, "digits", setup, "Training digits", (30, 100, 300, 1_000), "Of all but more data.")
    return narrow(keys, "epochs", setup, "Epochs", EPOCHS, "Passes through the training digits.")


def capacity_knobs(keys: Keys, setup: CapacitySetup) -> CapacitySetup:
    setup = narrow(keys, "depth", setup, "Depth", DEPTHS, "Hidden layers of every network.")
    setup = narrow(keys, "digits", setup, "Training digits", DIGITS, "Of the networks of every width.")
    setup = narrow(keys, "width", setup, "Width", WIDTHS, "Of the networks with every number of digits.")
    setup = narrow(keys, "steps", setup, "Steps", (50, 100, 200, 300, 500, 1_000), "Of every run: equal work for all.")
    return noise_knob(keys, setup, "in every run")


def polynomials_knobs(keys: Keys, setup: PolynomialsSetup) -> PolynomialsSetup:
    setup = narrow(keys, "points", setup, "Points", (30, 40, 50, 70, 100, 200), "Training points of each draw.")
    setup = narrow(
        *(keys, "noise", setup, "Noise", (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)),
        "Standard deviation of what is added to 4x³ − 3x, which lies between −1 and 1.",
    )
    setup = narrow(keys, "seeds", setup, "Draws", (1, 2, 3, 5, 8, 10), "Other points and other noise each time.")
    return narrow(keys, "degree", setup, "Degree", range(3, 21), "Of the polynomial that ridge and lasso penalize.")


def folds_knobs(keys: Keys, setup: FoldsSetup) -> FoldsSetup:
    setup = narrow(keys, "folds", setup, "Folds", range(2, 11), "K: into how many parts the digits are cut.")
    setup = narrow(keys, "width", setup, "Width", WIDTHS, "Units of the one hidden layer.")
    return narrow(keys, "epochs", setup, "Epochs", (5, 10, 15, 20, 40, 100), "Passes through the training folds.")


def scratch_knobs(keys: Keys, setup: ScratchSetup) -> ScratchSetup:
    setup = narrow(keys, "dropout", setup, "Dropout", (0.0, 0.2, 0.5, 0.8), "p after each of two hidden layers.")
    setup = narrow(keys, "weight_decay", setup, "Weight decay (L2)", DECAYS, "λ in g ← g + λ w, biases spared.")
    setup = narrow(keys, "width", setup, "Width", WIDTHS, "Units of each hidden layer.")
    return narrow(keys, "epochs", setup, "Epochs", (5, 20, 60, 120, 200), "Passes through 300 digits, 5 steps each.")


CONTROLS = {
    "fit": Controls(fit_knobs, fit_extras),
    "remedies": Controls(remedies_knobs),
    "capacity": Controls(capacity_knobs, capacity_extras),
    "polynomials": Controls(polynomials_knobs, polynomials_extras),
    "folds": Controls(folds_knobs, folds_extras),
    "scratch": Controls(scratch_knobs, scratch_extras),
}
