"""A look at the digits before training: samples, counts, means, and what augmentation does to them."""

import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from playground.data.digits import load_digits
from playground.data.preview import class_counts, mean_digits, samples_per_class
from playground.data.splits import split
from playground.errors import SpecError
from playground.experiment import CLASSES, Data
from playground.figures.data import counts_figure
from playground.runs import control
from playground.runs.store import Store
from playground.ui.session import Draft

PER_CLASS = 16
GAP = 2  # pixels between digits


def look_at_digits(draft: Draft, store: Store, data: Data, seed: int) -> None:
    """A button, and what it opens."""
    if st.button(
        "Look at the digits",
        key=draft.key("data.look"),
        icon=":material/visibility:",
        help="Samples, counts and mean of each class, and what augmentation does.",
    ):
        digits_dialog(store, data, seed)


@st.dialog("The digits", width="large")
def digits_dialog(store: Store, data: Data, seed: int) -> None:
    digits = load_digits(data.source)
    try:
        parts = split(digits.labels, data, seed, digits.official_test)
    except SpecError as error:
        st.error(error.message, icon=":material/error:")
        return
    if data.augmentation.is_on:
        st.subheader("Augmentation")
        augmentation_strip(store, data, seed)
    st.subheader("Training digits")
    st.caption(f"Some of each class, of {len(parts.train):,}")
    chosen = samples_per_class(digits, parts.train, PER_CLASS, seed)
    st.image(
        tiled([digits.images[index] for index in chosen], PER_CLASS),
        width="stretch",
        alt=f"Up to {PER_CLASS} training digits of each class, one class a row from 0 to 9",
    )
    st.subheader("Mean digit")
    st.caption("The mean of a class's training digits: blurred where its members differ")
    means = np.nan_to_num(mean_digits(digits, parts.train)).astype(np.uint8)
    st.image(tiled([means], CLASSES), width="stretch", alt="The mean image of each class, from 0 to 9")
    st.subheader("Counts")
    st.caption("Equal bars: no class is favoured by being seen more often")
    counts = class_counts(digits.labels, parts)
    st.plotly_chart(counts_figure(counts), key="data.counts", config={"displayModeBar": False})


def augmentation_strip(store: Store, data: Data, seed: int) -> None:
    """Eight training digits above what a batch may make of them; a worker does it, for it takes PyTorch."""
    with st.spinner("A worker augments eight digits …"):
        task = control.preview_augmentation(store, data, seed)
    if task is None:
        st.warning("No worker answered within 5 seconds: close this and look again.", icon=":material/warning:")
    elif task.result is None:
        st.error(task.message, icon=":material/error:")
    else:
        arrays = np.load(io.BytesIO(task.result))
        rows = [arrays["before"], arrays["after"]]
        st.caption("Before, and below after")
        st.image(tiled(rows, 8), width="stretch", alt="Eight training digits, and below the same augmented")


def tiled(rows: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """One image of rows of digits, [n, 28, 28] each, `GAP` pixels apart, enlarged to keep their edges."""
    side = rows[0].shape[-1]
    pitch = side + GAP
    image = np.zeros((len(rows) * pitch - GAP, columns * pitch - GAP), np.uint8)
    for row, digits in enumerate(rows):
        for column, digit in enumerate(digits[:columns]):
            image[row * pitch : row * pitch + side, column * pitch : column * pitch + side] = digit
    return image.repeat(2, axis=0).repeat(2, axis=1)
