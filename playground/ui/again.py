"""Train again with one setting changed: a new run of a run's experiment, by the same seed, so that both compare."""

from typing import Literal

import streamlit as st

from playground.comparison.lines import member_of
from playground.comparison.table import changes
from playground.errors import SpecError
from playground.experiment import Experiment
from playground.labs.race.race import named
from playground.labs.race.setting import Setting, Value, check_digits, shown
from playground.labs.race.settings import settings_of
from playground.runs import control
from playground.runs.library import LONGEST_NAME
from playground.runs.store import Run, Store
from playground.training.forks import check_fork, check_length
from playground.ui.ownership import owner
from playground.ui.widgets import error_beside


def train_again(store: Store, run: Run, then: Literal["compare", "open"] = "compare") -> None:
    """A popover with one setting and its new value; Train leads to both runs compared, or opens the new one.

    A fork begins again with the weights that it began with.
    """
    with st.popover("Train again with…", icon=":material/tune:", help="The same experiment with one thing changed."):
        settings = settings_of(run.experiment)
        name = st.selectbox("Setting", list(settings), key=f"again.{run.id}.setting")
        setting = settings[name]
        text = new_value(run, setting)
        try:
            experiment, value = changed(store, run, setting, text)
        except SpecError as error:
            if text:
                error_beside("again", error)
            st.button("Train", icon=":material/play_arrow:", key=f"again.{run.id}.train", disabled=True)
            return
        made = changes(member_of(store, run))
        without = f", but without what was changed while it ran: {made}" if made else ""
        st.caption(f"A new run, {title(run, setting, value)}, with the same seed and all else as it was{without}.")
        if st.button("Train", icon=":material/play_arrow:", key=f"again.{run.id}.train", type="primary"):
            begin(store, run, experiment, title(run, setting, value), then)


def what_next(store: Store, run: Run) -> None:
    """Below a run: train it again with one change, or race it over many."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what-next"):
        train_again(store, run, then="open")
        st.page_link("race.py", label="Race it", icon=":material/flag:", query_params={"run": run.id}, width="content")


def new_value(run: Run, setting: Setting) -> str:
    """What was chosen or typed; "" for nothing yet."""
    now = setting.read(run.experiment)
    label = "New value" if now is None else f"Instead of {shown(now)}"
    key = f"again.{run.id}.{setting.name}"
    if setting.options:
        others = [option for option in setting.options if option != now]
        return st.selectbox(label, others, index=None, placeholder="Choose", key=key) or ""
    tried = [shown(value) for value in setting.tried(run.experiment) if value != now]
    return st.text_input(label, placeholder=f"for example {tried[0]}" if tried else "", max_chars=40, key=key) or ""


def changed(store: Store, run: Run, setting: Setting, text: str) -> tuple[Experiment, Value]:
    """The experiment with the new value; raises `SpecError` where it can't be, here, or changes nothing."""
    value = setting.parse(text)
    experiment = setting.apply(run.experiment, value)
    if experiment == run.experiment:
        raise SpecError(setting.field, f"{named(setting, value)} is what it was: choose another value")
    check_digits(experiment)
    store.admit([experiment], owner())
    origin = store.past.beginning(run.id)
    if origin is not None:
        check_fork(run.experiment, experiment)
        check_length(experiment.training, origin.step, store.past.epochs_done(origin.parent, origin.step))
    return experiment, value


def title(run: Run, setting: Setting, value: Value) -> str:
    """The run's name, shortened where the end would not fit, and what is different."""
    end = f" with {named(setting, value)}"[:LONGEST_NAME]
    return shorten(run.name, LONGEST_NAME - len(end)) + end


def shorten(text: str, most: int) -> str:
    """
    >>> shorten("a long name", 7), shorten("a name", 7)
    ('a long…', 'a name')
    """
    return text if len(text) <= most else f"{text[: max(0, most - 1)]}…"


def begin(store: Store, run: Run, experiment: Experiment, name: str, then: Literal["compare", "open"]) -> None:
    """Queue the run and lead to it; the run that it comes from goes on, if it does."""
    origin = store.past.beginning(run.id)
    run_id = store.create(experiment, name, origin=origin, owner=owner(), imported=store.imports.of(run.id))
    if then == "open":
        st.query_params["run"] = run_id
        control.wait_for_worker(store, run_id)
        st.rerun()
    st.switch_page("runs.py", query_params={"compare": f"{run.id},{run_id}"})
