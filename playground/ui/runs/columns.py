"""How the table of runs is shown: from what the store says of them to columns a person reads."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

LAST = "Of the last evaluation: eval mode, no penalty, on the first 256 validation digits. Empty while a run lasts."

COLUMNS: dict[str, Any] = {
    "star": st.column_config.TextColumn("★", width=36, pinned=True, help="Starred runs are never deleted for room."),
    "name": st.column_config.TextColumn("Name", width=170, pinned=True),
    "state": st.column_config.TextColumn("State", width=80),
    "created": st.column_config.DatetimeColumn("Begun", format="YYYY-MM-DD HH:mm", width=130),
    "network": st.column_config.TextColumn("Network", width=130, help="Its kind and the sizes of its weighted layers."),
    "validation_accuracy": st.column_config.NumberColumn("Val. accuracy", format="%.1f %%", width=95, help=LAST),
    "validation_loss": st.column_config.NumberColumn("Val. loss", format="%.4f", width=80, help=LAST),
    "lowest_validation_loss": st.column_config.NumberColumn(
        "Lowest val. loss", format="%.4f", width=110, help="Of all its evaluations on the first 256 validation digits."
    ),
    "test_accuracy": st.column_config.NumberColumn(
        "Test accuracy", format="%.1f %%", width=100, help="On the whole test split, where it was measured."
    ),
    "parameters": st.column_config.NumberColumn("Parameters", format="localized", width=90),
    "step": st.column_config.NumberColumn("Steps", format="localized", width=75),
    "seconds": st.column_config.NumberColumn("Time", format="%.1f s", width=80, help="Spent training."),
    "seed": st.column_config.NumberColumn("Seed", format="%d", width=60),
    "megabytes": st.column_config.NumberColumn(
        "On disk", format="%.1f MB", width=80, help="Its checkpoints; of a file that a fork shares, its part."
    ),
    "note": st.column_config.TextColumn("Note", width=220),
}
DECIMALS = {
    "validation_accuracy": 1,
    "validation_loss": 4,
    "lowest_validation_loss": 4,
    "test_accuracy": 1,
    "seconds": 1,
    "megabytes": 1,
}
MAY_BE_EMPTY = ("validation_accuracy", "validation_loss", "lowest_validation_loss", "test_accuracy", "bytes")


def readable(table: pd.DataFrame, zone: tzinfo) -> pd.DataFrame:
    """The columns of `COLUMNS`: shares in percent, times on the visitor's clock."""
    numbers = table.astype(dict.fromkeys(MAY_BE_EMPTY, float))
    shown = numbers.assign(
        star=table["starred"].map({0: "", 1: "★"}),
        created=pd.to_datetime(table["created"], unit="s", utc=True).dt.tz_convert(zone).dt.tz_localize(None),
        validation_accuracy=100 * numbers["validation_accuracy"],
        test_accuracy=100 * numbers["test_accuracy"],
        megabytes=numbers["bytes"] / 1e6,
    )
    return shown[list(COLUMNS)].round(DECIMALS)  # a screen reader hears them as they are


def clock() -> tzinfo:
    """The visitor's time zone; UTC where the browser doesn't say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
