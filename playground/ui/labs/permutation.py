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

SHOWN = 12  # places of the order


def permutation(store: Store, study: Study | None, setup: Symmetry, found: Results) -> None:
    """A button that permutes the first layer's units of an ended run, and the largest change of a logit."""
    ended = [one for one in found.outcomes if one.state == "finished"]
    if not ended:
        return
    st.subheader("Permute hidden units", anchor=False)
    st.caption(
        "Units have no order: swap them, with their rows of weights and biases here and their columns in the next "
        "layer, and the network is the same function. That is why units that are copies of one another stay copies."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = [one.arm.name for one in ended if one.seed == setup.seed]
        chosen = st.selectbox("Network", names, index=len(names) - 1, key="permutation.arm", width=240)
        layer = st.selectbox("Layer", ["Linear #1", "Linear #2"], key="permutation.layer", width=160)
        pressed = st.button("Permute at random", icon=":material/shuffle:", key="permutation.press")
    if not pressed:
        return
    run_id = next(one.run_id for one in ended if one.arm.name == chosen)
    asked = store.studies.questions([run_id]).get((run_id, "permutation"), (0, ""))[0]
    task = control.ask(store, "permutation", {"layer": layer, "draw": asked}, run_id, patience=20.0)
    if task is None or task.result is None:
        st.error(task.message if task else "The workers are busy: try again.", icon=":material/error:")
        return
    show(json.loads(task.result))


def show(found: dict[str, Any]) -> None:
    """The order before and after, and the changes of the logits."""
    order = found["order"][:SHOWN]
    rest = " …" if len(found["order"]) > SHOWN else ""
    st.markdown(
        f"| place | {' | '.join(map(str, range(len(order))))} |{rest}\n"
        f"|---|{'---|' * len(order)}\n"
        f"| unit before | {' | '.join(map(str, range(len(order))))} |\n"
        f"| unit after | {' | '.join(map(str, order))} |"
    )
    with st.container(horizontal=True, gap="large"):
        st.metric("Largest change of a logit", number(found["change"]), width="content")
        st.metric("Had the next layer not been told", number(found["control"]), width="content")
        st.metric("Largest logit", number(found["largest"]), width="content")
    st.caption(
        f"Over {found['digits']} validation digits, ten logits each, eval mode, step {found['step']:,}. What is left "
        "of a change is rounding: a sum in another order."
    )
