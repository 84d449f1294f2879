"""The curves of a watched run as the server holds them: in little room, however long the run is."""

import math
from array import array
from collections.abc import MutableSequence
from dataclasses import fields
from typing import Any

import numpy as np

from playground.live.thinning import MOST_BATCHES, block_size, extremes, full_blocks
from playground.runs.journal import Curves, slim_curves

MOST_ROWS = 131_072  # of the table of steps, 24 bytes each
DRAWN = ("loss", "accuracy", "penalty", "learning_rate")  # of which lines show the extremes

Table = dict[str, MutableSequence[Any]]


def no_history() -> Curves:
    """Nothing yet; evaluations have a column more, the penalty recorded with the same step (NaN before the first)."""
    empty = slim_curves()
    empty.evaluated["penalty"] = array("f")
    return empty


def extend(history: Curves, news: Curves, most_rows: int = MOST_ROWS) -> None:
    """Append what is new; where the table of steps grows too long, forget steps that no line will show again."""
    penalties = dict(zip(news.stepped["step"], news.stepped["penalty"], strict=True))
    at_evaluations = [penalties.get(step, math.nan) for step in news.evaluated["step"]]
    for table in fields(Curves):
        new = {"penalty": at_evaluations, **getattr(news, table.name)}
        for column, values in getattr(history, table.name).items():
            values.extend(new[column])
    if len(history.stepped["step"]) > most_rows:
        forget(history.stepped)


def forget(stepped: Table) -> None:
    """Keep the lowest and the highest of each block that lines have by now: blocks only ever merge in pairs."""
    places = places_of(stepped)
    count = int(places[-1]) + 1
    size = block_size(count, MOST_BATCHES, 2)
    end = int(np.searchsorted(places, full_blocks(count, size)))
    kept = {index for name in DRAWN for index in extremes(stepped[name][:end], places[:end], size)}
    rows = [*sorted(kept), *range(end, len(places))]
    for values in stepped.values():
        chosen = [values[row] for row in rows]
        del values[:]
        values.extend(chosen)


def places_of(table: Table, begin: int = 0, end: int | None = None) -> np.ndarray:
    """How many steps of the run came before each row's: rows that were forgotten count."""
    return np.asarray(table["step"][begin:end], dtype=np.int64) - table["step"][0]
