"""Whose turn it is in the queue: visitors take turns, however many runs each of them has put into it."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, ScalarSelect, exists, func, select

from playground.runs.schema import library, runs, trials
from playground.runs.states import ACTIVE

LATELY = 3600.0  # seconds: who waited longer than that waited long enough to come first

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

    Of one owner, what they pressed Train for comes before the many of a lab, and the oldest first. Of several, of whom
    workers hold the fewest (`running`), then whose last run ended the longest ago (`served`: when); so in turns.
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
    return in_turn(waiting, held_by_owner(connection), last_served(connection))


def next_in_line(connection: Connection, most: int | None) -> Waiting | None:
    """The first queued run of an owner of whom workers may hold one more, where they hold at most so many of one's."""
    busy = held_by_owner(connection) if most else {}
    return next((one for one in line(connection) if not (most and one.owner) or busy.get(one.owner, 0) < most), None)


def leaves_room(owner: str, most: int | None) -> Iterator[ColumnElement[bool]]:
    """That workers hold fewer of an owner's runs than a visitor may have there: a condition for the one update, as two
    workers may look at once."""
    if most and owner:
        yield held_of(owner) < most


def held_by_owner(connection: Connection) -> dict[str, int]:
    """How many runs of each owner workers hold: paused ones take room, too."""
    query = select(OWNER, func.count()).select_from(OWNED).where(runs.c.state.in_(ACTIVE)).group_by(OWNER)
    return dict(map(tuple, connection.execute(query)))


def held_of(owner: str) -> ScalarSelect[int]:
    """How many runs of an owner workers hold, as part of a query."""
    query = select(func.count()).select_from(OWNED).where(runs.c.state.in_(ACTIVE), OWNER.in_((owner,)))
    return query.scalar_subquery()


def queued_of(connection: Connection, owner: str) -> int:
    query = select(func.count()).select_from(OWNED).where(runs.c.state == "queued", OWNER.in_((owner,)))
    return connection.execute(query).scalar_one()


def last_served(connection: Connection) -> dict[str, float]:
    """When the last run of each owner ended, of those of whom one did lately; everybody's count as nobody's."""
    query = (
        select(library.c.owner, func.max(runs.c.ended))
        .join(runs, runs.c.id == library.c.run)
        .where(runs.c.ended > time.time() - LATELY, library.c.owner != "")
        .group_by(library.c.owner)
    )
    return dict(map(tuple, connection.execute(query)))
