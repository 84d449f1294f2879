"""What a host's limits mean for a set-up: why it can't begin here, or how far it will come."""

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.network.shapes import can_train
from playground.runs.limits import foreseen_end
from playground.runs.store import Run, Store
from playground.ui.ownership import owner
from playground.ui.widgets import error_beside


def excess(store: Store, experiment: Experiment) -> SpecError | None:
    """Why a set-up that could be trained isn't here: it exceeds a limit of the host."""
    if not can_train(experiment):
        return None  # which its own control says
    try:
        store.admit([experiment], owner())
    except SpecError as error:
        return error
    return None


def show_limits(store: Store, experiment: Experiment, run: Run | None, error: SpecError | None) -> None:
    """Below Train: why it is disabled, or what will be cut short; and why a queued run waits though others run."""
    if error is not None:
        error_beside(error.field, error)
    elif can_train(experiment) and (warning := foreseen_end(experiment, store.limits)):
        st.caption(f":material/timer: {warning}")
    if run is not None and run.state == "queued" and store.is_held_back(run.id):
        most = store.limits.runs_a_visitor
        st.caption(
            f":material/hourglass: It waits: this playground holds {most} of a visitor's runs at once, paused ones too."
        )
