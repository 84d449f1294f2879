"""The knobs of the lab on inductive bias, and what stands below its answers."""

import numpy as np
import streamlit as st

from playground.data.digits import load_digits
from playground.labs.inductive_bias import digits, locality, move, pooling, sharing, shift, shuffled
from playground.labs.inductive_bias.networks import Knobs
from playground.labs.outcome import Results
from playground.network.permutation import pixel_order
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui.digit_images import strip
from playground.ui.lab import Controls, Keys
from playground.ui.labs.knob import knob
from playground.ui.labs.moving_digit import moving_digit

DIGITS = (50, 100, 200, 500, 1000, 2000, 3500)
EPOCHS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50)
STEPS = (50, 100, 200, 400, 800, 1600)
EACH = 250  # digits of the sample from one shown to the next


def training_knobs(keys: Keys, setup: Knobs) -> Knobs:
    """How many digits, for how long."""
    setup = knob(keys, "digits", setup, "Training digits", DIGITS, "The same ones for all arms.", shown="{:,}".format)
    help = "Passes through the training digits. Adam at 0.003, batches of 64."
    return knob(keys, "epochs", setup, "Epochs", EPOCHS, help)


def on_test_digits(keys: Keys, setup: Knobs) -> Knobs:
    """The same, where Run measures on the test split too: said before it is pressed."""
    setup = training_knobs(keys, setup)
    st.caption("Once an arm has ended, Run also measures it on test digits. Nothing is chosen by that.", width=260)
    return setup


def step_knobs(keys: Keys, setup: digits.Sizes) -> digits.Sizes:
    return knob(keys, "steps", setup, "Steps", STEPS, "The same for all numbers of digits. Adam at 0.003.")


def shuffled_digits(store: Store, study: Study | None, setup: Knobs, found: Results) -> None:
    """Some digits, and below them as the shuffled networks get them."""
    images = load_digits("sample").images[::EACH]
    order = pixel_order(*images.shape[1:])
    torn = images.reshape(len(images), -1)[:, order].reshape(images.shape)
    st.subheader("What the networks get", anchor=False)
    st.image(
        strip(np.concatenate([images, torn], axis=1)),
        width="stretch",
        alt="Digits, and below them the same digits with their pixels shuffled: noise to the eye",
    )
    st.caption("Above as they are, below shuffled: one permutation for all digits, runs and seeds.")


CONTROLS = {
    shift.TOPIC.name: Controls(on_test_digits),
    shuffled.TOPIC.name: Controls(training_knobs, shuffled_digits),
    digits.TOPIC.name: Controls(step_knobs),
    move.TOPIC.name: Controls(on_test_digits, moving_digit),
    pooling.TOPIC.name: Controls(on_test_digits),
    locality.TOPIC.name: Controls(training_knobs),
    sharing.TOPIC.name: Controls(on_test_digits),
}
