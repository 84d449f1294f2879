"""What can be done with the selected runs: looked at by everybody, changed by their owner."""

from typing import Any

import pandas as pd
import streamlit as st

from playground.comparison.lines import FEWEST, MOST
from playground.errors import SpecError
from playground.runs.library import LONGEST_NAME
from playground.runs.reproduced import begin
from playground.runs.states import LIVE
from playground.runs.store import Run, Store
from playground.ui import session
from playground.ui.again import train_again
from playground.ui.export import export_button
from playground.ui.ownership import may_control, owner
from playground.ui.replay import can_replay
from playground.ui.runs.compared import compare
from playground.ui.runs.deleted import delete
from playground.ui.strip import has_begun, lead
from playground.ui.styles import runs_style

LONGEST_NOTE = 2000
UNDO = "You can undo it for an hour where disk allows."


def actions(store: Store, table: pd.DataFrame, selected: list[str]) -> None:
    """A row of buttons above the table; without a selection, how many runs there are."""
    if not selected:
        st.caption(f"{len(table):,} {'run' if len(table) == 1 else 'runs'}. Tick a box at the left to do more.")
        return
    runs_style()
    rows = table[table["id"].isin(selected)]
    foreign = ~rows["owner"].isin(["", owner()])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs.actions"):
        st.markdown(f"**{len(rows)}** selected", width="content")
        if len(rows) == 1 and (run := store.run(selected[0])):
            of_one(store, run)
        else:
            of_several(selected)
        of_owner(store, rows, is_foreign=bool(foreign.any()))
    if foreign.any():
        st.caption("Only the browser that began a run can name, star or delete it.")


def of_one(store: Store, run: Run) -> None:
    lead("train.py", "Open in Train", "tune", run.id)
    if has_begun(run):
        lead("inside.py", "Look inside", "biotech", run.id)
    train_again(store, run)
    lead("race.py", "Race it", "flag", run.id)
    if can_replay(run) and button("Replay", "replay", help="Train it again, and compare every loss bit for bit."):
        replay(store, run)
    export_button(store, run)


def replay(store: Store, run: Run) -> None:
    """Begin one, and lead to where its verdict will stand; or say why not."""
    try:
        begin(store, run, owner())
    except SpecError as error:
        st.error(error.message, icon=":material/error:")
    else:
        st.switch_page("train.py", query_params={"run": run.id})


def of_several(selected: list[str]) -> None:
    if button(
        "Compare",
        "stacked_line_chart",
        type="primary",
        disabled=not FEWEST <= len(selected) <= MOST,
        help=f"{FEWEST} to {MOST} runs side by side.",
    ):
        compare(tuple(selected))


def of_owner(store: Store, rows: pd.DataFrame, is_foreign: bool) -> None:
    """Name and note, star, delete."""
    ids = rows["id"].tolist()
    if len(ids) == 1:
        with st.popover(
            "Name and note", key="runs.edit", icon=":material/edit:", disabled=is_foreign, help="Name and note."
        ):
            name_and_note(store, rows.iloc[0], is_foreign)
    has_all_stars = bool(rows["starred"].all())
    button(
        "Unstar" if has_all_stars else "Star",
        "star",
        disabled=is_foreign,
        help=f"{'Unstar' if has_all_stars else 'Star'}. Starred runs are never deleted to make room.",
        on_click=star,
        args=(store, ids, not has_all_stars),
    )
    if button("Delete", "delete", disabled=is_foreign, help=f"Delete. {UNDO} A live run is stopped."):
        live = set(rows.loc[rows["state"].isin(LIVE), "id"])
        mine = own(store, ids)
        delete(store, mine, live=[run_id for run_id in mine if run_id in live])
        st.rerun()


def star(store: Store, run_ids: list[str], starred: bool) -> None:
    for run_id in own(store, run_ids):
        store.library.star(run_id, starred)


def own(store: Store, run_ids: list[str]) -> list[str]:
    """Those that this visitor may change: a disabled button keeps only the browser from asking."""
    return [run_id for run_id in run_ids if may_control(store, run_id)]


def name_and_note(store: Store, row: pd.Series, is_foreign: bool) -> None:
    """Each is saved as it is left."""

    def rename() -> None:
        if may_control(store, row["id"]):
            store.library.rename(row["id"], session.chosen(keys[0], ""))

    def note() -> None:
        if may_control(store, row["id"]):
            store.library.note(row["id"], session.chosen(keys[1], "").strip())

    keys = f"runs.name.{row['id']}", f"runs.note.{row['id']}"
    st.text_input("Name", row["name"], key=keys[0], max_chars=LONGEST_NAME, on_change=rename, disabled=is_foreign)
    st.text_area(
        "Note", row["note"], key=keys[1], max_chars=LONGEST_NOTE, on_change=note, width=320, disabled=is_foreign
    )


def button(name: str, icon: str, **options: Any) -> bool:
    return st.button(name, key=f"runs.{name.lower()}", icon=f":material/{icon}:", **options)
