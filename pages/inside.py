"""Inside: look into a network while it trains, and back through time."""

import streamlit as st

from playground.live.board import board
from playground.live.inside import panel, time_bar
from playground.runs.settings import shared_store
from playground.runs.states import STATES
from playground.ui.attach import attached_run, had_penalty, standing
from playground.ui.fork import open_fork
from playground.ui.hidden import is_shown
from playground.ui.ownership import owner
from playground.ui.strip import run_strip

SECTIONS = {
    "Activations": (
        "activations",
        "What one digit does to every layer. Click a map, then a pixel: the sum behind it.",
    ),
    "Gradients": (
        "gradients",
        "How strongly the loss pulls at each layer. Where they fade with depth, they vanish.",
    ),
    "Weights": ("weights", "What was learned, and how far it is from where it began."),
    "Receptive field": ("field", "Which pixels a unit can see, and which of them it heeds."),
    "Your digit": ("drawing", "Draw one, and see what the network makes of it."),
    "Mistakes": ("mistakes", "Which digits it gets wrong, forgets, or never learns."),
    "Map": ("map", "Where a layer puts 500 validation digits: classes drift apart as it learns."),
}

store = shared_store()
sections = {title: about for title, about in SECTIONS.items() if is_shown(about[0])}
run = attached_run(store)
if run is None:
    st.title("Inside")
    st.markdown("Look into a network: its activations, gradients, weights, and what it makes of a digit that you draw.")
    recent = store.runs(STATES, limit=6, owner=owner())
    st.caption(
        "Choose one of the latest runs." if recent else "Train one first; you can look inside from its first step."
    )
    for one in recent:
        label = f"{one.name} · {one.state} · step {one.step:,}"
        st.page_link("inside.py", label=label, icon=":material/biotech:", query_params={"run": one.id})
    st.page_link("train.py", label="Train a network", icon=":material/play_circle:")
    st.stop()

with st.container(key="strip"):
    run_strip(store, run.id)
    fork_at = time_bar(run.id)
    with st.container(key="sections"):
        st.caption(" · ".join(f"[{title}](#{name})" for title, (name, _) in sections.items()))
if fork_at is not None:
    open_fork(store, run, fork_at)
st.title(f"Inside {run.name}", anchor=False)
board(
    run.id,
    run.experiment,
    key="inside.board",
    with_penalty=had_penalty(store, run),
    standing=standing(run, run),
    charts=slice(0, 2),
)
for title, (name, hint) in sections.items():
    st.header(title, anchor=name)
    panel(name, run.id, run.experiment, hint)
