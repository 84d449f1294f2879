"""What a host can set: environment variables, read once."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import overload

from playground.data.folders import data_folder
from playground.runs.limits import MB, NO_LIMITS, Limits
from playground.runs.machine import memory_bytes
from playground.runs.opening import open_or_mend
from playground.runs.store import Store

LEAST_MEMORY = 600  # millions of bytes: a worker takes 450 before it trains anything


@dataclass(frozen=True)
class Settings:
    """`store_url` is any SQLAlchemy URL; `runs_at_once` counts running runs, in all workers together."""

    folder: Path
    store_url: str
    workers: int
    runs_at_once: int
    limits: Limits = NO_LIMITS


def settings() -> Settings:
    """From the environment, or the defaults; ends the process with a sentence where a variable makes no sense."""
    folder = data_folder()
    workers = number("PLAYGROUND_WORKERS", min(os.cpu_count() or 1, 4))
    return Settings(
        folder=folder,
        store_url=os.environ.get("PLAYGROUND_STORE") or f"sqlite:///{folder / 'runs.sqlite'}",
        workers=workers,
        runs_at_once=number("PLAYGROUND_RUNS_AT_ONCE", 2 * workers),
        limits=limits(workers),
    )


def limits(workers: int) -> Limits:
    """What a host allows a run; for memory three quarters of the machine's, shared by the workers, if not said."""
    machine = memory_bytes()
    share = machine * 3 // 4 // workers // MB if machine else None
    memory = number("PLAYGROUND_WORKER_MB", share and max(share, LEAST_MEMORY), LEAST_MEMORY)
    return Limits(
        parameters=number("PLAYGROUND_PARAMETERS", None),
        steps=number("PLAYGROUND_STEPS", None),
        minutes=number("PLAYGROUND_MINUTES", None),
        memory=memory and memory * MB,
        runs_a_visitor=number("PLAYGROUND_RUNS_A_VISITOR", None),
    )


@lru_cache(maxsize=1)
def kept_bytes() -> int:
    """How much disk a run's kept steps may take: PLAYGROUND_KEPT_MB, in millions of bytes."""
    return 1_000_000 * number("PLAYGROUND_KEPT_MB", 256)


@lru_cache(maxsize=1)
def disk_bytes() -> int:
    """How much disk the checkpoints of all runs may take: PLAYGROUND_DISK_MB, in millions of bytes."""
    return 1_000_000 * number("PLAYGROUND_DISK_MB", 10_000)


@lru_cache(maxsize=1)
def shared_store() -> Store:
    """The one store of this process."""
    return open_store(settings())


def open_store(chosen: Settings) -> Store:
    store = open_or_mend(chosen.store_url, chosen.folder)
    store.limits = chosen.limits
    return store


@overload
def number(variable: str, default: int, least: int = 1) -> int: ...
@overload
def number(variable: str, default: int | None, least: int = 1) -> int | None: ...
def number(variable: str, default: int | None, least: int = 1) -> int | None:
    """What an environment variable says; the default, where None means no limit, if it is unset or empty."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        otherwise = "no limit" if default is None else str(default)
        raise SystemExit(
            f"{variable} is {text!r}: give a whole number from {least} up, or leave it unset for {otherwise}"
        )
    return int(text)


def as_variables(chosen: Settings) -> dict[str, str]:
    """Settings as the environment in which `settings()` reads the same: for a worker's process."""
    asked = {
        "PLAYGROUND_DATA": chosen.folder,
        "PLAYGROUND_STORE": chosen.store_url,
        "PLAYGROUND_WORKERS": chosen.workers,
        "PLAYGROUND_RUNS_AT_ONCE": chosen.runs_at_once,
        "PLAYGROUND_PARAMETERS": chosen.limits.parameters,
        "PLAYGROUND_STEPS": chosen.limits.steps,
        "PLAYGROUND_MINUTES": chosen.limits.minutes,
        "PLAYGROUND_WORKER_MB": chosen.limits.memory and chosen.limits.memory // MB,
        "PLAYGROUND_RUNS_A_VISITOR": chosen.limits.runs_a_visitor,
    }
    return {variable: "" if value is None else str(value) for variable, value in asked.items()}
