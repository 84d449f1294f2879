"""How the network is trained: the optimizer, its schedule, how long, and the four settings that change live."""

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Experiment, Optimizer, Regularization, Schedule, Training, check_momentum
from playground.network.shapes import check_batch
from playground.ui.session import Draft
from playground.ui.widgets import LEARNING_RATES, PENALTIES, POWERS_OF_TWO, choose, error_beside, number, pick, segments

DROPOUT_RATES = tuple(round(0.05 * step, 2) for step in range(20))
DEVICES = {"auto": "Auto", "cpu": "CPU", "cuda": "GPU (CUDA)", "mps": "GPU (Apple)"}
SCHEDULES = {"constant": "Constant", "step": "Step", "cosine": "Cosine to 0", "warm-up": "Warm-up"}
MOMENTUM = ("Momentum", "Nesterov")
BETAS = ("Adam", "AdamW", "AMSGrad")


def live_settings(draft: Draft, experiment: Experiment, *, is_live: bool) -> Experiment:
    """The four settings that a running network takes up at its next step."""
    network, optimizer = experiment.network, experiment.optimizer
    regularization, training = experiment.regularization, experiment.training
    with st.container(border=True, gap="xxsmall", key="live"):
        if is_live:
            st.caption(":material/bolt: Changes take effect at the next step")
        with st.grid(2, min_column_width=150, gap="small"):
            optimizer = pick(
                draft, "optimizer.learning_rate", optimizer, "Learning rate", LEARNING_RATES, is_live=is_live
            )
            regularization = pick(
                draft, "regularization.weight_decay", regularization, "Weight decay (L2)", PENALTIES, is_live=is_live
            )
            network = pick(draft, "network.dropout", network, "Dropout", DROPOUT_RATES, is_live=is_live)
            training = pick(draft, "training.batch_size", training, "Batch size", POWERS_OF_TWO, is_live=is_live)
        experiment = experiment.but(
            network=network, optimizer=optimizer, regularization=regularization, training=training
        )
        try:
            check_batch(experiment)
        except SpecError as error:
            error_beside(error.field, error)
    return experiment


def training_settings(draft: Draft, experiment: Experiment) -> Experiment:
    """Everything else about training; it holds from the run's start."""
    optimizer = optimizer_fields(draft, experiment.optimizer)
    schedule = schedule_fields(draft, experiment.schedule)
    training = length_fields(draft, experiment.training)
    with st.grid(2, min_column_width=150, gap="small"):
        training = number(draft, "training.seed", training, "Seed", step=1)
        training = choose(draft, "training.device", training, "Device", DEVICES)
    regularization = clip_field(draft, experiment.regularization)
    return experiment.but(optimizer=optimizer, schedule=schedule, training=training, regularization=regularization)


def optimizer_fields(draft: Draft, optimizer: Optimizer) -> Optimizer:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        optimizer = choose(draft, "optimizer.kind", optimizer, "Optimizer")
        if optimizer.kind == "SGD":
            return optimizer
        if optimizer.kind in MOMENTUM:
            optimizer = number(draft, "optimizer.momentum", optimizer, "Momentum", step=0.05, width=150)
        else:
            with st.popover("More", help="Running means and epsilon"):
                if optimizer.kind in BETAS:
                    optimizer = number(draft, "optimizer.beta1", optimizer, "β₁", step=0.01)
                    optimizer = number(draft, "optimizer.beta2", optimizer, "β₂", step=0.001)
                if optimizer.kind == "RMSprop":
                    optimizer = number(draft, "optimizer.alpha", optimizer, "α", step=0.01)
                optimizer = number(draft, "optimizer.epsilon", optimizer, "ε", step=1e-8)
    try:
        check_momentum(optimizer)
    except SpecError as error:
        error_beside("optimizer.kind", error)
    return optimizer


def schedule_fields(draft: Draft, schedule: Schedule) -> Schedule:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        schedule = choose(draft, "schedule.kind", schedule, "Learning rate schedule", SCHEDULES)
        if schedule.kind == "step":
            schedule = number(draft, "schedule.step_epochs", schedule, "Epochs", step=1, width=100)
            schedule = number(draft, "schedule.gamma", schedule, "Factor", step=0.1, width=100)
        if schedule.kind == "warm-up":
            schedule = number(draft, "schedule.warmup_steps", schedule, "Steps", step=10, width=120)
    return schedule


def length_fields(draft: Draft, training: Training) -> Training:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        training = segments(draft, "training.unit", training, "Length in", {"epochs": "Epochs", "steps": "Steps"})
        if training.unit == "epochs":
            training = number(draft, "training.epochs", training, "Epochs", step=1)
        else:
            training = number(draft, "training.steps", training, "Steps", step=100)
    return number(
        *(draft, "training.patience", training, "Patience (early stopping)"),
        step=1,
        placeholder="to the end",
    )


def clip_field(draft: Draft, regularization: Regularization) -> Regularization:
    path = "regularization.clip_norm"
    return number(draft, path, regularization, "Clip the gradient at norm", step=0.5, placeholder="no clipping")
