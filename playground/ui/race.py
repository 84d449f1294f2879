"""The page of a race: an experiment, the values to try, Run, and what comes out."""

from typing import cast

import streamlit as st

from playground.comparison.lines import member_of
from playground.comparison.table import beside_experiment
from playground.errors import SpecError
from playground.experiment import Experiment
from playground.labs import study as studies
from playground.labs.race.lab import LAB, RACE
from playground.labs.race.race import RaceSetup, start
from playground.link import harmless
from playground.runs.settings import shared_store
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui import session
from playground.ui.attach import name_of
from playground.ui.lab import REFRESH, Keys, begin, run_buttons
from playground.ui.lab_memory import attached, recalled_setup, remember_setup
from playground.ui.race_knobs import race_knobs
from playground.ui.race_results import show_race
from playground.ui.styles import lab_style
from playground.ui.summaries import in_short

STUDY, RUN = f"{LAB.name}.{RACE.name}.study", "race.run"  # what this session looks at, and whose experiment it took


def race_page() -> None:
    """A study of the address; else the experiment of the run in the address, or else the one in the editors."""
    store = shared_store()
    lab_style()
    st.title(LAB.title, anchor=False)
    st.caption(LAB.intro)
    take_run(store)
    study, _ = attached(store, LAB)
    if study is None and session.recall(RUN) is None:
        follow_editors()
    before, edition = recalled()
    show_experiment(before.experiment)
    show_left_out(store)
    setup, is_ready = race_knobs(Keys("race", edition), before)
    remember_setup(LAB, RACE, setup)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="run-row"):
        wants_run = run_buttons(store, RACE, setup, study, is_ready)
    if wants_run and is_ready:
        session.keep(RUN, None)
        begin(store, LAB, RACE, study, setup)
    show(store, study, setup)


def show(store: Store, study: Study | None, setup: RaceSetup) -> None:
    """What has come of the study, or the empty charts of what would be run."""
    done, goes_on = setup, False
    if study is not None:
        done = cast(RaceSetup, studies.setup_of(RACE, study))
        goes_on = not studies.results(store, RACE, study).is_over
        if done != setup:
            st.caption("The knobs have moved since this was run: below is what was run. Press Run for another.")
    st.fragment(show_race, run_every=REFRESH if goes_on else None)(store, study, done, goes_on)


# --- which experiment -------------------------------------------------------------------------------------------------


def recalled() -> tuple[RaceSetup, int]:
    """The set-up as the knobs last said, and the edition of their keys."""
    setup, edition = recalled_setup(LAB, RACE)
    return cast(RaceSetup, setup), edition


def take_run(store: Store) -> None:
    """Race the experiment of a run that the address names, once for each time that somebody comes with it."""
    run_id = st.query_params.get("run")
    if run_id is None or "study" in st.query_params or session.recall(RUN) == run_id:
        return
    run = store.run(run_id)
    if run is None:
        st.query_params.pop("run", None)
        named = harmless(run_id)[:20]
        st.warning(f"There is no run {named} here: it may have been deleted. This is what the editors hold.")
        return
    session.keep(RUN, run.id)
    session.keep(STUDY, None)
    begin_with(run.experiment)


def follow_editors() -> None:
    """Race what is in the editors of page Train, as long as nothing has been run of it."""
    before, _ = recalled()
    if before.experiment != session.draft().experiment:
        begin_with(session.draft().experiment)


def begin_with(experiment: Experiment) -> None:
    """Put an experiment into the knobs, with the settings as before where they have an effect on it."""
    before, _ = recalled()
    try:
        remember_setup(LAB, RACE, start(experiment, before), renews=True)
    except SpecError as error:
        st.error(f"This set-up can't be trained yet: {error.message}", icon=":material/error:")
        st.page_link("train.py", label="Mend it in Train", icon=":material/tune:")
        st.stop()


def show_experiment(experiment: Experiment) -> None:
    """What all arms have in common, and the way to another one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="race-of"):
        st.markdown(f"**{name_of(experiment)}** · {in_short(experiment)}", width="content")
        if experiment != session.draft().experiment:
            take = "Take the set-up in Train"
            st.button(take, icon=":material/tune:", type="tertiary", key="race.editors", on_click=back_to_editors)


def show_left_out(store: Store) -> None:
    """What the arms don't take over from the run whose experiment they have."""
    run = store.run(session.recall(RUN) or "")
    left_out = beside_experiment(store, member_of(store, run)) if run else ""
    if left_out:
        st.caption(f"All arms begin with initial weights. Not taken over from the run: {left_out}.")


def back_to_editors() -> None:
    session.keep(RUN, None)
    session.keep(STUDY, None)
    st.query_params.clear()
