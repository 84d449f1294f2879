"""A line over every page where something is wrong with the store or its disk."""

import streamlit as st

from playground.runs.health import health_of
from playground.runs.store import Store


@st.fragment(run_every="5s")
def troubles(store: Store) -> None:
    """What is wrong and the way out; nothing where all is well."""
    for words in health_of(store).now():
        st.warning(words, icon=":material/warning:")
