"""The database engine."""

from typing import Any

from sqlalchemy import Engine, create_engine, event


def engine(url: str, patience: float) -> Engine:
    """An engine; SQLite in WAL mode, so that pages read while workers write."""
    is_sqlite = url.startswith("sqlite")
    result = create_engine(url, connect_args={"timeout": patience, "check_same_thread": False} if is_sqlite else {})
    if is_sqlite:

        @event.listens_for(result, "connect")
        def _(connection: Any, _record: Any) -> None:
            if "mode=ro" not in url:
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")

    return result
