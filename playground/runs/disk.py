"""What runs take on disk, and which of them go first where it is too much."""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, delete, func, insert, or_, select

from playground.runs.schema import announcements, forks, library, runs, sizes, trials
from playground.runs.states import ENDED, LIVE

MOST_AT_ONCE = 200  # runs measured in a turn


class Disk:
    """A run's size is that of its files; of a file under several names, as forks share them, each has its part."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def measure(self) -> int:
        """Look at the files of runs that ended since they were measured; returns how many runs that were."""
        outdated = or_(sizes.c.ended.is_(None), sizes.c.ended != runs.c.ended)
        query = select(runs.c.id, runs.c.ended).outerjoin(sizes, sizes.c.run == runs.c.id)
        query = query.where(runs.c.state.in_(ENDED), runs.c.ended.is_not(None), outdated).limit(MOST_AT_ONCE)
        with self.engine.connect() as connection:
            due = connection.execute(query).all()
        found = [{"run": run_id, "ended": ended, "bytes": self.size(run_id)} for run_id, ended in due]
        if found:
            ids = [row["run"] for row in found]
            with self.engine.begin() as connection:
                parents = select(forks.c.parent).where(forks.c.run.in_(ids))  # they share from now on
                connection.execute(delete(sizes).where(or_(sizes.c.run.in_(ids), sizes.c.run.in_(parents))))
                there = set(connection.execute(select(runs.c.id).where(runs.c.id.in_(ids))).scalars())
                rows = [row for row in found if row["run"] in there]
                if rows:
                    connection.execute(insert(sizes), rows)
        return len(found)

    def size(self, run_id: str) -> int:
        return round(sum(self.parts(self.folder / "runs" / run_id)))

    def parts(self, folder: Path) -> Iterator[float]:
        """Bytes of each file in a folder, over its number of names."""
        for file in folder.rglob("*"):
            try:
                about = file.stat()
            except OSError:  # gone meanwhile
                continue
            if file.is_file():
                yield about.st_size / max(1, about.st_nlink)

    def used(self) -> int:
        """By all runs, live ones as they are now."""
        with self.engine.connect() as connection:
            measured = select(func.sum(sizes.c.bytes)).join(runs, runs.c.id == sizes.c.run)
            ended = connection.execute(measured.where(runs.c.state.in_(ENDED))).scalar() or 0
            live = connection.execute(select(runs.c.id).where(runs.c.state.in_(LIVE))).scalars().all()
        return ended + sum(self.size(run_id) for run_id in live)

    def first_to_go(self, excess: int) -> list[tuple[str, bool]]:
        """(run, whether it was deleted before), until their files come to an excess: deleted ones, then the oldest.

        Neither starred nor live ones, nor what belongs to live ones: others of their study, and their forks' parents.
        """
        live = select(runs.c.id).where(runs.c.state.in_(LIVE))
        busy = select(trials.c.study).where(trials.c.run.in_(live))
        spared = (
            select(library.c.run).where(library.c.starred == 1, library.c.deleted.is_(None)),
            select(trials.c.run).where(trials.c.study.in_(busy)),
            select(forks.c.parent).where(forks.c.run.in_(live)),
        )
        query = (
            select(runs.c.id, library.c.deleted.is_not(None), sizes.c.bytes)
            .join(sizes, sizes.c.run == runs.c.id)
            .outerjoin(library, library.c.run == runs.c.id)
            .where(runs.c.state.in_(ENDED), *(runs.c.id.not_in(ids) for ids in spared))
            .order_by(library.c.deleted.is_(None), runs.c.ended)
        )
        going: list[tuple[str, bool]] = []
        with self.engine.connect() as connection:
            for run_id, was_deleted, size in connection.execute(query):
                if excess <= 0:
                    break
                going.append((run_id, bool(was_deleted)))
                excess -= size
        return going

    def forget_shares(self) -> None:
        """Of forks and of what they were forked from: some files have a name less now."""
        family = sizes.c.run.in_(select(forks.c.run)), sizes.c.run.in_(select(forks.c.parent))
        with self.engine.begin() as connection:
            connection.execute(delete(sizes).where(or_(*family)))

    def announce(self, text: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(announcements).values(at=time.time(), text=text))

    def announced(self, since: float) -> list[tuple[float, str]]:
        """(when, what), the newest first."""
        query = select(announcements.c.at, announcements.c.text).where(announcements.c.at >= since)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(announcements.c.id.desc()))]
