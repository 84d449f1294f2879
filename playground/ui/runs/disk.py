"""How much of the disk that runs may take is taken, and what was deleted to stay below it."""

import time

import streamlit as st

from playground.runs.janitor import in_words
from playground.runs.settings import disk_bytes
from playground.runs.store import Store

SHOWN_FOR = 7 * 24 * 3600.0  # seconds


def show_disk(store: Store) -> None:
    for at, text in store.disk.announced(time.time() - SHOWN_FOR)[:1]:
        day = time.strftime("%Y-%m-%d", time.gmtime(at))
        st.info(f"{day}: {text}", icon=":material/auto_delete:")
    used, most = store.disk.used(), disk_bytes()
    if used:
        advice = ": star what is to stay, the oldest others will go" if used > 0.9 * most else ""
        st.caption(f"Checkpoints: {in_words(used)} of {in_words(most)}{advice}.")
