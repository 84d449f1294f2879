"""How weights start."""

import streamlit as st

from playground.experiment import Initialization
from playground.ui.session import Draft
from playground.ui.summaries import initialization_formula
from playground.ui.widgets import choose, number

KINDS = {"default": "Default (PyTorch)", "zeros": "Zeros", "constant": "Constant", "normal": "Normal"} | {
    "uniform": "Uniform",
    "orthogonal": "Orthogonal",
}
PATH = "network.initialization"


def initialization_settings(draft: Draft, initialization: Initialization) -> Initialization:
    """The kind with its own field, and the biases where PyTorch's default doesn't draw them."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        initialization = choose(draft, f"{PATH}.kind", initialization, "Initial weights", KINDS)
        if initialization.kind == "constant":
            initialization = number(draft, f"{PATH}.value", initialization, "Value", step=0.01, width=100)
            initialization = number(draft, f"{PATH}.noise", initialization, "Noise", step=0.001, width=100)
        if initialization.kind == "normal":
            initialization = number(draft, f"{PATH}.std", initialization, "σ", step=0.01, width=100)
        if initialization.kind == "uniform":
            initialization = number(draft, f"{PATH}.bound", initialization, "Bound", step=0.01, width=100)
        if initialization.kind != "default":
            initialization = number(draft, f"{PATH}.bias", initialization, "Biases", step=0.01, width=100)
    st.caption(initialization_formula(initialization))
    return initialization
