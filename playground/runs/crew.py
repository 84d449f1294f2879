"""The workers as the store knows them: who gave a sign of life, who is gone, and what becomes of its runs and tasks."""

import time

from sqlalchemy import Engine, delete, func, insert, select, update

from playground.runs.schema import runs, tasks, workers
from playground.runs.states import ACTIVE

READY, FULL = 1, 2  # in the column `ready`, beside 0
STALE_AFTER = 10.0  # seconds without a sign of life after which a worker counts as gone


class Crew:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def sign_of_life(self, worker: str, ready: bool, is_full: bool = False) -> None:
        """Full: it has no room for the next run, so others needn't leave that to it."""
        with self.engine.begin() as connection:
            values = {"seen": time.time(), "ready": FULL if is_full else int(ready)}
            if connection.execute(update(workers).where(workers.c.id == worker).values(**values)).rowcount == 0:
                connection.execute(insert(workers).values(id=worker, **values))

    def ready(self) -> int:
        query = select(func.count()).where(workers.c.ready >= 1, workers.c.seen > time.time() - STALE_AFTER)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def bury(self, worker: str, message: str) -> None:
        """A worker is gone: its runs are lost; its tasks go back to the queue, once."""
        with self.engine.begin() as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))
            connection.execute(
                update(runs)
                .where(runs.c.worker == worker, runs.c.state.in_(ACTIVE))
                .values(state="lost", message=message, ended=time.time())
            )
            mine = tasks.c.worker == worker, tasks.c.state == "taken"
            over = "two workers ended over it: it may need more memory than there is"
            connection.execute(update(tasks).where(*mine, tasks.c.message != "").values(state="failed", message=over))
            connection.execute(update(tasks).where(*mine).values(state="waiting", message="its worker ended"))

    def bury_the_silent(self, message: str) -> None:
        for worker in self.silent():
            self.bury(worker, message)

    def unseen_for(self, seconds: float) -> set[str]:
        """Of those that gave a sign of life once."""
        with self.engine.connect() as connection:
            query = select(workers.c.id).where(workers.c.seen < time.time() - seconds)
            return set(connection.execute(query).scalars())

    def silent(self) -> set[str]:
        """Those that gave no sign of life for `STALE_AFTER` seconds, and holders of runs that nobody knows."""
        alive = select(workers.c.id).where(workers.c.seen > time.time() - STALE_AFTER)
        known = select(workers.c.id).where(workers.c.id.not_in(alive))
        holders = select(runs.c.worker).where(
            runs.c.state.in_(ACTIVE), runs.c.worker.is_not(None), runs.c.worker.not_in(alive)
        )
        with self.engine.connect() as connection:
            return set(connection.execute(known.union(holders)).scalars())
