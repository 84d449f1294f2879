"""Runs: all that were trained, found again, named, starred, compared, deleted."""

import streamlit as st

from playground.runs.settings import shared_store
from playground.ui.compare import comparison
from playground.ui.runs.compared import compared
from playground.ui.runs.deleted import offer_undo
from playground.ui.runs.disk import show_disk
from playground.ui.runs.filters import wanted
from playground.ui.runs.table import runs_table

store = shared_store()
st.title("Runs")
asked = st.query_params.get("compare", "").split(",")
run_ids = compared(store)
if run_ids:
    comparison(store, asked)
offer_undo(store)
if not run_ids:
    show_disk(store)
runs_table(store, wanted(run_ids))
