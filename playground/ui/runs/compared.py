"""The runs that the address names side by side."""

import streamlit as st

from playground.comparison.lines import FEWEST, runs_of
from playground.runs.store import Store


def compared(store: Store) -> tuple[str, ...] | None:
    """The runs of `?compare=`, as far as they are there; None where fewer than two are."""
    asked = st.query_params.get("compare")
    if not asked:
        return None
    found = tuple(run.id for run in runs_of(store, asked.split(","))[0])
    if len(found) < FEWEST:
        st.query_params.pop("compare")
        st.warning("The address asks to compare runs of which fewer than two are here: they may have been deleted.")
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{len(found)} runs side by side. The address leads others to them.")
        if st.button("All runs", icon=":material/arrow_back:", type="tertiary"):
            st.query_params.pop("compare")
            st.rerun()
    return found


def compare(run_ids: tuple[str, ...]) -> None:
    """Put runs side by side: their ids go into the address."""
    st.query_params["compare"] = ",".join(run_ids)
    st.rerun()
