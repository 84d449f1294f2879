"""What stays of a run's past: checkpoints of some steps, verdicts on digits, and which run it was forked from."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, literal, select, update

from playground.experiment import Augmentation, read
from playground.runs.journal import until
from playground.runs.schema import chunks, forks, inherited, kept, runs, verdicts
from playground.training.saved import UNREADABLE, state_of


@dataclass(frozen=True)
class Kept:
    """A step whose checkpoint stays; `live` are the settings that may change while a run lasts, as they were."""

    step: int
    bytes: int
    live: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """Which digits an evaluation found right: a byte a digit, 1 for right."""

    step: int
    train: bytes
    validation: bytes


@dataclass(frozen=True)
class Origin:
    """A fork's parent, and the step up to which both are one."""

    parent: str
    step: int


def own_bytes(steps: Iterable[Kept], origin: Origin | None) -> int:
    """What a run's kept steps take on disk; a fork's up to its origin are its parent's, under a second name."""
    return sum(one.bytes for one in steps if origin is None or one.step > origin.step)


class Past:
    """Kept checkpoints, verdicts and forks of all runs; every method is one short transaction."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def checkpoint(self, run_id: str) -> Path:
        """The file that a run goes on from."""
        return self.folder / "runs" / run_id / "last.safetensors"

    def best_copy(self, run_id: str) -> Path:
        """The file with the step of the lowest validation loss, as it stood when the last checkpoint was written."""
        return self.folder / "runs" / run_id / "best.safetensors"

    def snapshot(self, run_id: str) -> Path:
        """The file with the weights of a moment ago, for those who look inside while it trains."""
        return self.folder / "runs" / run_id / "now.safetensors"

    def kept_checkpoint(self, run_id: str, step: int) -> Path:
        """The file of a step that stays."""
        return self.folder / "runs" / run_id / "kept" / f"{step}.safetensors"

    def epochs_done(self, run_id: str, step: int) -> int:
        """Whole epochs that a kept step has behind it; 0 where its file can't be read."""
        with suppress(*UNREADABLE):
            return int(state_of(self.kept_checkpoint(run_id, step))["place"]["epoch"])
        return 0

    def add(self, run_id: str, steps: Iterable[Kept], judged: Iterable[Judged]) -> None:
        """Note which steps' files were written, and which digits were answered rightly; of a step the last counts."""
        kept_rows = {one.step: {**vars(one), "live": json.dumps(one.live)} for one in steps}
        judged_rows = {one.step: vars(one) for one in judged}
        with self.engine.begin() as connection:
            for table, rows in ((kept, kept_rows), (verdicts, judged_rows)):
                if rows:
                    connection.execute(delete(table).where(table.c.run == run_id, table.c.step.in_(rows)))
                    connection.execute(insert(table), [{"run": run_id, **row} for row in rows.values()])

    def kept(self, run_id: str) -> list[Kept]:
        """The first step first."""
        query = select(kept.c.step, kept.c.bytes, kept.c.live).where(kept.c.run == run_id).order_by(kept.c.step)
        with self.engine.connect() as connection:
            return [Kept(step, size, json.loads(live)) for step, size, live in connection.execute(query)]

    def verdicts(self, run_id: str, until_step: int) -> list[Judged]:
        """Of each evaluation up to a step, the first one first."""
        query = (
            select(verdicts.c.step, verdicts.c.train, verdicts.c.validation)
            .where(verdicts.c.run == run_id, verdicts.c.step <= until_step)
            .order_by(verdicts.c.step)
        )
        with self.engine.connect() as connection:
            return [Judged(*row) for row in connection.execute(query)]

    def origin(self, run_id: str) -> Origin | None:
        """None for a run that began at its step 0."""
        with self.engine.connect() as connection:
            row = connection.execute(select(forks.c.parent, forks.c.step).where(forks.c.run == run_id)).first()
        return Origin(*row) if row else None

    def inherited(self, run_id: str) -> float:
        """Seconds on a run's clock that were its parent's; 0 where there are none, or it isn't on record."""
        with self.engine.connect() as connection:
            query = select(inherited.c.seconds).where(inherited.c.run == run_id)
            return connection.execute(query).scalar() or 0.0

    def beginning(self, run_id: str) -> Origin | None:
        """Where the same run would begin once more: where it was forked, of its own past where its parent is gone."""
        origin = self.origin(run_id)
        if origin is None:
            return None
        with self.engine.connect() as connection:
            is_there = connection.execute(select(runs.c.id).where(runs.c.id == origin.parent)).first()
        return origin if is_there else Origin(run_id, origin.step)

    def share(self, connection: Connection, run_id: str, origin: Origin) -> None:
        """Give a new run its parent's past up to the step where they part; its checkpoints are linked, not copied.

        Verdicts are of digits and labels: they go along where both runs have the same ones.
        """
        connection.execute(insert(forks).values(run=run_id, parent=origin.parent, step=origin.step))
        share_time(connection, run_id, origin)
        share_curve(connection, run_id, origin)
        for table in (kept, verdicts) if have_same_digits(connection, run_id, origin.parent) else (kept,):
            others = [column for column in table.c if column.name != "run"]
            past = select(literal(run_id), *others).where(table.c.run == origin.parent, table.c.step <= origin.step)
            connection.execute(insert(table).from_select(["run", *(column.name for column in others)], past))
        for step in connection.execute(select(kept.c.step).where(kept.c.run == run_id)).scalars().all():
            link(self.kept_checkpoint(origin.parent, step), self.kept_checkpoint(run_id, step))


