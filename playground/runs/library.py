"""What people say of runs: whose they are, names, stars, notes, and which are deleted."""

import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, delete, exists, insert, select, update

from playground.runs.schema import leftovers, library, runs, tasks
from playground.runs.states import ENDED

LONGEST_NAME = 80  # characters
IS_DELETED = exists().where(library.c.run == runs.c.id, library.c.deleted.is_not(None))
IS_STARRED = exists().where(library.c.run == runs.c.id, library.c.starred == 1)


@dataclass(frozen=True)
class Card:
    """`owner` is "" where the run is everybody's; `deleted` is when, in seconds since 1970."""

    owner: str = ""
    starred: bool = False
    note: str = ""
    deleted: float | None = None


class Library:
    """Every method is one short transaction; a run without a card is everybody's."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def add(self, connection: Connection, run_id: str, owner: str) -> None:
        """Note whose a run is, in the transaction that makes it."""
        connection.execute(insert(library).values(run=run_id, owner=owner))

    def card(self, run_id: str) -> Card:
        with self.engine.connect() as connection:
            row = connection.execute(select(library).where(library.c.run == run_id)).first()
        return Card(row.owner, bool(row.starred), row.note, row.deleted) if row else Card()

    def owner_of(self, run_id: str) -> str:
        return self.card(run_id).owner

    def rename(self, run_id: str, name: str) -> None:
        """Pages show names among their own words, so what they would take for markup is left out.

        Where nothing is left of the new name, the old one stays.
        """
        name = without_markup(name).strip()
        if not name:
            return
        with self.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(name=name))

    def star(self, run_id: str, starred: bool) -> None:
        self.write([run_id], starred=int(starred))

    def note(self, run_id: str, text: str) -> None:
        self.write([run_id], note=text)

    def delete(self, run_ids: Sequence[str]) -> None:
        """Take runs out of sight; `restore` brings them back until they are purged."""
        self.write(run_ids, deleted=time.time())

    def restore(self, run_ids: Sequence[str]) -> None:
        self.write(run_ids, deleted=None)

    def write(self, run_ids: Sequence[str], **values: object) -> None:
        with self.engine.begin() as connection:
            known = set(connection.execute(select(library.c.run).where(library.c.run.in_(run_ids))).scalars())
            connection.execute(update(library).where(library.c.run.in_(known)).values(**values))
            for run_id in connection.execute(select(runs.c.id).where(runs.c.id.in_(set(run_ids) - known))).scalars():
                connection.execute(insert(library).values(run=run_id, **values))

    def deleted(self, before: float) -> list[str]:
        """Runs that were deleted before a time."""
        query = select(library.c.run).where(library.c.deleted < before)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def purge(self, run_ids: Iterable[str], *conditions: ColumnElement[bool]) -> list[str]:
        """Drop ended runs for good, with their curves and files; returns those that were there.

        What they were chosen for has to hold still: one may have been resumed, starred or brought back just now.
        """
        chosen = runs.c.id.in_(list(run_ids)), runs.c.state.in_(ENDED), *conditions
        with self.engine.begin() as connection:
            gone = list(connection.execute(delete(runs).where(*chosen).returning(runs.c.id)).scalars())
            connection.execute(delete(tasks).where(tasks.c.run.in_(gone)))
            if gone:
                connection.execute(insert(leftovers), [{"run": run_id} for run_id in gone])
        self.clear()
        return gone

    def clear(self) -> None:
        """Remove the files of runs that are gone, also of those during whose purge a server was killed."""
        with self.engine.connect() as connection:
            left = list(connection.execute(select(leftovers.c.run)).scalars())
        for run_id in left:
            shutil.rmtree(self.folder / "runs" / run_id, ignore_errors=True)
        if left:
            with self.engine.begin() as connection:
                connection.execute(delete(leftovers).where(leftovers.c.run.in_(left)))


def without_markup(text: str) -> str:
    """Without what a page would take for a link, a picture from elsewhere, code or a formula.

    >>> without_markup("**best** ![one](https://example.org/p.png)")
    'best !one(https://example.org/p.png)'
    """
    return re.sub(r"[\[\]<>`$*\\]", "", text)
