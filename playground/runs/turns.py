"""Whose turn it is in the queue: visitors take turns, however many runs each of them has put into it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from playground.runs.schema import library, runs, trials

IS_TRIAL = exists().where(trials.c.run == runs.c.id)
OWNER = func.coalesce(library.c.owner, "")
OWNED = runs.outerjoin(library, library.c.run == runs.c.id)


@dataclass(frozen=True)
class Waiting:
    """A run in the queue; `is_trial`: it belongs to a study."""

    run: str
    owner: str
    is_trial: bool
    created: float


def in_turn(waiting: Iterable[Waiting], running: Mapping[str, int], served: Mapping[str, float]) -> list[Waiting]:
    """The queue in the order in which its runs will begin.

    Of one owner, what they pressed Train for comes before the many of a lab, and the oldest first. Of several, whoever
    has the fewest `running`, then whose last run ended the longest ago (`served`: when); so in turns.
    """
    queues: dict[str, list[Waiting]] = defaultdict(list)
    for one in sorted(waiting, key=lambda one: (one.is_trial, one.created)):
        queues[one.owner].append(one)
    places = {
        one.run: (running.get(owner, 0) + rank, served.get(owner, 0.0), one.is_trial, one.created)
        for owner, queue in queues.items()
        for rank, one in enumerate(queue)
    }
    return sorted((one for queue in queues.values() for one in queue), key=lambda one: places[one.run])


def line(connection: Connection) -> list[Waiting]:
    """The queue as it stands, in its order."""
    query = select(runs.c.id, OWNER, IS_TRIAL, runs.c.created).select_from(OWNED).where(runs.c.state == "queued")
    waiting = [Waiting(*row) for row in connection.execute(query)]
    owners = {one.owner for one in waiting}
    if len(owners) < 2:
        return in_turn(waiting, {}, {})
    return in_turn(waiting, running_by_owner(connection), last_served(connection, owners))


def running_by_owner(connection: Connection) -> dict[str, int]:
    query = select(OWNER, func.count()).select_from(OWNED).where(runs.c.state == "running").group_by(OWNER)
    return dict(map(tuple, connection.execute(query)))


def last_served(connection: Connection, owners: Iterable[str]) -> dict[str, float]:
    """When the last run of each owner ended; everybody's count as one owner's, who never was."""
    query = (
        select(library.c.owner, func.max(runs.c.ended))
        .join(runs, runs.c.id == library.c.run)
        .where(library.c.owner.in_(set(owners) - {""}))
        .group_by(library.c.owner)
    )
    return {owner: ended or 0.0 for owner, ended in connection.execute(query)}
