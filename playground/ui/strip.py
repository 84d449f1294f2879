"""The control strip: template, Train, Pause or Resume, Step, Stop, Restart."""

from typing import Literal

import streamlit as st

from playground.errors import SpecError
from playground.presets import TEMPLATES, template_of
from playground.runs import control
from playground.runs.states import RESUMABLE
from playground.runs.store import Run, Store
from playground.ui import session

UNITS: dict[str, Literal["batch", "epoch"]] = {"One batch": "batch", "One epoch": "epoch"}


def act_on_controls(store: Store, run: Run | None) -> Run | None:
    """Carry out Pause, Resume, Step and Stop before anything is drawn, so that the page shows what they did."""
    if run is None:
        return None
    try:
        if session.clicked("strip.pause"):
            control.pause(store, run.id)
        elif session.clicked("strip.resume"):
            control.resume(store, run.id)
        elif session.clicked("strip.stop"):
            control.stop(store, run.id)
        elif run.state == "paused" and (unit := asked_step()):
            control.step(store, run.id, unit)
        else:
            return run
    except SpecError as error:
        st.toast(error.message, icon=":material/error:")
    return store.run(run.id)


def asked_step() -> Literal["batch", "epoch"] | None:
    if session.clicked("strip.step"):
        return "batch"
    return UNITS.get(session.chosen("strip.step_by") or "")


def choose_template() -> None:
    """The templates; choosing one puts it into the editors, and undo brings back what was there."""
    draft = session.draft()
    shown = template_of(draft.experiment.network)
    names = list(TEMPLATES)
    chosen = st.selectbox(
        "Template",
        names,
        index=names.index(shown) if shown else None,
        placeholder="Your own network",
        key=draft.key(f"template.{shown}"),
        help="A network to begin with. What you had comes back with undo.",
        width=230,
    )
    if chosen and chosen != shown:
        session.load(TEMPLATES[chosen])
        st.rerun()


def buttons(run: Run | None, is_valid: bool) -> Literal["train", "restart", "batch", "epoch"] | None:
    """Draw the six buttons; returns which new run is asked for."""
    state = run.state if run else None
    is_live = run is not None and run.is_live
    wants_train = st.button(
        "Train",
        key="strip.train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not is_valid or is_live,
        help="Train this set-up from its initial weights." if is_valid else "The network can't work yet: see below.",
    )
    if state == "paused" or state in RESUMABLE:
        st.button("Resume", key="strip.resume", icon=":material/resume:", help="Go on where it stands.")
    else:
        st.button("Pause", key="strip.pause", icon=":material/pause:", disabled=state != "running")
    can_step = state == "paused" or (is_valid and not is_live)
    wants_step = st.button(
        "Step",
        key="strip.step",
        icon=":material/skip_next:",
        disabled=not can_step,
        help="Train on one batch, then pause.",
    )
    unit = st.menu_button(
        "by", list(UNITS), key="strip.step_by", disabled=not can_step, help="Step by one batch, or by one epoch."
    )
    st.button("Stop", key="strip.stop", icon=":material/stop:", disabled=not is_live, help="End this run.")
    wants_restart = st.button(
        "Restart",
        key="strip.restart",
        icon=":material/restart_alt:",
        disabled=run is None,
        help="The same experiment from the same initial weights.",
    )
    if wants_train:
        return "train"
    if wants_restart:
        return "restart"
    if not is_live and (wants_step or unit):
        return UNITS[unit] if unit else "batch"
    return None
