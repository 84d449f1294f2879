"""Which runs the page shows: a row of controls in, `Wanted` out."""

import streamlit as st

from playground.runs.overview import Wanted
from playground.runs.states import LIVE, STATES, State
from playground.ui.ownership import owner

GROUPS: dict[str, tuple[State, ...]] = {
    "Live": LIVE,
    "Finished": ("finished",),
    "Stopped": ("stopped",),
    "Lost, failed or diverged": ("lost", "failed", "diverged"),
}


def wanted(run_ids: tuple[str, ...] | None) -> Wanted:
    """What the controls ask for; of the runs that are compared all are shown, without controls."""
    if run_ids is not None:
        return Wanted(ids=run_ids)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs.filters"):
        text = st.text_input(
            "Find",
            key="runs.text",
            placeholder="Name or note",
            label_visibility="collapsed",
            icon=":material/search:",
            width=240,
        )
        state = st.selectbox(
            "State",
            list(GROUPS),
            index=None,
            key="runs.state",
            placeholder="Any state",
            label_visibility="collapsed",
            width=200,
        )
        starred = st.toggle("Starred", key="runs.starred")
        mine = st.toggle("Mine", key="runs.mine", help="Only what this browser trained.")
        of_labs = st.toggle("Of labs", key="runs.of_labs", help="Also the runs that labs trained.")
    return Wanted(
        text=(text or "").strip(),
        states=GROUPS[state] if state else STATES,
        starred=starred,
        owner=owner() if mine else None,
        of_labs=of_labs,
    )
