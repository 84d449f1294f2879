"""Train: build a network, press Train, watch it learn."""

import streamlit as st

from playground.live.board import board
from playground.live.inside import panel
from playground.network.shapes import can_train
from playground.runs.settings import shared_store
from playground.ui import session
from playground.ui.address import follow, show_problem, take_up
from playground.ui.again import what_next
from playground.ui.attach import (
    attached_run,
    begin,
    differences,
    follow_live_changes,
    had_penalty,
    has_penalty,
    standing,
)
from playground.ui.final_test import final_test
from playground.ui.fork import show_origin
from playground.ui.hidden import EDITORS, is_shown
from playground.ui.imports import show_imported
from playground.ui.limits import excess
from playground.ui.network_editor import network_editor
from playground.ui.replay import replay
from playground.ui.settings import settings
from playground.ui.strip import strip

store = shared_store()
run = attached_run(store)
take_up(store, run)
as_begun = run
notice, top = st.container(), st.container(key="strip")

has_editors = any(map(is_shown, EDITORS))
setup, view = st.columns([0.4, 0.6], gap="medium") if has_editors else (st.container(), st.container())
with setup:
    if is_shown("network"):
        draft = session.draft()
        network, layer_ids = network_editor(draft)
        is_rebuilt = layer_ids != draft.layer_ids
        session.edit(draft.experiment.but(network=network), layer_ids)
        if is_rebuilt:
            st.rerun()
    session.edit(settings(session.draft(), store, run))
experiment = session.draft().experiment
run = follow_live_changes(store, run, experiment)
with notice:
    show_problem()
with top:
    strip(store, run.id if run else None)
    show_origin(store, experiment, run)
    show_imported(store, experiment, run)

with view:
    changed = differences(run, experiment)
    if changed:
        with st.container(horizontal=True, vertical_alignment="center", key="changed"):
            st.caption(f"Changed since this run began: {', '.join(changed)}. It takes a new run.")
            is_ready = can_train(experiment) and excess(store, experiment) is None
            if st.button("Train anew with this", icon=":material/fiber_new:", disabled=not is_ready):
                begin(store, run, experiment, "train")
    board(
        run.id if run else None,
        run.experiment if run else experiment,
        key="board",
        with_penalty=had_penalty(store, run) if run else has_penalty(experiment),
        standing=standing(as_begun, run) if as_begun and run else None,
    )
    panel("digit", run.id if run else None, run.experiment if run else experiment)
    if run and is_shown("test"):
        final_test(store, run)
    if run:
        what_next(store, run)
        replay(store, run)
follow(run)
