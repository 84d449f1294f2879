"""Runs: all that were trained, found again, named, starred, compared, deleted."""

import streamlit as st

from playground.runs.settings import shared_store
from playground.ui.runs.compared import compared
from playground.ui.runs.deleted import offer_undo
from playground.ui.runs.disk import show_disk
from playground.ui.runs.filters import wanted
from playground.ui.runs.table import runs_table

store = shared_store()
st.title("Runs")
run_ids = compared(store)
offer_undo(store)
show_disk(store)
runs_table(store, wanted(run_ids))
