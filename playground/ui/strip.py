"""The control strip: template, Train, Pause or Resume, Step, Stop, Restart; and the status of the run under it."""

from typing import Any, Literal

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.network.shapes import can_train
from playground.presets import TEMPLATES, template_of
from playground.runs import control
from playground.runs.states import ACTIVE, RESUMABLE
from playground.runs.store import Run, Store
from playground.ui import fork, imports, session
from playground.ui.attach import begin
from playground.ui.export import export_button
from playground.ui.hidden import is_shown
from playground.ui.imports import import_popover
from playground.ui.limits import excess, show_limits
from playground.ui.ownership import may_control, read_only
from playground.ui.share import share
from playground.ui.status import show_status

UNITS: dict[str, Literal["batch", "epoch"]] = {"One batch": "batch", "One epoch": "epoch"}

Action = Literal["pause", "resume", "step", "stop"]


@st.fragment
def strip(store: Store, run_id: str | None) -> None:
    """Call it after the editors. A click paints the strip alone, at once; the live board then asks for the page."""
    run = store.run(run_id) if run_id else None
    is_own = run is None or may_control(store, run.id)
    experiment = session.draft().experiment
    too_much = excess(store, experiment)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="train-strip"):
        if is_shown("template"):
            choose_template()
            import_popover(store)
        with st.container(horizontal=True, gap="small", width="content", key="controls"):
            is_valid = can_begin(store, experiment) and not too_much
            wanted = buttons(store, run, is_valid, is_own)
        if run is not None and has_begun(run) and is_shown("inside"):
            lead("inside.py", "Look inside", "biotech", run.id)
        share("train", run)
        export_button(store, run)
    show_status(run)
    show_limits(store, experiment, run, too_much)
    if not is_own:
        read_only("run", "Train begins your own.")
    if wanted:
        begin(store, run, experiment, wanted)


@st.fragment
def run_strip(store: Store, run_id: str) -> None:
    """What can be done with a run that a page looks at: Pause or Resume, Step, Stop; and how far it is."""
    run = store.run(run_id)
    is_own = may_control(store, run_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-strip"):
        with st.container(horizontal=True, gap="small", width="content", key="controls"):
            controls(store, run, can_begin=False, is_own=is_own)
        lead("train.py", "Open in Train", "tune", run_id)
        share("inside", run)
        export_button(store, run)
        show_status(run)
    if not is_own:
        read_only("run", "A fork of it is your own.")


def can_begin(store: Store, experiment: Experiment) -> bool:
    return can_train(experiment) and not fork.problem(store, experiment) and not imports.problem(experiment)


def has_begun(run: Run) -> bool:
    """Whether it has weights to look into: one that was stopped in the queue has none."""
    return run.state in ACTIVE or (run.state != "queued" and run.step > 0)


def lead(page: str, label: str, icon: str, run_id: str) -> None:
    """A link to another page of the same run."""
    st.page_link(page, label=label, icon=f":material/{icon}:", query_params={"run": run_id}, width="content")


def act(store: Store, run_id: str, action: Action) -> None:
    """What a click does, before anything is painted."""
    if not may_control(store, run_id):
        st.toast("This run is another visitor's: you see it, and they control it.", icon=":material/visibility:")
        return
    try:
        match action:
            case "pause":
                control.pause(store, run_id)
            case "resume":
                control.resume(store, run_id)
            case "stop":
                control.stop(store, run_id)
            case "step" if is_paused(store, run_id):
                unit = UNITS.get(session.chosen("strip.step_by") or "", "batch")
                control.step(store, run_id, unit)
    except SpecError as error:
        st.toast(error.message, icon=":material/error:")


def is_paused(store: Store, run_id: str) -> bool:
    run = store.run(run_id)
    return run is not None and run.state == "paused"


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


def buttons(
    store: Store, run: Run | None, is_valid: bool, is_own: bool
) -> Literal["train", "restart", "batch", "epoch"] | None:
    """Draw the six buttons; returns which new run is asked for. Another visitor's run leaves only Train."""
    is_live = is_own and run is not None and run.is_live
    wants_train = button(
        "Train",
        "play_arrow",
        type="primary",
        disabled=not is_valid or is_live,
        help=f"Train this set-up from {first_weights()}."
        if is_valid
        else "This set-up can't be trained yet: see the error below.",
    )
    steps_by = controls(store, run, can_begin=is_valid and is_own and not is_live, is_own=is_own)
    wants_restart = button(
        *("Restart", "restart_alt"),
        disabled=run is None or not is_own,
        help="The same experiment from the weights it began with.",
    )
    if wants_train:
        return "train"
    if wants_restart:
        return "restart"
    return None if is_live else steps_by


def first_weights() -> str:
    if fork.origin():
        return "the weights of its fork"
    return "the imported weights" if imports.imported() else "its initial weights"


def controls(store: Store, run: Run | None, can_begin: bool, is_own: bool) -> Literal["batch", "epoch"] | None:
    """Draw Pause or Resume, Step and Stop; returns by what a new run should step, where one may begin so."""
    state = run.state if run else None

    def acts(action: Action) -> dict[str, Any]:
        return {"on_click": act, "args": (store, run.id, action)} if run else {}

    if state == "paused" or state in RESUMABLE:
        button("Resume", "resume", disabled=not is_own, help="Go on where it stands.", **acts("resume"))
    else:
        button("Pause", "pause", disabled=state != "running" or not is_own, **acts("pause"))
    can_step = (state == "paused" and is_own) or can_begin
    steps = acts("step") if state == "paused" else {}
    wants_step = button("Step", "skip_next", disabled=not can_step, help="Train on one batch, then pause.", **steps)
    unit = st.menu_button(
        "by",
        list(UNITS),
        key="strip.step_by",
        disabled=not can_step,
        help="Step by one batch, or by one epoch.",
        **steps,
    )
    can_stop = run is not None and run.is_live and is_own
    button("Stop", "stop", disabled=not can_stop, help="End this run.", **acts("stop"))
    if not wants_step and not unit:
        return None
    return UNITS[unit] if unit else "batch"


def button(name: str, icon: str, **options: Any) -> bool:
    return st.button(name, key=f"strip.{name.lower()}", icon=f":material/{icon}:", **options)
