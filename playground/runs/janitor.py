"""Keeps all runs together below the disk that they may take, and drops for good what was deleted a while ago."""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from playground.runs.control import READ_ONCE
from playground.runs.library import IS_DELETED, IS_STARRED
from playground.runs.store import Store

LOOK_EVERY = 5.0  # seconds
UNDO_FOR = 3600.0  # seconds for which a deleted run can be brought back, where there is room
UNREAD_FOR = 600.0  # seconds for which an answer is waited for at most
UNUSED_FOR = 24 * 3600.0  # seconds after which imported weights go that no run begins with


class Janitor:
    """A thread of the server; several servers may have one each."""

    def __init__(self, store: Store, most_bytes: int) -> None:
        self.store = store
        self.most_bytes = most_bytes
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, name="janitor", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join()

    def work(self) -> None:
        while not self.stopping.wait(LOOK_EVERY):
            try:
                self.turn()
            except (SQLAlchemyError, OSError) as error:  # it may be there again at the next turn
                logging.getLogger(__name__).warning("could not look after the disk: %s", error)

    def turn(self) -> None:
        store = self.store
        store.questions.drop_old(READ_ONCE, UNREAD_FOR)
        if store.library.purge(store.library.deleted(time.time() - UNDO_FOR), IS_DELETED):
            store.disk.forget_shares()
        store.imports.drop_unused(time.time() - UNUSED_FOR)
        if store.disk.measure() == 0:  # all are measured
            self.make_room()

    def make_room(self) -> None:
        """Delete the first to go as long as all runs take too much, and say so."""
        disk = self.store.disk
        excess = disk.used() - self.most_bytes
        going = dict(disk.first_to_go(excess)) if excess > 0 else {}
        was_deleted = [run_id for run_id, was in going.items() if was]
        gone = self.store.library.purge(was_deleted, IS_DELETED)
        gone += self.store.library.purge(going.keys() - was_deleted, ~IS_STARRED)
        if gone:
            disk.forget_shares()
        if count := sum(not going[run_id] for run_id in gone):
            what = "The oldest run was" if count == 1 else f"The {count:,} oldest runs were"
            disk.announce(f"{what} deleted to stay below {in_words(self.most_bytes)}; starred ones stay.")


def in_words(size: int) -> str:
    """
    >>> in_words(1_234_567_890), in_words(10_000_000_000), in_words(56_000_000)
    ('1.2 GB', '10 GB', '56 MB')
    """
    return f"{size / 1e9:.2g} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
