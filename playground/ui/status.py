"""The state of a run in words, then its progress, live."""

import streamlit as st

from playground.live.board import status_line
from playground.runs.states import State
from playground.runs.store import Run

COLORS: dict[State, str] = {
    "queued": "gray",
    "running": "blue",
    "paused": "orange",
    "finished": "green",
    "stopped": "gray",
    "failed": "red",
    "lost": "red",
    "diverged": "red",
}
HINTS: dict[State, str] = {
    "lost": "Resume goes on from its last checkpoint",
    "failed": "change what it names and press Train",
}


def show_status(run: Run | None) -> None:
    """A container that begins with the state's word."""
    with st.container(key="status", horizontal=True, vertical_alignment="center", gap="small"):
        if run is None:
            st.markdown(":gray[Nothing is training yet: press **Train**.]", width="content")
            return
        st.markdown(sentence(run), width="stretch" if run.message else "content")
        status_line(run.id, key=f"status.{run.id}")


def sentence(run: Run) -> str:
    """`**lost** · its worker was killed (signal 9). Resume goes on …`, in the state's colour."""
    word = f":{COLORS[run.state]}[**{run.state}**]"
    detail = run.message.removeprefix(run.state).strip(" ·:")
    hint = HINTS.get(run.state, "")
    rest = ". ".join(part for part in (detail, hint) if part)
    joint = " " if run.message.startswith(run.state) else " · "
    return word + joint + rest if rest else word
