"""What runs that go on recorded, read as it grows: twelve of 20,000 steps take seconds to read anew."""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

from playground.labs.study import Tables, tables_of, with_epochs
from playground.runs.journal import Curves
from playground.runs.store import Run, Store


class Follower:
    """One run's curves as far as they have been read; several pages may ask at once."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store = store
        self.run_id = run_id
        self.lock = Lock()
        self.curves = Curves()
        self.last = 0  # the id of the last chunk that was read

    def tables(self) -> Tables:
        with self.lock:
            self.read_on()
            if has_repeats(self.curves.stepped["step"]):  # the run went on from a checkpoint: its later chunks are void
                self.curves, self.last = Curves(), 0
                self.read_on()
            evaluated, stepped, layers, changed = map(self.curves.table, ("evaluated", "stepped", "layers", "changed"))
        return Tables(with_epochs(evaluated, stepped), stepped, layers, changed)

    def read_on(self) -> None:
        for chunk_id, events in self.store.chunks(self.run_id, self.last):
            self.curves.extend(events)
            self.last = chunk_id


def has_repeats(steps: Sequence[int]) -> bool:
    """
    >>> has_repeats([]), has_repeats([1, 2, 3]), has_repeats([1, 2, 2, 3])
    (False, False, True)
    """
    return bool(steps) and len(steps) != steps[-1] - steps[0] + 1


def recorded(store: Store, run: Run) -> Tables:
    """What a run recorded so far."""
    return follower(store, run.id, run.attempt).tables() if run.is_live else tables_of(store, run)


@lru_cache(maxsize=24)
def follower(store: Store, run_id: str, attempt: int) -> Follower:
    """Another attempt begins anew: what came after its checkpoint is dropped."""
    return Follower(store, run_id)
