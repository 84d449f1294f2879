"""The page of a lab: a topic's question, its knobs, one button Run, and what came out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from playground.errors import SpecError
from playground.labs import study as studies
from playground.labs.duration import wait
from playground.labs.outcome import Results
from playground.labs.topic import Lab, Setup, Topic, planned, with_seed
from playground.runs.settings import settings, shared_store
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui.lab_memory import (
    attached,
    guess_of,
    is_own,
    recalled_setup,
    remember,
    remember_setup,
    remember_topic,
)
from playground.ui.lab_results import show_results
from playground.ui.ownership import may_control_study, owner, read_only
from playground.ui.running_now import duration
from playground.ui.styles import lab_style
from playground.ui.widgets import error_beside, pick

SEEDS = (1, 2, 3, 4, 5, 6, 8, 10)
REFRESH = 0.5  # seconds between two looks at a study that goes on: each takes a tenth of one from training


@dataclass(frozen=True)
class Keys:
    """The keys of a topic's knobs; another edition forgets what they held."""

    topic: str
    edition: int

    def key(self, path: str) -> str:
        return f"{self.topic}.{path}@{self.edition}"


class Controls(NamedTuple):
    """What a topic has on its page beside the frame.

    `knobs` draws its controls and gives back the set-up as they say. `extras` stands below the answer; it gets the
    study (None before the first run), the set-up that was run (or stands now), and what came out.
    """

    knobs: Callable[[Keys, Any], Any]
    extras: Callable[[Store, Study | None, Any, Results], None] | None = None


def lab_page(lab: Lab, controls: Mapping[str, Controls]) -> None:
    """All of a lab's page; `controls` has an entry for each topic."""
    store = shared_store()
    lab_style()
    study, chosen = attached(store, lab)
    st.title(lab.title, anchor=False)
    st.caption(lab.intro)
    topic = choose_topic(lab, chosen)
    if topic is not chosen:
        remember_topic(lab, topic)
        st.rerun()
    st.header(topic.question, anchor=False)
    setup = settle(lab, topic, controls[topic.name].knobs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="run-row"):
        if topic.guesses:
            setup = guessed(lab, topic, setup)
        wants_run = run_buttons(store, topic, setup, study)
    if wants_run:
        begin(store, lab, topic, study, setup)
    found, done = Results(), setup
    if study is not None:
        done = studies.setup_of(topic, study)
        found = studies.results(store, topic, study)
        if done.but(guess="") != setup.but(guess=""):
            st.caption("The knobs have moved since this was run: below is what was run. Press Run for another.")
    goes_on = study is not None and not found.is_over
    st.fragment(show_results, run_every=REFRESH if goes_on else None)(
        *(store, topic, study, done, guess_of(study), goes_on)
    )
    extras = controls[topic.name].extras
    if extras is not None:
        extras(store, study, done, found)


def begin(store: Store, lab: Lab, topic: Topic, before: Study | None, setup: Setup) -> None:
    """Run a set-up instead of the study looked at, and look at it; or say why not."""
    try:
        if before is not None and is_own(before):
            studies.stop(store, before.id)
        remember(lab, topic, studies.begin(store, lab, topic, setup.but(guess=""), owner()), setup)
    except SpecError as error:  # the queue has filled since Run was drawn
        error_beside("lab", error)
    else:
        st.rerun()


def choose_topic(lab: Lab, chosen: Topic) -> Topic:
    if len(lab.topics) == 1:
        return lab.topics[0]
    title = st.segmented_control(
        "Topic",
        [topic.title for topic in lab.topics],
        default=chosen.title,
        required=True,
        key=f"{lab.name}.topic.{chosen.name}",
        label_visibility="collapsed",
    )
    return next(topic for topic in lab.topics if topic.title == title)


def settle(lab: Lab, topic: Topic, knobs: Callable[[Keys, Any], Any]) -> Setup:
    """The set-up as the controls say."""
    before, edition = recalled_setup(lab, topic)
    keys = Keys(f"{lab.name}.{topic.name}", edition)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="knobs"):
        setup = knobs(keys, before)
        if topic.task is None:
            setup = seeds(keys, setup)
    remember_setup(lab, topic, setup)
    return setup


def seeds(keys: Keys, setup: Setup) -> Setup:
    with st.container(width=220):
        return pick(
            keys,
            "seeds",
            setup,
            "Repeat over seeds",
            SEEDS,
            help="Each arm is trained once with each seed: other splits, weights and orders of batches. "
            "The spread shows what luck alone does.",
        )


def guessed(lab: Lab, topic: Topic, setup: Setup) -> Setup:
    """The set-up with what the reader thinks will happen."""
    _, edition = recalled_setup(lab, topic)
    guess = st.segmented_control(
        "Guess first",
        topic.guesses,
        default=setup.guess or None,
        key=Keys(f"{lab.name}.{topic.name}", edition).key("guess"),
        help="What do you think will happen? The answer says how your guess did. You may leave it.",
    )
    setup = setup.but(guess=guess or "")
    remember_setup(lab, topic, setup)
    return setup


def run_buttons(store: Store, topic: Topic, setup: Setup, study: Study | None, is_ready: bool = True) -> bool:
    """Run, Stop, and how long it will take; True where Run was pressed. Not ready: what is wrong stands elsewhere."""
    problem: SpecError | None = None
    seconds = 0.0
    try:
        plan = planned(topic, setup)
        experiments = [with_seed(arm.experiment, seed) for arm, seed in plan]
        store.admit(experiments, owner())
        seconds = wait(store, experiments, workers())
        seconds += topic.afterwards * len(plan) / workers()
    except SpecError as error:
        problem = error
    goes_on = study is not None and any(progress.study == study.id for progress in store.studies.going_on())
    has_control = study is not None and may_control_study(store, study.id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        wants_run = st.button(
            "Run",
            type="primary",
            icon=":material/play_arrow:",
            key="lab.run",
            disabled=problem is not None or not is_ready,
            help="Train all arms anew." if topic.task is None else "Work it out anew.",
        )
        if goes_on and study is not None and has_control:
            stopped = st.button("Stop", icon=":material/stop:", key="lab.stop", help="End all of its runs.")
            if stopped:
                studies.stop(store, study.id)
                st.rerun()
        if study is not None and has_control and (gone := studies.lost(store, study.id)):
            help_ = "Their worker ended before they did: go on from their last checkpoints, to the same curves."
            if st.button(f"Resume {len(gone)} lost", icon=":material/resume:", key="lab.resume", help=help_):
                studies.resume(store, study.id)
                st.rerun()
        if problem is None and is_ready and not goes_on:
            st.caption(foresight(len(planned(topic, setup)), seconds))
        if study is not None and not has_control:
            read_only("study", "Run makes your own.")
    if problem is not None:
        error_beside("lab", problem)
    return wants_run and problem is None


def foresight(runs: int, seconds: float) -> str:
    """How much a press of Run will train, and how long that will take."""
    if not runs:
        return "A few seconds."
    crew = workers()
    return (
        f"{runs} run{'s' if runs > 1 else ''} on {crew} worker{'s' if crew > 1 else ''}: "
        f"about {duration(seconds)}, longer where others train too."
    )


def workers() -> int:
    return settings().workers
