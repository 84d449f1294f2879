"""The table of runs, and what can be done with those that are selected."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from playground.runs.overview import Wanted
from playground.runs.states import LIVE
from playground.runs.store import Store
from playground.ui import session
from playground.ui.runs.actions import actions
from playground.ui.runs.columns import COLUMNS, clock, readable

REFRESH = 2.0  # seconds between looks at a table that is short, while some run lives
ROWS_A_SECOND = 500  # at most: ten thousand take half a second of the server, and 1.4 MB to each browser
ROWS_IN_SIGHT = 16
ROW = 36  # pixels


def runs_table(store: Store, wanted: Wanted) -> None:
    """Looks again while one of the runs is live: every two seconds, or the seldomer the more runs there are."""
    if session.recall("runs.wanted") != wanted:
        session.keep("runs.wanted", wanted)
        begin_anew()
    live = replace(wanted, states=tuple(state for state in LIVE if state in wanted.states))
    is_live = store.overview.count(live) > 0
    every = refresh(store.overview.count(wanted)) if is_live else None
    st.fragment(look, run_every=every)(store, wanted, is_live)


def refresh(rows: int) -> float:
    """Seconds between two looks at so many rows.

    >>> refresh(10), refresh(10_000)
    (2.0, 20.0)
    """
    return max(REFRESH, rows / ROWS_A_SECOND)


def look(store: Store, wanted: Wanted, was_live: bool) -> None:
    table, selected = as_drawn(store.overview.table(wanted))
    if table.empty:
        nothing(wanted)
        return
    session.keep("runs.drawn", tuple(table["id"]))
    actions(store, table, selected)
    st.dataframe(
        readable(table, clock()),
        key=table_key(),
        hide_index=True,
        column_config=COLUMNS,
        on_select="rerun",
        selection_mode="multi-row",
        row_height=ROW,
        height=ROW * (min(len(table), ROWS_IN_SIGHT) + 1) + 2,
        placeholder="",
        alt="Runs",
    )
    if was_live and not table["state"].isin(LIVE).any():
        st.rerun()


def as_drawn(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table with its rows where they were drawn last, as long as some are selected; and which these are.

    The browser knows what is selected by its places alone.
    """
    drawn: tuple[str, ...] = session.recall("runs.drawn", ())
    rows = session.chosen(table_key(), {}).get("selection", {}).get("rows", [])
    selected = [drawn[row] for row in rows if row < len(drawn)]
    if not selected:
        return table, []
    if not set(drawn) <= set(table["id"]):  # one was deleted elsewhere: those below it have other places now
        begin_anew()
        return table, []
    return in_order(table, drawn), selected


def in_order(table: pd.DataFrame, drawn: Sequence[str]) -> pd.DataFrame:
    """The rows in the order of their ids as they were drawn, new ones behind them."""
    places = {run_id: place for place, run_id in enumerate(drawn)}
    return table.sort_values("id", key=lambda ids: ids.map(places).fillna(len(places)), kind="stable")


def begin_anew() -> None:
    """With nothing selected."""
    session.keep("runs.edition", session.recall("runs.edition", 0) + 1)
    session.keep("runs.drawn", ())


def table_key() -> str:
    return f"runs.table.{session.recall('runs.edition', 0)}"


def nothing(wanted: Wanted) -> None:
    if wanted != Wanted():
        st.caption("No run is like that.")
        return
    st.markdown("Every run that you train is kept here.")
    st.page_link("train.py", label="Train a network", icon=":material/play_circle:", width="content")
