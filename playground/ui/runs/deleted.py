"""Delete with undo."""

from collections.abc import Sequence

import streamlit as st

from playground.runs import control
from playground.runs.store import Store
from playground.ui import session


def delete(store: Store, run_ids: Sequence[str], live: Sequence[str]) -> None:
    """Take runs out of sight, and stop those of them that are live."""
    for run_id in live:
        control.stop(store, run_id)
    store.library.delete(run_ids)
    session.keep("runs.deleted", tuple(run_ids))


def offer_undo(store: Store) -> None:
    """A line that brings back what this session deleted last, as long as it is there."""
    run_ids: tuple[str, ...] = session.recall("runs.deleted", ())
    if not any(store.library.card(run_id).deleted for run_id in run_ids):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs.undo"):
        st.markdown(f"Deleted {'one run' if len(run_ids) == 1 else f'{len(run_ids)} runs'}.", width="content")
        if st.button("Undo", icon=":material/undo:", key="runs.undelete"):
            store.library.restore(run_ids)
            session.keep("runs.deleted", ())
            st.rerun()
