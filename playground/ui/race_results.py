"""What has come of a race so far: its arms, its charts, and the answer in words."""

import html

import streamlit as st

from playground.labs.outcome import Results
from playground.labs.race.charts import Axis, Split, View, charts, entrants
from playground.labs.race.lab import RACE
from playground.labs.race.race import RaceSetup, arms
from playground.labs.study import results
from playground.live.figures import figures
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui.lab_results import open_in_train, show_answer, show_progress, standing

SPLITS: dict[Split, str] = {"validation": "Validation", "train": "Train"}
AXES: dict[Axis, str] = {"epoch": "Epochs", "step": "Steps"}


def show_race(store: Store, study: Study | None, setup: RaceSetup, goes_on: bool) -> None:
    """A fragment: it looks again while the study goes on, and draws the page anew once it is over."""
    found = results(store, RACE, study) if study else Results()
    if goes_on and found.is_over:
        st.rerun()
    if study is not None:
        show_progress(store, found)
    if setup.is_grid:
        with st.expander(f"The {len(arms(setup))} arms", key="arms"):
            show_arms(setup, found)
    else:
        show_arms(setup, found)
    figures(charts(setup, found, choose_view(setup)), key="race.charts")
    with st.container(key="answer"):
        if study is not None:
            show_answer(RACE, setup, None, found)


def show_arms(setup: RaceSetup, found: Results) -> None:
    """A row an arm: its colour on the charts, how far it is, and the way to page Train."""
    colors = [] if setup.is_grid else [one.color for one in entrants(setup, found)]
    with st.grid(4, min_column_width=250, gap="small", key="race-arms"):
        for place, arm in enumerate(arms(setup)):
            own = [one for one in found.outcomes if one.arm.name == arm.name]
            with st.container(key=f"arm-{place}", gap=None):
                dot = f'<i style="background:{colors[place]}"></i>' if colors else ""
                st.html(f'<div class="lab-arm">{dot}<b>{html.escape(arm.name)}</b></div>')
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(standing(own), width="stretch")
                    open_in_train(arm, place, own)


def choose_view(setup: RaceSetup) -> View:
    with st.container(horizontal=True, gap="medium", key="race-view"):
        split: Split = st.segmented_control(
            "Measured on",
            list(SPLITS),
            default="validation",
            required=True,
            format_func=SPLITS.__getitem__,
            key="race.split",
            help="Digits that it wasn't trained on, or those that it was. The answer always goes by validation.",
        )
        if setup.is_grid:
            return View(split)
        over: Axis = st.segmented_control(
            "Over", list(AXES), default="epoch", required=True, format_func=AXES.__getitem__, key="race.over",
            help="Epochs compare arms that take other batches; steps are updates of the weights.",
        )  # fmt: skip
    return View(split, over)
