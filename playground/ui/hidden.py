"""Panels that a link hides: `hide=network,digits`. What they set stays as the link says."""

import streamlit as st

from playground.link import harmless
from playground.ui import session

PANELS = {
    "template": "Template",
    "network": "Network",
    "live": "Learning rate, weight decay, dropout, batch size",
    "training": "Training",
    "digits": "Digits",
    "objective": "Objective",
    "initialization": "Initialization",
    "test": "Test set",
    "inside": "Look inside",
    "activations": "Inside: Activations",
    "gradients": "Inside: Gradients",
    "weights": "Inside: Weights",
    "field": "Inside: Receptive field",
    "drawing": "Inside: Your digit",
    "mistakes": "Inside: Mistakes",
    "map": "Inside: Map",
}
EDITORS = ("network", "live", "training", "digits", "objective", "initialization")


def hidden() -> tuple[str, ...]:
    """The names of the hidden panels, in the order of `PANELS`; a session keeps them where an address has none."""
    return session.recall("hide", ())


def take_up_hidden() -> None:
    """Hide what the address says; names of no panel are named, calmly."""
    linked = st.query_params.get("hide")
    if linked is None:
        return
    names = [name.strip() for name in linked.split(",") if name.strip()]
    session.keep("hide", tuple(name for name in PANELS if name in names))
    unknown = [harmless(name)[:30] for name in names if name not in PANELS]
    if unknown:
        known = ", ".join(PANELS)
        st.caption(f"This link hides {', '.join(unknown)[:100]}, which is no panel here. Panels are {known}.")


def is_shown(panel: str) -> bool:
    return panel not in hidden()
