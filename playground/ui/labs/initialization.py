"""The knobs of the lab Initialization, and the units that are permuted."""

import streamlit as st

from playground.labs.initialization.clipping import Clipping
from playground.labs.initialization.deep import STARTS
from playground.labs.initialization.numbers import Numbers
from playground.labs.initialization.signal import Signal
from playground.labs.initialization.symmetry import Symmetry
from playground.labs.initialization.vanishing import Vanishing
from playground.ui.lab import Controls, Keys
from playground.ui.labs.knob import SIDE, knob
from playground.ui.labs.permutation import permutation
from playground.ui.widgets import number, segments, taken

LAYERS = (2, 3, 5, 8, 10, 15, 20, 25, 30)
WIDTHS = (8, 16, 32, 64, 128, 256, 512)
NAMES = {"Tanh": "tanh", "Sigmoid": "sigmoid"}
CAUSES = {"weights": "Too large weights", "rate": "Too high a rate"}
GRAINS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
CLIPS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
SCALES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.57, 0.6, 0.65, 0.7, 0.8, 1.0, 1.5, 2.0)


def signal_knobs(keys: Keys, setup: Signal) -> Signal:
    setup = knob(keys, "layers", setup, "Hidden layers", LAYERS, "Each multiplies the signal once more.")
    setup = knob(keys, "width", setup, "Width", WIDTHS, "Units of each hidden layer; theory is for wide ones.")
    setup = segments(keys, "activation", setup, "Activation", NAMES, help="The function after each hidden layer.")
    chosen = st.pills(
        "Initializations",
        list(STARTS),
        selection_mode="multi",
        default=list(setup.starts),
        key=keys.key("starts"),
        wrap=True,
        help="An arm each. Too small: σ = 0.01; too large: σ = 1; constant: 0.05.",
    )
    return taken("starts", setup, tuple(chosen))


def symmetry_knobs(keys: Keys, setup: Symmetry) -> Symmetry:
    setup = knob(keys, "noise", setup, "Grain of noise σ", GRAINS, "Standard deviation around the constant 0.05.")
    setup = knob(keys, "width", setup, "Width", WIDTHS, "Units of each of the two hidden layers.")
    return segments(keys, "activation", setup, "Activation", NAMES, help="The function after each hidden layer.")


def vanishing_knobs(keys: Keys, setup: Vanishing) -> Vanishing:
    setup = knob(keys, "layers", setup, "Hidden layers", LAYERS, "Each multiplies the gradient once more.")
    setup = knob(keys, "width", setup, "Width", WIDTHS, "Units of each hidden layer.")
    return knob(
        *(keys, "scale", setup, "σ · √width", (0.5, 1.0, 1.4, 2.0, 4.0)),
        "All weights are drawn from N(0, σ²). 1 is Xavier's for equal layers, 1.4 is He's.",
    )


def clipping_knobs(keys: Keys, setup: Clipping) -> Clipping:
    setup = segments(
        *(keys, "cause", setup, "What makes it explode", CAUSES),
        help="Weights 1.6 times as large as He's, at rate 0.03; or He's weights at rate 0.3.",
    )
    setup = knob(keys, "layers", setup, "Hidden layers", LAYERS, "Of 128 units with ReLU.")
    return knob(
        *(keys, "clip_norm", setup, "Clip at norm", CLIPS),
        "g ← g · min(1, c / ‖g‖): the longest the whole gradient may be.",
    )


def numbers_knobs(keys: Keys, setup: Numbers) -> Numbers:
    setup = knob(
        keys, "scale", setup, "Scale σ of the draw", SCALES, "Entries are drawn from N(0, σ²).", width=2 * SIDE
    )
    setup = knob(keys, "size", setup, "Size", (1, 2, 4, 8, 16, 32, 64), "Rows and columns of each matrix.")
    return number(keys, "factors", setup, "Factors", step=10, width=120, help="How many matrices are multiplied.")


CONTROLS = {
    "signal": Controls(signal_knobs),
    "symmetry": Controls(symmetry_knobs, permutation),
    "vanishing": Controls(vanishing_knobs),
    "clipping": Controls(clipping_knobs),
    "numbers": Controls(numbers_knobs),
}
