"""Which digits, how they are split, and what is done to them."""

from collections.abc import Sequence

import streamlit as st

from playground.data.digits import load_digits
from playground.data.doubts import doubts
from playground.errors import SpecError
from playground.experiment import Augmentation, Data, Experiment
from playground.network.shapes import check_training_digits
from playground.runs.store import Store
from playground.ui.data_look import look_at_digits
from playground.ui.data_source import digits_source
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.summaries import sizes
from playground.ui.widgets import choose, error_beside, number, pick, taken, with_value

ALL = 0  # the slider's last value stands for all of the training split
DIGIT_GRID = tuple(int(mantissa * 10**power) for power in range(1, 5) for mantissa in (1, 1.5, 2, 3, 5, 7))
SHARES = tuple(round(0.05 * step, 2) for step in range(11))
SCALINGS = {
    "none": "None (0 … 255)",
    "zero-one": "Zero to one",
    "minus-one-one": "Minus one to one",
    "standardized": "Standardized",
}
FLIPS = {"none": "None", "horizontal": "Horizontal", "vertical": "Vertical"}
ROTATIONS = (0, 5, 10, 15, 20, 25, 30, 45, 60, 90, 135, 180)
SCALES = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NOISES = (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1)
PIXELS = range(15)


def data_settings(draft: Draft, store: Store, experiment: Experiment) -> Data:
    """Source, splits, scaling, label noise and augmentation, and a look at the digits themselves."""
    data = digits_source(draft, experiment.data)
    data = split_shares(draft, data)
    data = folds(draft, data)
    split_sizes(data)
    data = training_digits(draft, data)
    with st.grid(2, min_column_width=150, gap="small"):
        data = choose(draft, "data.scaling", data, "Scaling", SCALINGS)
        data = pick(draft, "data.label_noise", data, "Label noise", SHARES, shown=lambda share: f"{share:.3g}")
    data = data.but(augmentation=augmentation_settings(draft, data.augmentation))
    look_at_digits(draft, store, data, experiment.training.seed)
    return data


def split_shares(draft: Draft, data: Data) -> Data:
    """One slider with two handles, so that the shares are always the whole; MNIST's own test digits stay apart."""
    if data.source == "mnist":
        digits = load_digits(data.source)
        both = data.train_share + data.validation_share
        train = st.slider(
            f"Train share of {len(digits) - digits.official_test:,}",
            1,
            both - 1,
            data.train_share,
            format=f"%d of {both}",
            key=draft.key("data.train_of_rest"),
            help=HELP["data.train_of_rest"],
        )
        data = data.but(train_share=train, validation_share=both - train)
    else:
        first, second = st.slider(
            "Train | validation | test",
            1,
            99,
            (data.train_share, data.train_share + data.validation_share),
            format="%d %%",
            key=draft.key("data.shares"),
            help=HELP["data.shares"],
        )
        if first == second:
            reason = "0 % is left for validation: move the two handles apart"
            error_beside("data.validation_share", SpecError("data.validation_share", reason))
        else:
            data = data.but(train_share=first, validation_share=second - first, test_share=100 - second)
    return data


def folds(draft: Draft, data: Data) -> Data:
    """K-fold cross-validation: into how many folds, and which one is the validation split."""
    with st.grid(2, min_column_width=150, gap="small"):
        data = number(draft, "data.folds", data, "Folds", step=1, placeholder="by the shares")
        if data.folds is not None:
            data = number(draft, "data.fold", data, "Validation fold", step=1)
    return data


def split_sizes(data: Data) -> None:
    """How many digits each split has."""
    train, validation, test = sizes(data)
    own = ", MNIST's own: its share can't be chosen" if data.source == "mnist" else ""
    st.caption(f"{train:,} train · {validation:,} validation · {test:,} test{own}")


def training_digits(draft: Draft, data: Data) -> Data:
    """A smaller training set, from ten digits up to the whole split."""
    whole = sizes(data)[0]
    present = data.training_digits or ALL
    options: Sequence[float] = [count for count in DIGIT_GRID if count < whole]
    if present not in (ALL, *options):
        options = with_value(options, present)
    chosen = st.select_slider(
        "Training digits",
        [*options, ALL],
        value=present,
        format_func=lambda count: f"{count:,}" if count else f"all {whole:,}",
        key=draft.key("data.digits_used"),
        help=HELP["data.training_digits"],
    )
    data = taken("data.training_digits", data, chosen or None)
    if chosen > whole:
        try:
            check_training_digits(data)
        except SpecError as error:
            error_beside(error.field, error)
    return data


def augmentation_settings(draft: Draft, augmentation: Augmentation) -> Augmentation:
    """Random changes to training digits, with a warning for each that makes no sense for digits."""
    path = "data.augmentation"
    st.caption("Augmentation: training digits change at random, anew for each batch")
    with st.grid(2, min_column_width=150, gap="small"):
        augmentation = pick(draft, f"{path}.rotation", augmentation, "Rotation", ROTATIONS, shown=degrees)
        augmentation = pick(draft, f"{path}.shift", augmentation, "Shift", PIXELS, shown=pixels)
        augmentation = pick(
            draft, f"{path}.scale", augmentation, "Scale", SCALES, shown=lambda s: f"±{s:g}" if s else "0"
        )
        augmentation = pick(draft, f"{path}.crop", augmentation, "Crop", PIXELS, shown=pixels)
        augmentation = pick(draft, f"{path}.noise", augmentation, "Noise", NOISES)
        augmentation = choose(draft, f"{path}.flip", augmentation, "Flip", FLIPS)
    for doubt in doubts(augmentation):
        st.warning(doubt, icon=":material/warning:")
    return augmentation


def degrees(angle: float) -> str:
    return f"{angle:g}°"


def pixels(count: int) -> str:
    return f"{count} px"
