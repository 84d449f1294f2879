"""The sidebar's list of the visitor's live runs, each with a link and Stop, and of their studies that go on."""

import streamlit as st

from playground.runs import control
from playground.runs.store import Store
from playground.ui.ownership import may_control_study, owner


@st.fragment(run_every="2s")
def running_now(store: Store) -> None:
    """Shown on every page; looks again every two seconds."""
    live = store.runs(owner=owner())
    studies = [study for study in store.studies.going_on() if may_control_study(store, study.study)]
    if not live and not studies:
        return
    st.caption("Running now")
    for study in studies:
        st.page_link(
            f"{study.lab.replace('-', '_')}.py",
            label=f"{study.lab.replace('-', ' ').capitalize()} · {study.ended} of {study.runs} runs",
            query_params={"study": study.study},
        )
    for run in live:
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            left = run.seconds_left
            time_left = f" · {duration(left)} left" if left is not None and run.state == "running" else ""
            st.page_link(
                "train.py",
                label=f"{run.name} · {run.state}{time_left}",
                query_params={"run": run.id},
                width="stretch",
            )
            if st.button("Stop", key=f"running.stop.{run.id}", help=f"Stop {run.name}", type="tertiary"):
                control.stop(store, run.id)
                st.rerun()


def duration(seconds: float) -> str:
    """As the status line says it, in `live/status.js`.

    >>> duration(0.2), duration(196), duration(7_530)
    ('1 s', '3 min 16 s', '2 h 5 min')
    """
    whole = max(1 if seconds > 0 else 0, int(seconds + 0.5))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
