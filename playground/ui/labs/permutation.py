"""Try it: permute the hidden units of a trained network, and see what its answers do."""

import json
from typing import Any

import streamlit as st

from playground.labs.claims import number
from playground.labs.initialization.symmetry import Symmetry
from playground.labs.outcome import Results
from playground.runs import control
from playground.runs.store import Store
from playground.runs.studies import Study

SHOWN = 16  # places of the order
LAYERS = ("Linear #1", "Linear #2")


def permutation(store: Store, study: Study | None, setup: Symmetry, found: Results) -> None:
    """A button that permutes a layer's units of an ended run; below it the last order and what the answers did."""
    ended = {one.arm.name: one.run_id for one in found.outcomes if one.state == "finished" and one.seed == setup.seed}
    if not ended:
        return
    st.subheader("Permute hidden units", anchor=False)
    st.caption(
        "Units have no order: swap them, with their rows of weights and biases here and their columns in the next "
        "layer, and the network is the same function."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        arm = st.selectbox("Network", list(ended), index=len(ended) - 1, key="permutation.arm", width=240)
        layer = st.selectbox("Layer", LAYERS, key="permutation.layer", width=160)
        last = store.questions.latest("permutation", ended[arm])
        if st.button("Permute at random", icon=":material/shuffle:", key="permutation.press"):
            draw = last.request["draw"] + 1 if last else 0
            last = control.permute_units(store, ended[arm], layer, draw)
            if last is None:
                st.error("No worker was free in time: try again.", icon=":material/error:")
    if last is None:
        return
    if last.state == "failed":
        st.error(last.message, icon=":material/error:")
    if last.result is not None:
        show(last.request["layer"], json.loads(last.result))


def show(layer: str, found: dict[str, Any]) -> None:
    """The order before and after, and the changes of the logits."""
    order = found["order"]
    rest = " …" if len(order) > SHOWN else ""
    st.markdown(
        f"Units of {layer} before: `{' '.join(map(str, range(min(len(order), SHOWN))))}{rest}`, "
        f"after: `{' '.join(map(str, order[:SHOWN]))}{rest}`"
    )
    with st.container(horizontal=True, gap="large"):
        st.metric("Largest change of a logit", number(found["change"]), width="content")
        st.metric("Rows alone permuted", number(found["control"]), width="content")
        st.metric("Largest logit", number(found["largest"]), width="content")
    st.caption(
        f"Over {found['digits']} validation digits, ten logits each, eval mode, step {found['step']:,}. What is left "
        "of a change is rounding: a sum in another order."
    )
