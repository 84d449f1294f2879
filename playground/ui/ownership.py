"""Whose runs are whose: a visitor is known by a cookie that the server sets, never by a link."""

import secrets

import streamlit as st

from playground.labs import study as studies
from playground.live.visitors import COOKIE, TOKEN, name_of
from playground.runs.store import Store
from playground.ui import session


def owner() -> str:
    """Who looks at this page, fit for the store; a browser without cookies is known as long as its session lasts."""
    token = str(st.context.cookies.get(COOKIE))
    if not TOKEN.fullmatch(token):
        token = session.recall("token") or secrets.token_urlsafe(24)
        session.keep("token", token)
    return name_of(token)


def may_control(store: Store, run_id: str) -> bool:
    """Whether a run is this visitor's, or everybody's."""
    return store.library.owner_of(run_id) in ("", owner())


def may_control_study(store: Store, study_id: str) -> bool:
    """Whether a lab's study is this visitor's, or everybody's."""
    return studies.owner_of(store, study_id) in ("", owner())


def read_only(what: str, way_out: str) -> None:
    """Why the controls of a run or a study are disabled."""
    st.caption(f":material/visibility: Read-only: this {what} is another visitor's. {way_out}")
