"""What is wrong with the store or its disk, and the way out, in words."""

import math
import shutil
import threading
import time
from functools import lru_cache

from sqlalchemy.exc import SQLAlchemyError

from playground.runs.store import Store

LOOK_EVERY = 2.0  # seconds
LITTLE = 20_000_000  # bytes: less than a few checkpoints
AWAY = "Runs that train keep what they have to write until then; those on record are safe."
ELSEWHERE = "Make its folder writable, or give another one in PLAYGROUND_DATA, and start the playground again."
DAMAGED = "The database of runs is damaged. Start the playground again: it sets the damaged file aside, and goes on."
WORDS = {  # what SQLite says → what it means
    "is locked": f"The database of runs is locked by another program: close it. {AWAY}",
    "disk is full": f"The disk is full: the database of runs can't take any more. Make room. {AWAY}",
    "disk I/O error": f"The disk of the database of runs doesn't work: see to it. {AWAY}",
    "readonly": f"The database of runs can't be written. {ELSEWHERE}",
    "unable to open": f"The database of runs can't be opened. {ELSEWHERE}",
    "malformed": DAMAGED,
    "not a database": DAMAGED,
}


def in_words(error: SQLAlchemyError) -> str:
    """One or two sentences for whoever reads a page, or the terminal."""
    reason = str(getattr(error, "orig", None) or error)
    known = next((words for sign, words in WORDS.items() if sign in reason), None)
    return known or f"The database of runs doesn't answer ({reason.splitlines()[0][:200]}). {AWAY}"


def is_damage(reason: str) -> bool:
    return any(sign in reason for sign, words in WORDS.items() if words is DAMAGED)


def trouble(store: Store) -> str:
    """What is wrong now, "" where all is well."""
    if store.is_read_only:
        return ""  # its note says so
    try:
        store.check()
    except SQLAlchemyError as error:
        return in_words(error)
    free = shutil.disk_usage(store.folder).free
    if free < LITTLE:
        return f"The disk of {store.folder} is almost full: {free / 1e6:.0f} MB are left for checkpoints. Make room."
    return ""


class Health:
    """One look for all who ask within a moment."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = threading.Lock()
        self.looked, self.found = -math.inf, ""

    def now(self) -> tuple[str, ...]:
        """What was wrong as the store was opened, and what is wrong now."""
        with self.lock:
            if time.monotonic() - self.looked > LOOK_EVERY:
                self.found, self.looked = trouble(self.store), time.monotonic()
            return tuple(filter(None, (self.store.note, self.found)))


@lru_cache(maxsize=4)
def health_of(store: Store) -> Health:
    return Health(store)
