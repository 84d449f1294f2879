"""What training makes smaller: the loss, the classes' weights, and the penalties on weights."""

import streamlit as st

from playground.errors import SpecError
from playground.experiment import CLASSES, Experiment, Loss, Regularization
from playground.ui.help import HELP
from playground.ui.session import Draft
from playground.ui.summaries import loss_formula
from playground.ui.widgets import PENALTIES, choose, error_beside, number, pick, toggle

LOSSES = {
    "cross-entropy": "Cross-entropy",
    "binary cross-entropy": "Binary cross-entropy",
    "focal": "Focal",
    "MSE": "MSE (Brier)",
    "MAE": "MAE",
    "Huber": "Huber",
}
SMOOTHINGS = tuple(round(0.05 * step, 2) for step in range(19))


def objective_settings(draft: Draft, experiment: Experiment) -> tuple[Loss, Regularization]:
    """The loss with the fields of its kind, and L1; L2 is one of the live settings."""
    loss = choose(draft, "loss.kind", experiment.loss, "Loss", LOSSES)
    st.caption(loss_formula(loss))
    if loss.kind == "cross-entropy":
        loss = pick(draft, "loss.label_smoothing", loss, "Label smoothing", SMOOTHINGS)
    if loss.kind == "focal":
        loss = number(draft, "loss.gamma", loss, "Gamma", step=0.5)
    if loss.kind == "Huber":
        loss = number(draft, "loss.delta", loss, "Delta", step=0.1)
    loss = class_weights(draft, loss)
    regularization = pick(draft, "regularization.l1", experiment.regularization, "L1", PENALTIES)
    regularization = toggle(draft, "regularization.decay_all", regularization, "Penalize biases and normalization too")
    return loss, regularization


def class_weights(draft: Draft, loss: Loss) -> Loss:
    """Ten factors, one a class, once they are asked for."""
    is_on = st.toggle(
        "Weigh the classes",
        value=loss.class_weights is not None,
        key=draft.key("loss.weigh_classes"),
        help=HELP["loss.class_weights"],
    )
    if not is_on:
        return loss.but(class_weights=None)
    present = loss.class_weights or (1.0,) * CLASSES
    with st.grid(5, min_column_width=64, gap="xsmall"):
        weights = tuple(
            st.number_input(
                str(digit),
                min_value=0.0,
                max_value=100.0,
                value=present[digit],
                step=0.5,
                format="%g",
                key=draft.key(f"loss.class_weights.{digit}"),
                help=f"Factor on the loss of each {digit}.",
            )
            for digit in range(CLASSES)
        )
    try:
        return loss.but(class_weights=weights)
    except SpecError as error:
        error_beside("loss.class_weights", error)
        return loss
