"""In what lines differ, as rows: settings, seeds, where they began, and what was changed while they ran."""

from collections.abc import Sequence

from playground.comparison.lines import Line
from playground.comparison.settings import Row, differing
from playground.figures.steps import in_words
from playground.runs.store import Store


def rows_of(store: Store, lines: Sequence[Line]) -> list[Row]:
    """Only what differs; each row has a cell a line."""
    rows = differing([line.experiment for line in lines])
    rows += row_if_differing("seeds", [", ".join(map(str, line.seeds)) for line in lines])
    rows += row_if_differing("begins with", [beginning(store, line) for line in lines])
    return rows + row_if_differing("changed while it ran", [changes(line) for line in lines])


def row_if_differing(label: str, cells: Sequence[str]) -> list[Row]:
    return [(label, tuple(cells))] if len(set(cells)) > 1 else []


def beginning(store: Store, line: Line) -> str:
    origin, imported = line.members[0].origin, line.members[0].imported
    if origin is None:
        return f"the weights of {imported.name}" if imported else "initial weights"
    parent = store.run(origin.parent)
    return f"step {origin.step:,} of {parent.name if parent else 'a deleted run'}"


def changes(line: Line) -> str:
    """What was changed, in the order of steps; a line with changes is one run."""
    made = line.members[0].changes
    return ", ".join(f"{in_words(field, old, new)} at step {step:,}" for step, field, old, new in made) or "nothing"
