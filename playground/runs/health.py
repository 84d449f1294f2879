"""What is wrong with the store or its disk, and the way out, in words."""

import shutil
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from playground.runs.store import Store

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


def trouble(store: Store, folder: Path) -> str:
    """What is wrong now, "" where all is well; waits for a locked database as long as the store does."""
    try:
        store.check()
    except SQLAlchemyError as error:
        return in_words(error)
    free = shutil.disk_usage(folder).free if folder.exists() else LITTLE
    if free < LITTLE:
        return f"The disk of {folder} is almost full: {free / 1e6:.0f} MB are left for checkpoints. Make room."
    return ""
