"""What one browser session holds: the experiment being set up, its history, and which run it looks at.

The only file that reads or writes `st.session_state`. Streamlit forgets a widget's value when its page is left; the
draft stays, and the widgets are fed from it. A new edition gives every widget a new key, so that old values of
widgets can't overwrite a template or an undone step.
"""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from playground.experiment import Experiment
from playground.presets import TEMPLATES

FIRST_TEMPLATE = "CNN 16-32"
UNDO_STEPS = 200


@dataclass(frozen=True)
class Draft:
    """The experiment as it stands in the editors.

    `layer_ids` name the layers across insertions and moves, for the keys of their widgets.
    """

    experiment: Experiment
    layer_ids: tuple[int, ...]
    edition: int = 0

    def key(self, path: str) -> str:
        """The key of the widget that edits a field: the field's dotted path, with the edition."""
        return f"{path}@{self.edition}"


@dataclass(frozen=True)
class History:
    past: tuple[Experiment, ...] = ()
    future: tuple[Experiment, ...] = ()


def draft() -> Draft:
    if "draft" not in st.session_state:
        experiment = TEMPLATES[FIRST_TEMPLATE]
        st.session_state["draft"] = Draft(experiment, new_ids(len(experiment.network.layers)))
    return st.session_state["draft"]


def edit(experiment: Experiment, layer_ids: tuple[int, ...] | None = None) -> None:
    """Take what the editors gave back; one step of undo where it differs."""
    old = draft()
    if experiment == old.experiment and layer_ids in (None, old.layer_ids):
        return
    if experiment != old.experiment:
        remember(old.experiment)
    ids = old.layer_ids if layer_ids is None else layer_ids
    st.session_state["draft"] = replace(old, experiment=experiment, layer_ids=ids)


def load(experiment: Experiment) -> None:
    """Put another experiment into the editors: a template, a run's, an undone one."""
    old = draft()
    remember(old.experiment)
    show(experiment)


def begin_with(experiment: Experiment) -> None:
    """Put an experiment into the editors that belongs to no run, and begins with initial weights."""
    load(experiment)
    for name in ("run", "origin", "imported"):
        keep(name, None)


def undo() -> None:
    history = past_and_future()
    if history.past:
        st.session_state["history"] = History(history.past[:-1], (draft().experiment, *history.future))
        show(history.past[-1])


def redo() -> None:
    history = past_and_future()
    if history.future:
        st.session_state["history"] = History((*history.past, draft().experiment), history.future[1:])
        show(history.future[0])


def past_and_future() -> History:
    return st.session_state.get("history", History())


def new_ids(count: int) -> tuple[int, ...]:
    """Numbers that this session has not used for a layer before."""
    first = st.session_state.get("next_layer_id", 0)
    st.session_state["next_layer_id"] = first + count
    return tuple(range(first, first + count))


def recall(name: str, default: Any = None) -> Any:
    """A plain value this session remembers, such as the id of the task it waits for."""
    return st.session_state.get(f"kept.{name}", default)


def keep(name: str, value: Any) -> None:
    st.session_state[f"kept.{name}"] = value


def remember(experiment: Experiment) -> None:
    history = past_and_future()
    st.session_state["history"] = History((*history.past, experiment)[-UNDO_STEPS:], ())


def show(experiment: Experiment) -> None:
    old = draft()
    ids = new_ids(len(experiment.network.layers))
    st.session_state["draft"] = Draft(experiment, ids, old.edition + 1)


def chosen(key: str, default: Any = None) -> Any:
    """What the control with that key holds in this rerun, None where it is empty; `default` where there is none."""
    return st.session_state.get(key, default)
