"""Back to the step that a run goes on from: what is on record after it goes, to be trained again to the same values."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection, delete, func, insert, select

from playground.runs.journal import changes_in, encode, until
from playground.runs.schema import chunks, kept, verdicts
from playground.runs.store import Holder, Store, advance
from playground.training.events import Changed


def rewind(
    store: Store, run_id: str, step: int, holder: Holder | None = None, is_new_fork: bool = False
) -> list[Changed]:
    """Drop all that came after a step, in one transaction; -1 drops everything.

    Returns the settings that were changed at that step or later: they stay on record, one chunk each, to be changed
    again when their step comes. A new fork has its own evaluation at the step before it. Raises `NotHeld`, and changes
    nothing, as `Store.record` does.
    """
    with store.engine.begin() as connection:
        advance(connection, run_id, holder, {"step": max(step, 0)})
        changes = cut(connection, run_id, step, is_new_fork)
        for table in (kept, verdicts):
            connection.execute(delete(table).where(table.c.run == run_id, table.c.step > step))
    for file in store.past.kept_checkpoint(run_id, 0).parent.glob("*.safetensors*"):  # also those without a row
        if int(file.name.split(".")[0]) > step:
            with suppress(OSError):
                file.unlink()
    return changes


def change_instead(store: Store, run_id: str, step: int, holder: Holder, changes: Sequence[Changed]) -> None:
    """These alone are to be made again after the step, where all steps on record end."""
    with store.engine.begin() as connection:
        advance(connection, run_id, holder, {})
        connection.execute(delete(chunks).where(chunks.c.run == run_id, chunks.c.first_step > step))
        put(connection, run_id, changes)


def cut(connection: Connection, run_id: str, step: int, is_new_fork: bool) -> list[Changed]:
    """Only the chunks that begin at the step or later can hold something of later steps, and the last one before."""
    mine = chunks.c.run == run_id
    last = connection.execute(select(func.max(chunks.c.id)).where(mine, chunks.c.first_step < step)).scalar() or 0
    touched = mine, (chunks.c.first_step >= step) | (chunks.c.id == last)
    rows = connection.execute(select(chunks.c.first_step, chunks.c.events).where(*touched).order_by(chunks.c.id)).all()
    connection.execute(delete(chunks).where(*touched))
    for first_step, events in rows:
        if first_step <= step:
            part = until(events, step, with_evaluation=not is_new_fork)
            connection.execute(insert(chunks).values(run=run_id, first_step=first_step, events=part))
    found = (change for _, events in rows for change in changes_in(events) if change.step >= step)
    changes = sorted(found, key=lambda change: change.step)
    put(connection, run_id, changes)
    return changes


def put(connection: Connection, run_id: str, changes: Sequence[Changed]) -> None:
    for change in changes:
        connection.execute(insert(chunks).values(run=run_id, first_step=change.step, events=encode([change])))
