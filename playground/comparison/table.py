"""In what lines differ, as rows: settings, seeds, where they began, and what was changed while they ran."""

from collections.abc import Sequence

from playground.comparison.lines import Line, Member
from playground.comparison.settings import Row, differing
from playground.figures.steps import in_words
from playground.runs.store import Store


def rows_of(store: Store, lines: Sequence[Line]) -> list[Row]:
    """Only what differs; each row has a cell a line."""
    rows = differing([line.experiment for line in lines])
    rows += row_if_differing("seeds", [", ".join(map(str, line.seeds)) for line in lines])
    rows += row_if_differing("begins with", [beginning(store, line.members[0]) for line in lines])
    return rows + row_if_differing("changed while it ran", [changes(line.members[0]) or "nothing" for line in lines])


def row_if_differing(label: str, cells: Sequence[str]) -> list[Row]:
    return [(label, tuple(cells))] if len(set(cells)) > 1 else []


def beginning(store: Store, member: Member) -> str:
    origin = member.origin
    if origin is None:
        return f"the weights of {member.imported.name}" if member.imported else "initial weights"
    parent = store.run(origin.parent)
    return f"step {origin.step:,} of {parent.name if parent else 'a deleted run'}"


def changes(member: Member) -> str:
    """What was changed, in the order of steps; a line with changes is one run."""
    return ", ".join(f"{in_words(field, old, new)} at step {step:,}" for step, field, old, new in member.changes)


def beside_experiment(store: Store, member: Member) -> str:
    """What made a run besides its experiment: where it began, if elsewhere than at initial weights, and its changes."""
    begin = beginning(store, member) if member.origin or member.imported else ""
    return "; ".join(part for part in (begin, changes(member)) if part)
