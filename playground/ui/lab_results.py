"""What came out of a study so far: its arms, its charts, and the answer in words."""

import html
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from playground.errors import SpecError
from playground.figures.arms import color_of
from playground.labs.claims import Claim
from playground.labs.difference import differences
from playground.labs.duration import left
from playground.labs.outcome import Outcome, Results
from playground.labs.study import results
from playground.labs.topic import Arm, Setup, Topic
from playground.live.figures import figures
from playground.runs.settings import settings
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui import session
from playground.ui.running_now import duration
from playground.ui.status import COLORS

MOST_CARDS = 8
SIGNS = {True: ":green[:material/check:]", False: ":orange[:material/close:]", None: ":gray[:material/remove:]"}


def show_results(
    store: Store, topic: Topic, study: Study | None, setup: Setup, guess: str | None, goes_on: bool
) -> None:
    """A fragment: it looks again while the study goes on, and draws the page anew once it is over."""
    try:
        found = results(store, topic, study) if study else Results()
        arms = shown_arms(topic, setup, found)
    except SpecError:
        arms, found = [], Results()  # said beside the knobs
    if goes_on and found.is_over:
        st.rerun()
    if study is not None:
        show_progress(store, found)
    show_arms(arms, found)
    figures(topic.charts(setup, found), key=f"{topic.name}.charts")
    with st.container(key="answer"):
        if study is not None:
            show_answer(topic, setup, guess, found)


def shown_arms(topic: Topic, setup: Setup, found: Results) -> list[Arm]:
    """The arms of the plan, and those that were added to the study."""
    arms = {arm.name: arm for arm in topic.arms(setup)}
    return [*arms.values(), *{one.arm.name: one.arm for one in found.outcomes if one.arm.name not in arms}.values()]


def show_progress(store: Store, found: Results) -> None:
    """How many runs have ended, and how long the others take. The line stays, so that nothing below it moves."""
    total = len(found.outcomes)
    done = sum(not one.is_live for one in found.outcomes)
    if done < total:
        seconds = left(store, found.outcomes, settings().workers)
        st.caption(f"{done} of {total} runs have ended · about {duration(seconds)} left")
    elif not found.is_over:
        st.caption("Measuring what they have learned." if total else "A worker is working it out.")
    else:
        st.caption(ended(total))


def ended(total: int) -> str:
    """
    >>> ended(1), ended(2), ended(6)
    ('The run has ended.', 'Both runs have ended.', 'All 6 runs have ended.')
    """
    few = ("Worked out.", "The run has ended.", "Both runs have ended.")
    return few[total] if total < len(few) else f"All {total} runs have ended."


# --- arms -----------------------------------------------------------------------------------------------------------


def show_arms(arms: Sequence[Arm], found: Results) -> None:
    """A card an arm: its colour, what differs from the first one, how far it is, and the way to page Train."""
    if not arms:
        return
    if len(arms) > MOST_CARDS:
        show_many(arms, found)
        return
    with st.grid(min(len(arms), 4), min_column_width=210, gap="small"):
        for place, arm in enumerate(arms):
            differs = what_differs(arms[0], arm) if len(arms) > 1 else arm.note
            show_arm(arm, differs, place, [one for one in found.outcomes if one.arm.name == arm.name])


