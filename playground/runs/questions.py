"""Questions that any worker answers, one answer each: tasks in the store's database."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update

from playground.runs.ids import id_of_new
from playground.runs.schema import tasks


@dataclass(frozen=True)
class Task:
    id: int
    kind: str
    run: str | None
    request: dict[str, Any]
    state: str
    message: str
    result: bytes | None


class Questions:
    """Asked by pages, taken and answered by workers; every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(self, kind: str, request: dict[str, Any], run_id: str | None = None) -> int:
        with self.engine.begin() as connection:
            result = connection.execute(
                insert(tasks).values(
                    kind=kind, run=run_id, request=json.dumps(request), state="waiting", created=time.time()
                )
            )
            return id_of_new(result)

    def get(self, task_id: int) -> Task | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(tasks).where(tasks.c.id == task_id)).first()
        return task_of(row) if row else None

    def latest(self, kind: str, run_id: str) -> Task | None:
        query = select(tasks).where(tasks.c.kind == kind, tasks.c.run == run_id).order_by(tasks.c.id.desc()).limit(1)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return task_of(row) if row else None

    def take(self, worker: str, waited: float = 0.0) -> Task | None:
        """The oldest task that has waited so long, in seconds; now it is this worker's."""
        is_due = tasks.c.state == "waiting", tasks.c.created <= time.time() - waited
        with self.engine.connect() as connection:
            row = connection.execute(select(tasks).where(*is_due).order_by(tasks.c.id).limit(1)).first()
        if row is None:
            return None
        with self.engine.begin() as connection:
            query = update(tasks).where(tasks.c.id == row.id, tasks.c.state == "waiting")
            taken = connection.execute(query.values(state="taken", worker=worker)).rowcount == 1
        return task_of(row) if taken else None

    def state(self, task_id: int) -> str | None:
        with self.engine.connect() as connection:
            return connection.execute(select(tasks.c.state).where(tasks.c.id == task_id)).scalar()

    def drop_old(self, kinds: Sequence[str], age: float) -> None:
        """Questions of some kinds that nobody waits for any more: nobody reads their answers."""
        with self.engine.begin() as connection:
            connection.execute(delete(tasks).where(tasks.c.kind.in_(kinds), tasks.c.created < time.time() - age))

    def drop(self, task_id: int) -> None:
        """An answer that has been read and isn't needed again."""
        with self.engine.begin() as connection:
            connection.execute(delete(tasks).where(tasks.c.id == task_id))

    def answer(self, task_id: int, result: bytes | None, message: str = "") -> None:
        """Close a task: with its result, or with the reason why there is none."""
        state = "failed" if result is None else "done"
        with self.engine.begin() as connection:
            connection.execute(
                update(tasks).where(tasks.c.id == task_id).values(state=state, result=result, message=message)
            )


def task_of(row: Row[Any]) -> Task:
    return Task(row.id, row.kind, row.run, json.loads(row.request), row.state, row.message, row.result)
