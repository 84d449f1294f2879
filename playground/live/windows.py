"""The lines of a run as windows: "from point `start` on, these are the points".

A window replaces all that a browser has from `start` on, so windows may be merged, delayed or sent again; the browser
always ends up with what it would have got in one go.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.figures.layers import on_log_axis, zero_marks
from playground.figures.steps import change_labels, change_marks
from playground.live.history import places_of
from playground.live.thinning import MOST_BATCHES, MOST_MEASUREMENTS, block_size, every, extremes, full_blocks
from playground.runs.journal import Curves

Points = dict[str, list[Any]]


@dataclass(frozen=True)
class Cursor:
    """How far a browser is with one line: the items it has seen, those in its full blocks, and their points.

    Items that the server has forgotten count.
    """

    seen: int = 0
    size: int = 0
    items: int = 0
    points: int = 0


@dataclass(frozen=True)
class Window:
    """Columns of points from index `start` on; `every` is how many items one block holds."""

    start: int
    every: int
    columns: Points


@dataclass(frozen=True)
class Line:
    """Items of one of the journal's tables as points; `extremes_of` names the column whose extremes are kept."""

    table: str
    points: Callable[[Curves, Sequence[str], list[int]], Points]
    extremes_of: str | None = None
    cap: int = MOST_MEASUREMENTS

    def count(self, curves: Curves) -> int:
        table = getattr(curves, self.table)
        steps = table["step"]
        return steps[-1] - steps[0] + 1 if self.extremes_of and steps else len(steps)

    def chosen(self, curves: Curves, begin: int, end: int, size: int) -> list[int]:
        """Rows of the table."""
        if not self.extremes_of:
            return every(begin, end, size)
        table = getattr(curves, self.table)
        steps = table["step"]
        first, last = (bisect_left(steps, steps[0] + place) for place in (begin, end))
        found = extremes(table[self.extremes_of][first:last], places_of(table, first, last), size)
        return [first + row for row in found]


def window(curves: Curves, layers: Sequence[str], name: str, cursor: Cursor) -> tuple[Window, Cursor] | None:
    """What a browser at `cursor` needs of one line, and where it is then; None where nothing is new."""
    line = LINES[name]
    count = line.count(curves)
    if count == cursor.seen:
        return None
    size = block_size(count, line.cap, 2 if line.extremes_of else 1)
    if size != cursor.size:
        cursor = Cursor(size=size)
    full = full_blocks(count, size)
    settled = line.points(curves, layers, line.chosen(curves, cursor.items, full, size))
    last = len(getattr(curves, line.table)["step"]) - 1
    rest = line.points(curves, layers, sorted({*line.chosen(curves, full, count, size), last}))
    columns = {column: settled[column] + rest[column] for column in settled}
    points = cursor.points + len(next(iter(settled.values())))
    return Window(cursor.points, size, columns), Cursor(count, size, full, points)


# --- the lines ------------------------------------------------------------------------------------------------------


def plain(table: str, *columns: str) -> Callable[[Curves, Sequence[str], list[int]], Points]:
    """Columns of a table as they are."""

    def points(curves: Curves, _: Sequence[str], indices: list[int]) -> Points:
        values = getattr(curves, table)
        return {column: [short(values[column][index]) for index in indices] for column in columns}

    return points


def evaluations(curves: Curves, layers: Sequence[str], indices: list[int]) -> Points:
    """Both curves, and `sum`: the train loss plus the penalty recorded with the same step."""
    table = curves.evaluated
    sums = [short(table["train_loss"][index] + table["penalty"][index]) for index in indices]
    return {**plain("evaluated", *table)(curves, layers, indices), "sum": sums}


def of_layers(column: str) -> Callable[[Curves, Sequence[str], list[int]], Points]:
    """One column a layer, named by its index; None where a log axis has no place for the number."""

    def points(curves: Curves, layers: Sequence[str], indices: list[int]) -> Points:
        rows = [curves.layers[column][index] for index in indices]
        lines = {str(layer): [short(on_log_axis(row[layer])) for row in rows] for layer in range(len(layers))}
        return {"step": [curves.layers["step"][index] for index in indices], **lines}

    return points


def zeros_of(column: str) -> Callable[[Curves, Sequence[str], list[int]], Points]:
    def points(curves: Curves, layers: Sequence[str], indices: list[int]) -> Points:
        rows = ((curves.layers["step"][index], curves.layers[column][index]) for index in indices)
        marks = zero_marks(rows, layers)
        return {"x": marks["x"], "y": marks["y"], "text": marks["text"], "layer": marks["marker_color"]}

    return points


def changes(curves: Curves, _: Sequence[str], indices: list[int]) -> Points:
    return change_marks(*changed(curves, indices))


def labels_of_changes(curves: Curves, _: Sequence[str], indices: list[int]) -> Points:
    return change_labels(*changed(curves, indices), first=indices[0] if indices else 0)


def changed(curves: Curves, indices: list[int]) -> list[list[Any]]:
    return [[curves.changed[name][index] for index in indices] for name in ("step", "field", "old", "new")]


LINES: Mapping[str, Line] = {
    "loss": Line("stepped", plain("stepped", "step", "loss"), "loss", MOST_BATCHES),
    "accuracy": Line("stepped", plain("stepped", "step", "accuracy"), "accuracy", MOST_BATCHES),
    "penalty": Line("stepped", plain("stepped", "step", "penalty"), "penalty", MOST_BATCHES),
    "learning_rate": Line(
        "stepped", plain("stepped", "step", "learning_rate", "batch_size"), "learning_rate", MOST_BATCHES
    ),
    "evaluated": Line("evaluated", evaluations),
    "gradient": Line("layers", of_layers("gradient")),
    "gradient zero": Line("layers", zeros_of("gradient")),
    "update": Line("layers", of_layers("update")),
    "update zero": Line("layers", zeros_of("update")),
    "changed": Line("changed", changes),
    "change labels": Line("changed", labels_of_changes),
}


def short(value: float | None) -> float | int | None:
    """Five significant digits are more than a chart shows; None for what isn't a finite number.

    >>> short(0.123456789), short(float("nan")), short(64)
    (0.12346, None, 64)
    """
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None