def show_arm(arm: Arm, differs: str, place: int, outcomes: Sequence[Outcome]) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"arm-{place}"):
        st.html(
            f'<div class="lab-arm"><i style="background:{color_of(place)}"></i><b>{html.escape(arm.name)}</b></div>'
            f'<div class="lab-difference">{html.escape(differs)}</div>'
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(standing(outcomes), width="stretch")
            open_in_train(arm, place, outcomes)


def what_differs(base: Arm, arm: Arm) -> str:
    """The one thing that is not as in the first arm."""
    found = " · ".join(differences(base.experiment, arm.experiment))
    if arm is base:
        found = "what the others are compared with"
    return f"{arm.note} · {found}" if arm.note and found else arm.note or found or "as the first"


def standing(outcomes: Sequence[Outcome]) -> str:
    """How far an arm is, over its seeds.

    >>> standing([])
    ':gray[not run yet]'
    """
    if not outcomes:
        return ":gray[not run yet]"
    troubled = next((one for one in outcomes if one.state in ("failed", "diverged", "lost", "stopped")), None)
    if troubled is not None:
        message = troubled.message.removeprefix(troubled.state).strip(" ·:")
        return f":{COLORS[troubled.state]}[**{troubled.state}**]" + (f" · {message}" if message else "")
    if any(one.is_changed for one in outcomes):
        return ":orange[**changed**] while it ran: no longer this arm, so nothing is concluded from it"
    running = next((one for one in outcomes if one.state in ("running", "paused")), None)
    ended = sum(one.state == "finished" for one in outcomes)
    of = f" · seed {ended + 1} of {len(outcomes)}" if len(outcomes) > 1 and ended < len(outcomes) else ""
    if running is not None:
        return f":blue[{running.state}] · step {running.step:,} of {running.total_steps:,}{of}"
    if ended == len(outcomes):
        return f":green[finished] · {outcomes[0].step:,} steps" + (f" · {ended} seeds" if ended > 1 else "")
    return f":gray[queued]{of}"


def open_in_train(arm: Arm, place: int, outcomes: Sequence[Outcome]) -> None:
    """A link to the arm's first run; before there is one, its set-up."""
    if outcomes:
        st.page_link(
            "train.py",
            label="Open in Train",
            icon=":material/tune:",
            query_params={"run": outcomes[0].run_id},
            width="content",
        )
    elif st.button("Open in Train", icon=":material/tune:", key=f"open.{place}", type="tertiary"):
        session.begin_with(arm.experiment)
        st.switch_page("train.py")


def show_many(arms: Sequence[Arm], found: Results) -> None:
    """Too many for cards: what went wrong, and a list of links that folds."""
    troubled = [one for one in found.outcomes if one.state in ("failed", "diverged", "lost")]
    for state, group in groupby(sorted(troubled, key=lambda one: one.state), key=lambda one: one.state):
        names = ", ".join(dict.fromkeys(one.arm.name for one in group))
        st.markdown(f":{COLORS[state]}[**{state}**] · {names}: not on the charts; the others are.")
    with st.expander(f"The {len(arms)} arms", key="arms"), st.grid(4, min_column_width=210, gap="small"):
        for place, arm in enumerate(arms):
            outcomes = [one for one in found.outcomes if one.arm.name == arm.name]
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{arm.name}** {standing(outcomes)}", width="stretch")
                open_in_train(arm, place, outcomes)


# --- the answer -----------------------------------------------------------------------------------------------------


def show_answer(topic: Topic, setup: Any, guess: str | None, found: Results) -> None:
    """Claims with the numbers just measured, and how the guess did; nothing where there is nothing to say yet."""
    claims = topic.answer(setup, found)
    for problem in dict.fromkeys(problem for one in found.outcomes for problem in one.problems.values()):
        st.warning(f"Not measured: {problem}", icon=":material/warning:")
    if found.problem:
        st.error(found.problem, icon=":material/error:")
    if not claims:
        if found.is_over and not found.problem:
            st.caption("No answer: it takes arms that have finished.")
        return
    st.subheader("What came out" if found.is_over else "What has come out so far", anchor=False)
    st.markdown("\n\n".join(sentence(claim) for claim in claims))
    if found.is_over and guess and topic.came_true is not None:
        st.markdown(judged(guess, topic.came_true(setup, found)))
    if setup.seeds == 1 and found.outcomes:
        st.caption("One seed can't tell an effect from luck: repeat over seeds for a verdict.")


def sentence(claim: Claim) -> str:
    """
    >>> sentence(Claim("It rose by 30 %.", False))
    ':orange[:material/close:] **It came out otherwise.** It rose by 30 %.'
    """
    otherwise = "**It came out otherwise.** " if claim.holds is False else ""
    return f"{SIGNS[claim.holds]} {otherwise}{claim.text}"


def judged(guess: str, truth: str) -> str:
    """How the reader's guess did."""
    if not truth:
        return f":material/lightbulb: You guessed “{guess}”. These runs don't decide it."
    if guess == truth:
        return f":material/lightbulb: You guessed “{guess}”, and so it was."
    return f":material/lightbulb: You guessed “{guess}”. It was “{truth}”."
