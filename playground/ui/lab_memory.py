"""What a browser session remembers of a lab: its topic, and each topic's knobs and study. The address has the study."""

import streamlit as st
from pydantic import ValidationError

from playground.labs.study import setup_of
from playground.labs.topic import Lab, Setup, Topic
from playground.link import harmless
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui import session


def attached(store: Store, lab: Lab) -> tuple[Study | None, Topic]:
    """The study of the address, or else the one this session looked at last; and its topic.

    One that is new to this session brings its set-up into the knobs.
    """
    linked = st.query_params.get("study")
    if linked is not None:
        study = store.studies.study(linked)
        if study is None or study.lab != lab.name or not take(lab, study):
            st.query_params.pop("study", None)
            named = harmless(linked)[:20]
            st.warning(f"There is no study {named} here: it may have been deleted. Press Run for a new one.")
    elif "topic" in st.query_params:
        session.keep(f"{lab.name}.topic", st.query_params["topic"])
    topic = lab.topic(session.recall(f"{lab.name}.topic"))
    study_id = session.recall(f"{lab.name}.{topic.name}.study")
    study = store.studies.study(study_id) if study_id else None
    if study is not None and "study" not in st.query_params:
        st.query_params.from_dict({"study": study.id})
    return study, topic


def take(lab: Lab, study: Study) -> bool:
    """Remember a study that somebody linked to; False where this version can't read its set-up."""
    topic = next((topic for topic in lab.topics if topic.name == study.topic), None)
    if topic is None:
        return False
    if session.recall(f"{lab.name}.{topic.name}.study") != study.id:
        try:
            setup = setup_of(topic, study)
        except ValidationError:
            return False
        session.keep(f"{lab.name}.{topic.name}.study", study.id)
        remember_setup(lab, topic, setup, renews=True)
    session.keep(f"{lab.name}.topic", topic.name)
    return True


def remember(lab: Lab, topic: Topic, study_id: str, setup: Setup) -> None:
    """A study that was just begun; its id goes into the address, the reader's guess doesn't."""
    session.keep(f"{lab.name}.{topic.name}.study", study_id)
    session.keep(f"{study_id}.guess", setup.guess)
    remember_setup(lab, topic, setup)
    st.query_params.from_dict({"study": study_id})


def is_own(study: Study) -> bool:
    """Whether this session began it; another one's link shows it, and leaves it alone."""
    return guess_of(study) is not None


def guess_of(study: Study | None) -> str | None:
    """What this session guessed before it began the study: "" for nothing, None where it didn't begin it."""
    return session.recall(f"{study.id}.guess") if study else None


def remember_topic(lab: Lab, topic: Topic) -> None:
    """The topic that was chosen, with its study in the address, if there is one."""
    session.keep(f"{lab.name}.topic", topic.name)
    study_id = session.recall(f"{lab.name}.{topic.name}.study")
    st.query_params.from_dict({"study": study_id} if study_id else {"topic": topic.name})


def recalled_setup(lab: Lab, topic: Topic) -> tuple[Setup, int]:
    """The set-up as the knobs last said, and the edition of their keys."""
    path = f"{lab.name}.{topic.name}"
    return session.recall(f"{path}.setup", topic.setup), session.recall(f"{path}.edition", 0)


def remember_setup(lab: Lab, topic: Topic, setup: Setup, renews: bool = False) -> None:
    """`renews`: what the knobs hold is to be overwritten."""
    path = f"{lab.name}.{topic.name}"
    session.keep(f"{path}.setup", setup)
    if renews:
        session.keep(f"{path}.edition", session.recall(f"{path}.edition", 0) + 1)
