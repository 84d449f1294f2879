"""Share: links to the set-up in the editors and to the run, with panels to hide from who opens them."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import streamlit as st

from playground.link import to_link
from playground.live.component import base_path
from playground.runs.store import Run
from playground.ui import session
from playground.ui.hidden import PANELS, hidden


def share(page: str, run: Run | None) -> None:
    """A popover on the strip of page "train" or "inside"."""
    with (
        st.container(key="share", width="content"),
        st.popover("Share", icon=":material/share:", help="Links to this set-up and to this run"),
    ):
        links = st.container()
        chosen = set(
            st.pills(
                "Hide",
                list(PANELS),
                format_func=PANELS.__getitem__,
                selection_mode="multi",
                default=list(hidden()),
                key=f"share.hide.{page}",
                help="Panels that whoever opens the link won't see.",
            )
        )
        hide = {"hide": ",".join(name for name in PANELS if name in chosen)} if chosen else {}
        with links:
            if page == "train":
                st.markdown("**This set-up** :gray[opens in Train; the same curve on the same machine]")
                st.code(address("train", {**set_up(), **hide}), language=None, wrap_lines=True)
            if run is not None:
                st.markdown("**This run** :gray[live; others see it and can't control it]")
                st.code(address(page, {**hide, "run": run.id}), language=None, wrap_lines=True)


def set_up() -> dict[str, str]:
    """What the editors hold, and the step it forks from."""
    origin = session.recall("origin")
    fork = {"from": f"{origin.parent}.{origin.step}"} if origin else {}
    return {"x": to_link(session.draft().experiment), **fork}


def address(page: str, query: Mapping[str, str]) -> str:
    """A whole address, as the visitor's browser knows this server."""
    here = urlsplit(st.context.url or "")
    server = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{server}{base_path()}/{page}?{urlencode(query, safe=',')}"
