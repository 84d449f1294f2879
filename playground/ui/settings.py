"""All settings besides the layers: four that a running network takes up, always in sight, and four folded panels."""

import streamlit as st

from playground.experiment import Experiment
from playground.runs.store import Run, Store
from playground.ui.data_editor import data_settings
from playground.ui.foreseen import foreseen
from playground.ui.hidden import is_shown
from playground.ui.initialization_editor import initialization_settings
from playground.ui.objective_editor import objective_settings
from playground.ui.ownership import may_control
from playground.ui.session import Draft
from playground.ui.summaries import titles
from playground.ui.training_editor import live_settings, training_settings


def settings(draft: Draft, store: Store, run: Run | None = None) -> Experiment:
    """The draft's experiment as the controls say; the network's layers, and what is hidden, are as they were."""
    experiment = draft.experiment
    title = titles(foreseen(draft))
    is_live = run is not None and run.is_live and may_control(store, run.id)
    if is_shown("live"):
        experiment = live_settings(draft, experiment, is_live=is_live)
    with st.container(gap="xsmall", key="panels"):
        if is_shown("training"):
            with st.expander(title["Training"], key="panel.training"):
                experiment = training_settings(draft, experiment)
        if is_shown("digits"):
            with st.expander(title["Digits"], key="panel.digits"):
                experiment = experiment.but(data=data_settings(draft, store, experiment))
        if is_shown("objective"):
            with st.expander(title["Objective"], key="panel.objective"):
                loss, regularization = objective_settings(draft, experiment)
                experiment = experiment.but(loss=loss, regularization=regularization)
        if is_shown("initialization"):
            with st.expander(title["Initialization"], key="panel.initialization"):
                network = experiment.network
                initialization = initialization_settings(draft, network.initialization)
                experiment = experiment.but(network=network.but(initialization=initialization))
    return experiment
