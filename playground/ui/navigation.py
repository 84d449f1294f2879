"""The sidebar's links, each to where this session was on that page: its run, or its study.

Streamlit's own links drop what the address holds; a page that put it back would make a second entry in the browser's
history, and Back would lead nowhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from playground.ui import session
from playground.ui.hidden import hidden

OF_A_RUN = ("train", "inside")
# On a phone the sidebar covers the page: a link in it leads away from the sidebar too, as Streamlit's own links do.
FOLD_ON_PHONES = """<script>
window.dlpFold ??= document.addEventListener("click", (event) => {
  if (innerWidth > 768 || !event.target.closest('[data-testid="stSidebar"] a')) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}) ?? true;
</script>"""


def navigation(sections: Mapping[str, Sequence[Any]]) -> None:
    """One link a page, under the sections' names."""
    with st.container(key="navigation", gap=None):
        for section, pages in sections.items():
            if section:
                st.caption(section)
            for page in pages:
                st.page_link(page, icon=page.icon, query_params=whereabouts(page.url_path))
    st.html(FOLD_ON_PHONES, unsafe_allow_javascript=True)


def whereabouts(page: str) -> dict[str, str]:
    """What the address of a page held when this session was there last, and what the session's link hides."""
    hide = {"hide": ",".join(hidden())} if hidden() else {}
    if page in OF_A_RUN:
        run = st.query_params.get("run") or session.recall("run")
        return {**hide, "run": run} if run else hide
    study = session.recall(f"{page}.{session.recall(f'{page}.topic')}.study")
    return {**hide, "study": study} if study else hide
