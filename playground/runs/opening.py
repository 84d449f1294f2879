"""Open the store of a folder, whatever state it is in: a damaged database is set aside, a read-only one is read."""

import logging
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from playground.runs.health import in_words, is_damage
from playground.runs.schema import metadata
from playground.runs.store import Store

LOOKED_THROUGH = 200_000_000  # bytes: a larger database is not looked through at each start, 0.1 s for every 100 MB


def open_or_mend(url: str, folder: Path) -> Store:
    """The store; its `note` says what was wrong and what was done, for the pages and the terminal."""
    try:
        store = open_it(url, folder)
    except (SQLAlchemyError, OSError) as error:
        store = nowhere(url, folder, error)
    if store.note:
        logging.getLogger(__name__).warning(store.note)
    return store


def open_it(url: str, folder: Path) -> Store:
    folder.mkdir(parents=True, exist_ok=True)
    file = Path(make_url(url).database or "") if url.startswith("sqlite") else None
    aside = set_aside(file) if file is not None and is_damaged(file) else None
    store = Store(url, folder)
    if aside is not None:
        saved = salvage(aside, file)
        store.note = (
            f"The database of runs was damaged: it is kept as {aside}, and a new one was begun. "
            f"{saved:,} {'run was' if saved == 1 else 'runs were'} read from it."
        )
    try:
        store.check()
    except DatabaseError as error:
        if "readonly" not in str(error):
            return store  # busy or full for now: the pages say so as long as it is
        store.note = f"{folder}: {in_words(error)} Runs can be looked at; none can be trained."
        store.is_read_only = True
    return store


def nowhere(url: str, folder: Path, error: SQLAlchemyError | OSError) -> Store:
    """An empty store that can't be written, so that the pages open and say what is wrong."""
    file = Path(tempfile.mkdtemp(prefix="playground-")) / "empty.sqlite"
    Store(f"sqlite:///{file}", folder).close()
    result = Store(f"sqlite:///file:{file}?mode=ro&uri=true", folder)
    reason = in_words(error) if isinstance(error, SQLAlchemyError) else error.strerror or str(error)
    result.note = (
        f"Runs can't be kept in {folder} ({reason}): nothing can be trained. Make it a folder that can be written, "
        f"or give another one in PLAYGROUND_DATA, and start the playground again."
    )
    if not url.startswith("sqlite"):
        result.note = f"The database in PLAYGROUND_STORE doesn't answer: {reason}"
    result.is_read_only = True
    return result


def is_damaged(file: Path) -> bool:
    if not file.is_file():
        return False
    check = "quick_check(1)" if file.stat().st_size < LOOKED_THROUGH else "schema_version"
    try:
        with closing(sqlite3.connect(file)) as connection:
            answer = connection.execute(f"PRAGMA {check}").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return is_damage(str(error))  # not one that is locked
    return isinstance(answer, str) and answer != "ok"


def set_aside(file: Path) -> Path:
    """Rename a database with its journal; nothing is ever deleted."""
    aside = file.with_name(f"{file.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}")
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            file.with_name(file.name + end).rename(aside.with_name(aside.name + end))
    return aside


def salvage(aside: Path, file: Path | None) -> int:
    """Copy each row that can still be read into the new database; returns how many runs those are."""
    with closing(sqlite3.connect(aside)) as old, closing(sqlite3.connect(str(file))) as new:
        for table in metadata.sorted_tables:
            names = ", ".join(column.name for column in table.columns)
            places = ", ".join("?" for _ in table.columns)
            for row in readable(old, f"SELECT {names} FROM {table.name} ORDER BY rowid"):
                new.execute(f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({places})", row)
        new.commit()
        return int(new.execute("SELECT count(*) FROM runs").fetchone()[0])


def readable(connection: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows from the first on up to the damage, then from the last back to it."""
    for order in ("", " DESC"):
        with suppress(sqlite3.DatabaseError):
            yield from connection.execute(query + order)
            return
