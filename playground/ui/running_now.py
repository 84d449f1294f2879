"""The sidebar's list of live runs, each with a link and Stop."""

import streamlit as st

from playground.runs import control
from playground.runs.store import Store


@st.fragment(run_every="2s")
def running_now(store: Store) -> None:
    """Shown on every page; looks again every two seconds."""
    live = store.runs()
    if not live:
        return
    st.caption("Running now")
    for run in live:
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            left = run.seconds_left
            time_left = f" · {left:.0f} s left" if left is not None and run.state == "running" else ""
            st.page_link(
                "train.py",
                label=f"{run.name} · {run.state}{time_left}",
                query_params={"run": run.id},
                width="stretch",
            )
            if st.button("Stop", key=f"running.stop.{run.id}", help=f"Stop {run.name}", type="tertiary"):
                control.stop(store, run.id)
                st.rerun()
