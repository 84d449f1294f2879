"""Which run a page looks at: the one in the address. Only a click starts one."""

from typing import Any, Literal

import streamlit as st

from playground.errors import SpecError
from playground.experiment import LIVE_FIELDS, Experiment
from playground.link import harmless
from playground.network.names import short_name
from playground.presets import template_of
from playground.runs import control
from playground.runs.imports import Imported
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from playground.ui import session
from playground.ui.ownership import may_control, owner

BEGIN: dict[str, Literal["run", "batch", "epoch"]] = {"train": "run", "batch": "batch", "epoch": "epoch"}
PANELS = {
    "data": "digits",
    "network": "network",
    "loss": "loss",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "regularization": "regularization",
    "training": "training",
}


def attached_run(store: Store) -> Run | None:
    """The run of the address, or else the one this session looked at last.

    When it is new to this session, its set-up goes into the editors; so does what another page changed of it live.
    """
    run_id = st.query_params.get("run") or session.recall("run")
    if not run_id:
        return None
    run = store.run(run_id)
    if run is None:
        st.query_params.pop("run", None)
        session.keep("run", None)
        named = harmless(run_id)[:20]
        st.warning(f"There is no run {named} here: it may have been deleted. Press Train for a new one.")
        return None
    if store.library.card(run.id).deleted is not None:
        st.warning("This run was deleted. Its owner can undo that on the page Runs, for an hour where disk allows.")
    if session.recall("run") != run.id:
        session.keep("run", run.id)
        session.keep("origin", None)
        session.keep("imported", None)
        session.keep("sent", run.live)
        if session.draft().experiment != as_it_is(run):
            session.load(as_it_is(run))
    elif others := changed_by_others(run):
        session.keep("sent", {**(session.recall("sent") or {}), **others})
        session.load(with_live(session.draft().experiment, others))
    session.keep("seen", run.live)
    if "run" not in st.query_params:
        st.query_params["run"] = run.id
    return run


def changed_by_others(run: Run) -> dict[str, float]:
    """The live settings that have other values than when this page last looked, and didn't get them from here."""
    seen, sent = session.recall("seen") or run.live, session.recall("sent") or {}
    return {field: value for field, value in run.live.items() if value not in (seen.get(field, value), sent.get(field))}


def begin(
    store: Store, run: Run | None, experiment: Experiment, wanted: Literal["train", "restart", "batch", "epoch"]
) -> None:
    """Start what a click asked for, put the run's id into the address, and draw the page anew.

    What exceeds the host's limits is said instead, before anything is stopped.
    """
    try:
        store.admit([run.experiment if wanted == "restart" and run is not None else experiment], owner())
    except SpecError as error:
        st.error(error.message, icon=":material/error:")
        return
    if run is not None and run.is_live and may_control(store, run.id):
        control.stop(store, run.id)
    if wanted == "restart" and run is not None:
        run_id = store.create(
            run.experiment,
            run.name,
            origin=store.past.beginning(run.id),
            owner=owner(),
            imported=store.imports.of(run.id),
        )
    else:
        origin: Origin | None = session.recall("origin")
        name = name_of(experiment) + (f" from step {origin.step:,}" if origin else "")
        imported: Imported | None = session.recall("imported")
        run_id = store.create(experiment, name, BEGIN[wanted], origin, owner=owner(), imported=imported)
        session.keep("run", run_id)
        session.keep("origin", None)
        session.keep("imported", None)
        session.keep("sent", {})
        session.keep("seen", {})
    rest = {name: value for name, value in st.query_params.items() if name not in ("x", "from")}
    st.query_params.from_dict(
        {**rest, "run": run_id}
    )  # before it waits, for another rerun may cut the script off there
    control.wait_for_worker(store, run_id)
    st.rerun()


def follow_live_changes(store: Store, run: Run | None, experiment: Experiment) -> Run | None:
    """Send what was changed in the editors, of the four settings that a running network takes up at its next step."""
    if run is None or not run.is_live or not may_control(store, run.id):
        return run
    now = as_it_is(run)
    for field in LIVE_FIELDS:
        sent: dict[str, float] = session.recall("sent") or {}
        value = value_at(experiment, field)
        # Noted first: while it waits for the worker, another rerun may cut the script off, which must not ask twice.
        session.keep("sent", {**sent, field: value})
        if value == sent.get(field, value_at(now, field)):
            continue
        try:
            control.change(store, run.id, field, value)
        except SpecError as error:
            session.keep("sent", sent)
            st.error(error.message, icon=":material/error:")
    return store.run(run.id)


def differences(run: Run | None, experiment: Experiment) -> list[str]:
    """The panels in which the editors differ from the run they look at; live settings don't count."""
    if run is None:
        return []
    mine = with_live(experiment, {field: value_at(run.experiment, field) for field in LIVE_FIELDS})
    return [label for name, label in PANELS.items() if getattr(mine, name) != getattr(run.experiment, name)]


def standing(before: Run, after: Run) -> dict[str, Any]:
    """How the run stood when the page was painted: its state as the script began, its live settings as it ended."""
    return {"state": before.state, "attempt": before.attempt, "step": before.step, "live": after.live}


def has_penalty(experiment: Experiment) -> bool:
    """Whether the optimizer lowers more than the loss; AdamW's weight decay isn't part of what it lowers."""
    chosen = experiment.regularization
    decays = chosen.weight_decay > 0 and experiment.optimizer.kind != "AdamW"
    return decays or chosen.l1 > 0


def had_penalty(store: Store, run: Run) -> bool:
    """Whether there was a penalty at any step of the run so far."""
    past = (with_live(run.experiment, {field: value}) for field, value in store.changes(run.id))
    return has_penalty(run.experiment) or any(map(has_penalty, past))


def as_it_is(run: Run) -> Experiment:
    """The run's experiment with its live settings as they are now."""
    return with_live(run.experiment, run.live)


def with_live(experiment: Experiment, live: dict[str, Any]) -> Experiment:
    for field, value in live.items():
        part, name = field.split(".")
        experiment = experiment.but(**{part: getattr(experiment, part).but(**{name: value})})
    return experiment


def value_at(experiment: Experiment, field: str) -> float:
    part, name = field.split(".")
    return getattr(getattr(experiment, part), name)


def name_of(experiment: Experiment) -> str:
    """A short name for a run: the template's where the network is one, else its weighted layers."""
    return template_of(experiment.network) or short_name(experiment.network)
