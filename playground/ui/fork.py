"""Fork here: from a kept step of a run to an experiment that trains on with its weights."""

import streamlit as st

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from playground.training.forks import check_fork, check_length
from playground.ui import session
from playground.ui.attach import with_live


def open_fork(store: Store, run: Run, step: int) -> None:
    """Open page Train with the experiment as it was at a kept step; Train there goes on with its weights."""
    live = next((one.live for one in store.past.kept(run.id) if one.step == step), None)
    if live is None:
        st.error(f"Step {step:,} of this run isn't kept: choose one on the slider.", icon=":material/error:")
        return
    session.load(with_room(with_live(trainer_of(store, run, step).experiment, live), store, run, step))
    session.keep("run", None)
    session.keep("origin", Origin(run.id, step))
    session.keep("imported", None)
    st.query_params.pop("run", None)
    st.switch_page("train.py")


def trainer_of(store: Store, run: Run, step: int) -> Run:
    """The run that made a step: of a fork's steps up to the fork it is an ancestor, as long as that isn't deleted."""
    begin = store.past.origin(run.id)
    if begin is None or step > begin.step:
        return run
    parent = store.run(begin.parent)
    return trainer_of(store, parent, step) if parent else run


def with_room(experiment: Experiment, store: Store, run: Run, step: int) -> Experiment:
    """The experiment, twice as long where the fork would begin at its planned end."""
    training = experiment.training
    try:
        check_length(training, step, store.past.epochs_done(run.id, step))
    except SpecError:
        longer = {"epochs": 2 * training.epochs} if training.unit == "epochs" else {"steps": 2 * training.steps}
        return experiment.but(training=training.but(**longer))
    return experiment


def origin() -> Origin | None:
    """Where the next run forks from; None where it begins with initial weights."""
    return session.recall("origin")


def drop_origin() -> None:
    """Let the next run begin with initial weights."""
    session.keep("origin", None)


def problem(store: Store, experiment: Experiment) -> str:
    """Why the next run can't fork as it should; "" where it can, or isn't a fork."""
    begin = origin()
    if begin is None:
        return ""
    parent = store.run(begin.parent)
    if parent is None:
        return "the run it forks from has been deleted: begin with initial weights"
    try:
        check_fork(parent.experiment, experiment)
        check_length(experiment.training, begin.step, store.past.epochs_done(begin.parent, begin.step))
    except SpecError as error:
        return error.message
    return ""


def show_origin(store: Store, experiment: Experiment, run: Run | None) -> None:
    """With which weights the next run begins, or the one looked at began, where those aren't initial ones."""
    begin = origin() or (store.past.origin(run.id) if run else None)
    if begin is None:
        return
    parent = store.run(begin.parent)
    name = parent.name if parent else "a deleted run"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="origin"):
        st.caption(f"Fork of {name} at step {begin.step:,}: its weights, and its curve up to there.")
        if origin() is not None:
            st.button("Initial weights instead", key="origin.drop", on_click=drop_origin, type="tertiary")
    if why := problem(store, experiment):
        st.error(why, icon=":material/error:")
