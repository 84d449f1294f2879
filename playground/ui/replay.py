"""Replay: a run trained again, and whether the same came out."""

from typing import Any

import streamlit as st

from playground.errors import SpecError
from playground.runs import control, reproduced
from playground.runs.store import Run, Store
from playground.ui.ownership import owner

REFRESH = 1.0  # seconds between two looks at a replay that goes on
SIGNS = {
    True: ":green[:material/check:]",
    False: ":orange[:material/close:]",
    None: ":gray[:material/hourglass_empty:]",
}


def replay(store: Store, run: Run) -> None:
    """The button, what the run's newest replay says, and of a replay what it says of its run."""
    pairs = pairs_of(store, run)
    if not pairs and not can_replay(run):
        return
    with st.container(border=True, key="replay"):
        if can_replay(run):
            offer(store, run)
        for told, original, other in pairs:
            goes_on = any(one is not None and one.is_live for one in (store.run(original), store.run(other)))
            st.fragment(show_verdict, run_every=REFRESH if goes_on else None)(store, told, original, other, goes_on)


def can_replay(run: Run) -> bool:
    return not run.is_live and run.step > 0


def pairs_of(store: Store, run: Run) -> list[tuple[str, str, str]]:
    """(the words before the verdict, a run, its replay) for what there is to say beside this run."""
    of, newest = store.replays.of(run.id), store.replays.latest(run.id)
    found = [("This is a replay", of.of, run.id)] if of else []
    return [*found, ("Replayed", run.id, newest)] if newest else found


def offer(store: Store, run: Run) -> None:
    """The button, and what a replay depends on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        wants = st.button("Replay", key="replay.start", icon=":material/replay:")
        st.caption("Train it again, with what was changed while it ran, and compare every loss bit for bit.")
    if wants:
        start(store, run)
    final = store.finals.of([run.id]).get(run.id)
    if final is not None:
        versions = ", ".join(f"{name} {version}" for name, version in final.versions.items() if name != "processor")
        st.caption(f"Digest of its curve `{final.digest[:12]}` · {versions} · {final.versions.get('processor', '')}")


def start(store: Store, run: Run) -> None:
    """Begin a replay of a run, this visitor's; the page is drawn anew, or says why not."""
    try:
        run_id = reproduced.begin(store, run, owner())
    except SpecError as error:
        st.error(error.message, icon=":material/error:")
        return
    control.wait_for_worker(store, run_id)
    st.rerun()


def show_verdict(store: Store, told: str, run_id: str, replay_id: str, goes_on: bool) -> None:
    """A fragment: it looks again while the replay goes on."""
    run, other, repeats = store.run(run_id), store.run(replay_id), store.replays.of(replay_id)
    if run is None or other is None or repeats is None:
        st.caption(f"{told} of a run that has been deleted.")
        return
    if goes_on and not run.is_live and not other.is_live:
        st.rerun()
    is_same, text = reproduced.verdict(store, run, other, repeats)
    partner = other if told == "Replayed" else run
    link: dict[str, Any] = {"icon": ":material/tune:", "query_params": {"run": partner.id}}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{SIGNS[is_same]} **{told}** · {text}", width="stretch")
        st.page_link("train.py", label=partner.name, **link, width="content")
