"""Runs that repeat another one, with what was changed in it, to see whether the same comes out."""

import json
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, Engine, insert, select

from playground.errors import SpecError
from playground.runs.schema import library, replays, runs


@dataclass(frozen=True)
class Replay:
    """A run is repeated up to its last step; `changes`: (after which step, field, new value), in their order."""

    of: str
    last_step: int
    changes: tuple[tuple[int, str, float], ...] = ()

    @cached_property
    def by_step(self) -> dict[int, dict[str, float]]:
        found: dict[int, dict[str, float]] = {}
        for step, field, value in self.changes:
            found.setdefault(step, {})[field] = value
        return found

    def changes_after(self, step: int) -> dict[str, float]:
        """Field → new value between a step and the next one; of several of a field the last.

        >>> Replay("r", 20, ((5, "network.dropout", 0.1), (5, "network.dropout", 0.5))).changes_after(5)
        {'network.dropout': 0.5}
        """
        return self.by_step.get(step, {})


class Replays:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, connection: Connection, run_id: str, replay: Replay) -> None:
        """Note what a run repeats, in the transaction that makes it; raises `SpecError` where there is nothing."""
        if replay.last_step < 1:
            raise SpecError("run", "this run made no step: there is nothing to replay")
        values = {"of": replay.of, "last_step": replay.last_step, "changes": json.dumps(replay.changes)}
        connection.execute(insert(replays).values(run=run_id, **values))

    def of(self, run_id: str) -> Replay | None:
        """What a run repeats; None for one that is no replay."""
        with self.engine.connect() as connection:
            row = connection.execute(select(replays).where(replays.c.run == run_id)).first()
        if row is None:
            return None
        changes = tuple((step, field, value) for step, field, value in json.loads(row.changes))
        return Replay(row.of, row.last_step, changes)

    def latest(self, run_id: str) -> str | None:
        """The newest replay of a run that isn't deleted."""
        query = (
            select(replays.c.run)
            .join(runs, runs.c.id == replays.c.run)
            .outerjoin(library, library.c.run == replays.c.run)
            .where(replays.c.of == run_id, library.c.deleted.is_(None))
            .order_by(runs.c.created.desc())
            .limit(1)
        )
        with self.engine.connect() as connection:
            return connection.execute(query).scalar()