def share_curve(connection: Connection, run_id: str, origin: Origin) -> None:
    """Copy what was recorded up to a step.

    Within the database but for the last chunks: other writers wait meanwhile, and an hour has some 30,000.
    """
    theirs, columns = chunks.c.run == origin.parent, (chunks.c.first_step, chunks.c.events)
    last_before = select(func.max(chunks.c.id)).where(theirs, chunks.c.first_step < origin.step)
    cut = connection.execute(last_before).scalar() or 0  # chunks before it end before the step
    before = theirs, chunks.c.id < cut, chunks.c.first_step < origin.step  # see `rewind` for changes yet to come
    whole = select(literal(run_id), *columns).where(*before).order_by(chunks.c.id)
    connection.execute(insert(chunks).from_select(["run", "first_step", "events"], whole))
    rest = select(*columns).where(theirs, chunks.c.id >= cut, chunks.c.first_step <= origin.step).order_by(chunks.c.id)
    for first_step, events in connection.execute(rest).all():
        part = until(events, origin.step)
        connection.execute(insert(chunks).values(run=run_id, first_step=first_step, events=part))


def share_time(connection: Connection, run_id: str, origin: Origin) -> None:
    """A fork's clock goes on from the time that its steps so far took, by its parent's mean speed."""
    parent = connection.execute(select(runs.c.step, runs.c.seconds).where(runs.c.id == origin.parent)).first()
    if parent is not None and parent.step:
        seconds = parent.seconds * origin.step / parent.step
        connection.execute(update(runs).where(runs.c.id == run_id).values(seconds=seconds))
        connection.execute(insert(inherited).values(run=run_id, seconds=seconds))


def have_same_digits(connection: Connection, *run_ids: str) -> bool:
    """Whether runs have the same digits with the same labels; augmentation leaves those as they are."""
    experiments = connection.execute(select(runs.c.experiment).where(runs.c.id.in_(run_ids))).scalars()
    return len({read(text).data.but(augmentation=Augmentation()) for text in experiments}) == 1


def link(file: Path, to: Path) -> None:
    """A second name for a file; a copy where the file system has no links."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, to)
    except FileNotFoundError:  # kept no longer
        return
    except OSError:
        with suppress(FileNotFoundError):
            shutil.copyfile(file, to)
