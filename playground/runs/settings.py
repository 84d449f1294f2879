"""What a host can set: environment variables, read once."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from playground.data.folders import data_folder
from playground.runs.opening import open_or_mend
from playground.runs.store import Store


@dataclass(frozen=True)
class Settings:
    """`store_url` is any SQLAlchemy URL; `runs_at_once` counts running runs, in all workers together."""

    folder: Path
    store_url: str
    workers: int
    runs_at_once: int


def settings() -> Settings:
    """From PLAYGROUND_DATA, PLAYGROUND_STORE, PLAYGROUND_WORKERS and PLAYGROUND_RUNS_AT_ONCE, or their defaults."""
    folder = data_folder()
    workers = number("PLAYGROUND_WORKERS", min(os.cpu_count() or 1, 4))
    return Settings(
        folder=folder,
        store_url=os.environ.get("PLAYGROUND_STORE") or f"sqlite:///{folder / 'runs.sqlite'}",
        workers=workers,
        runs_at_once=number("PLAYGROUND_RUNS_AT_ONCE", 2 * workers),
    )


@lru_cache(maxsize=1)
def kept_bytes() -> int:
    """How much disk a run's kept steps may take: PLAYGROUND_KEPT_MB, in millions of bytes."""
    return 1_000_000 * number("PLAYGROUND_KEPT_MB", 256)


@lru_cache(maxsize=1)
def disk_bytes() -> int:
    """How much disk all runs together may take: PLAYGROUND_DISK_MB, in millions of bytes."""
    return 1_000_000 * number("PLAYGROUND_DISK_MB", 10_000)


@lru_cache(maxsize=1)
def shared_store() -> Store:
    """The one store of this process."""
    return open_store(settings())


def open_store(chosen: Settings) -> Store:
    return open_or_mend(chosen.store_url, chosen.folder)


def number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise SystemExit(f"{variable} is {text!r}: give a whole number from 1 up, or leave it unset for {default}")
    return int(text)
