"""The run store: all that lies between pages and training, in one database."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from playground.errors import SpecError
from playground.experiment import Experiment, read
from playground.runs.crew import READY, STALE_AFTER, Crew
from playground.runs.disk import Disk
from playground.runs.engine import engine
from playground.runs.finals import Finals
from playground.runs.ids import id_of_new, new_name
from playground.runs.imports import Imported, Imports
from playground.runs.library import IS_DELETED, Library
from playground.runs.limits import NO_LIMITS, check, check_queue
from playground.runs.overview import Overview
from playground.runs.past import Origin, Past
from playground.runs.questions import Questions
from playground.runs.replays import Replay, Replays
from playground.runs.schema import chunks, controls, create_all, library, runs, workers
from playground.runs.sights import Sights
from playground.runs.states import ACTIVE, ENDED, LIVE, State
from playground.runs.studies import Studies, Trial
from playground.runs.turns import IS_TRIAL, held_by_owner, leaves_room, line, next_in_line, queued_of

Holder = tuple[str | None, int]  # worker and attempt: another attempt of the same worker is another hold
# Made once: a worker asks fifty times a second.
OPEN_CONTROLS = (
    select(controls.c.id, controls.c.run, controls.c.name, controls.c.value)
    .where(controls.c.taken.is_(None), controls.c.run.in_(bindparam("runs", expanding=True)))
    .order_by(controls.c.id)
)


class NotHeld(Exception):
    """A worker wrote to a run that it no longer holds: it was taken for dead, or the run is gone."""


@dataclass(frozen=True)
class Run:
    """One run as the store knows it now."""

    id: str
    name: str
    experiment: Experiment
    state: State
    message: str
    created: float
    ended: float | None
    worker: str | None
    begin: str
    attempt: int
    step: int
    total_steps: int
    epoch: float
    digits_per_second: float
    seconds: float
    layers: tuple[str, ...]
    live: dict[str, float]

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def holder(self) -> Holder:
        return self.worker, self.attempt

    @property
    def seconds_left(self) -> float | None:
        """By the mean speed so far; None before the first step."""
        if not self.step or not self.seconds:
            return None
        return (self.total_steps - self.step) * self.seconds / self.step


@dataclass(frozen=True)
class Control:
    id: int
    run: str
    name: str
    value: Any


class Store:
    """Runs, their curves and controls; every method is one short transaction.

    `past` has what stays of each run's earlier steps, `sights` what somebody watches, `studies` which runs belong
    together, `library` whose runs are and what is said of them, `finals` what came of them, `replays` which run repeats
    which, `overview` lists them, `disk` knows what they take, `imports` has weights from files, `questions` are for any
    worker, `crew` is who they are. `url` is any SQLAlchemy URL; `folder` holds the checkpoints. A locked database is
    waited for as long as `patience` says, in seconds. What the database can't do is an error of SQLAlchemy, see
    `health.in_words`.
    """

    def __init__(self, url: str, folder: Path, patience: float = 5.0) -> None:
        self.url = url
        self.folder = folder
        self.limits = NO_LIMITS  # the host's are set by whoever opens it
        self.note = ""  # what was wrong as it was opened, see `opening`
        self.is_read_only = False
        self.engine = engine(url, patience)
        create_all(self.engine)
        self.past = Past(self.engine, folder)
        self.sights = Sights(self.engine)
        self.studies = Studies(self.engine)
        self.library = Library(self.engine, folder)
        self.finals = Finals(self.engine)
        self.replays = Replays(self.engine)
        self.overview = Overview(self.engine)
        self.disk = Disk(self.engine, folder)
        self.imports = Imports(self.engine, folder)
        self.questions = Questions(self.engine)
        self.crew = Crew(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def check(self, patience: float = 0.3) -> None:
        """Raises an error of SQLAlchemy where nothing can be written now; writes nothing."""
        impatient = engine(self.url, patience)
        try:
            with impatient.begin() as connection:
                connection.execute(update(workers).where(workers.c.id == "").values(ready=0))
        finally:
            impatient.dispose()

    # --- runs -------------------------------------------------------------------------------------------------------

    def create(
        self,
        experiment: Experiment,
        name: str,
        begin: str = "run",
        origin: Origin | None = None,
        trial: Trial | None = None,
        owner: str = "",
        replay: Replay | None = None,
        imported: Imported | None = None,
        admitted: bool = False,
    ) -> str:
        """Put a new run into the queue and return its id.

        With an origin it is a fork: it has that run's past up to a kept step, and goes on from there. With a trial it
        belongs to a study. Without an owner it is everybody's. With a replay it repeats another run, with imported
        weights it begins with those. Raises `SpecError` as `admit` does, unless it has been admitted with others.
        """
        if not admitted:
            self.admit([experiment], owner)
        run_id = new_name("r")
        values = {"id": run_id, "name": name, "experiment": experiment.model_dump_json(), "begin": begin}
        with self.engine.begin() as connection:
            connection.execute(insert(runs).values(**values, state="queued", created=time.time()))
            self.library.add(connection, run_id, owner)
            self.overview.add(connection, run_id, experiment)
            if origin is not None:
                self.past.share(connection, run_id, origin)
                imported = self.imports.of(origin.parent)  # its first steps are the parent's
            if imported is not None:
                self.imports.add(connection, run_id, imported)
            if trial is not None:
                self.studies.add(connection, run_id, trial)
            if replay is not None:
                self.replays.add(connection, run_id, replay)
        return run_id

    def admit(self, experiments: Iterable[Experiment], owner: str = "") -> None:
        """Raise `SpecError` where one of them exceeds the host's limits, or all together the owner's in the queue."""
        asked = list(experiments)
        for experiment in asked:
            check(experiment, self.limits)
        if owner:
            with self.engine.connect() as connection:
                check_queue(queued_of(connection, owner), len(asked))

    def run(self, run_id: str) -> Run | None:
        """None where there is no such run, or none that this version can read."""
        with self.engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        return next(readable([row]), None) if row else None

    def runs(
        self, states: Sequence[State] = LIVE, limit: int = 100, with_trials: bool = False, owner: str | None = None
    ) -> list[Run]:
        """The newest first, without those deleted; those of studies only where asked for. With an owner, those that
        are the owner's or everybody's."""
        chosen = runs.c.state.in_(states), ~IS_DELETED
        query = select(runs).where(*chosen).order_by(runs.c.created.desc()).limit(limit)
        if not with_trials:
            query = query.where(~IS_TRIAL)
        if owner is not None:
            query = query.where(~exists().where(library.c.run == runs.c.id, library.c.owner.not_in(("", owner))))
        with self.engine.connect() as connection:
            return list(readable(connection.execute(query)))

    def place_in_queue(self, run_id: str) -> int | None:
        """1 for the next in line; None for a run that isn't queued."""
        with self.engine.connect() as connection:
            places = [one.run for one in line(connection)]
        return places.index(run_id) + 1 if run_id in places else None

    def is_held_back(self, run_id: str) -> bool:
        """Whether a queued run waits because workers hold as many of its owner's as a visitor may have there."""
        most, owner = self.limits.runs_a_visitor, self.library.owner_of(run_id)
        with self.engine.connect() as connection:
            return bool(most and owner) and held_by_owner(connection).get(owner, 0) >= (most or 0)

    def is_queue_empty(self) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(select(runs.c.id).where(runs.c.state == "queued").limit(1)).first() is None

    def set_state(
        self, run_id: str, state: State, message: str = "", only_from: Sequence[State] | None = None, **columns: Any
    ) -> bool:
        """Move a run to another state; False where it isn't in one of `only_from`."""
        query = update(runs).where(runs.c.id == run_id)
        if only_from is not None:
            query = query.where(runs.c.state.in_(only_from))
        ended = time.time() if state in ENDED else None
        with self.engine.begin() as connection:
            result = connection.execute(query.values(state=state, message=message, ended=ended, **columns))
        return result.rowcount == 1

    def claim(
        self, worker: str, runs_at_once: int, has_room: Callable[[Experiment], bool] = lambda _: True
    ) -> Run | None:
        """Take the next queued run for a worker, unless enough are running, in all or its owner's, or another worker
        has less to do, or this one has no room. One that can't be read fails."""
        if self.is_queue_empty():
            return None
        with self.engine.connect() as connection:
            count = select(runs.c.worker, func.count()).where(runs.c.state == "running").group_by(runs.c.worker)
            held: dict[str, int] = dict(map(tuple, connection.execute(count)))
            ready = connection.execute(
                select(workers.c.id).where(workers.c.ready == READY, workers.c.seen > time.time() - STALE_AFTER)
            ).scalars()
            mine = held.get(worker, 0)
            if sum(held.values()) >= runs_at_once or mine > min((held.get(one, 0) for one in ready), default=mine):
                return None
            first = next_in_line(connection, self.limits.runs_a_visitor)
            row = connection.execute(select(runs).where(runs.c.id == first.run)).first() if first else None
        if first is None or row is None:
            return None
        try:
            chosen = run_of(row)
        except SpecError as error:
            message = f"this version can't read its experiment: {error.field}: {error.message}"
            self.set_state(row.id, "failed", message, only_from=("queued",))
            return None
        if not has_room(chosen.experiment):
            return None
        running = select(func.count()).where(runs.c.state == "running").scalar_subquery()
        with self.engine.begin() as connection:
            result = connection.execute(
                update(runs)
                .where(runs.c.id == chosen.id, runs.c.state == "queued", running < runs_at_once)
                .where(*leaves_room(first.owner, self.limits.runs_a_visitor))
                .values(state="running", worker=worker, message="")
            )
        run = self.run(chosen.id) if result.rowcount == 1 else None
        return run if run and run.worker == worker else None  # else it has been taken away again meanwhile

    def requeue(self, run_id: str, from_states: Sequence[State]) -> bool:
        """Let a run that ended too early go on from its last checkpoint; what it was asked before is void.

        One that was deleted is back in sight.
        """
        again = {"state": "queued", "message": "", "ended": None, "worker": None, "begin": "run"}
        with self.engine.begin() as connection:
            result = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.state.in_(from_states))
                .values(**again, attempt=runs.c.attempt + 1)
            )
            if result.rowcount == 1:
                connection.execute(update(library).where(library.c.run == run_id).values(deleted=None))
                connection.execute(
                    update(controls)
                    .where(controls.c.run == run_id, controls.c.taken.is_(None))
                    .values(taken=time.time(), refusal="the run had ended")
                )
        return result.rowcount == 1

    # --- what a worker writes ---------------------------------------------------------------------------------------

    def record(
        self, run_id: str, first_step: int, events: str | None, holder: Holder | None = None, **columns: Any
    ) -> None:
        """Append a chunk of events (JSON, see `journal.encode`) and set the run's progress, together.

        Raises `NotHeld`, and writes nothing, where a holder is given that doesn't hold the run.
        """
        with self.engine.begin() as connection:
            advance(connection, run_id, holder, columns)
            if events:
                connection.execute(insert(chunks).values(run=run_id, first_step=first_step, events=events))

    def check_hold(self, run_id: str, holder: Holder) -> None:
        """Raises `NotHeld` where the holder doesn't hold the run."""
        with self.engine.begin() as connection:
            advance(connection, run_id, holder, {})

    def chunks(self, run_id: str, after: int = 0, limit: int | None = None) -> list[tuple[int, str]]:
        """(id, events) of each chunk with an id above `after`, in their order; the first ones up to a limit."""
        query = (
            select(chunks.c.id, chunks.c.events)
            .where(chunks.c.run == run_id, chunks.c.id > after)
            .order_by(chunks.c.id)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    # --- controls ---------------------------------------------------------------------------------------------------

    def ask(self, run_id: str, name: str, value: Any = None) -> int:
        """Leave a control for the worker that holds the run."""
        with self.engine.begin() as connection:
            result = connection.execute(insert(controls).values(run=run_id, name=name, value=json.dumps(value)))
            return id_of_new(result)

    def open_controls(self, run_ids: Iterable[str]) -> list[Control]:
        with self.engine.connect() as connection:
            rows = connection.execute(OPEN_CONTROLS, {"runs": list(run_ids)})
            return [Control(id, run, name, json.loads(value)) for id, run, name, value in rows]

    def changes(self, run_id: str) -> list[tuple[str, float]]:
        """(field, new value) of all settings that were changed while the run lasted, the first one first."""
        query = (
            select(controls.c.value)
            .where(controls.c.run == run_id, controls.c.name == "change")
            .where(controls.c.taken.is_not(None), controls.c.refusal.is_(None))
            .order_by(controls.c.id)
        )
        with self.engine.connect() as connection:
            values = map(json.loads, connection.execute(query).scalars())
            return [(value["field"], value["value"]) for value in values]

    def take_control(self, control_id: int, refusal: str | None = None) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                update(controls).where(controls.c.id == control_id).values(taken=time.time(), refusal=refusal)
            )

    def control_outcome(self, control_id: int) -> tuple[bool, str | None]:
        """(taken, why it was refused)."""
        with self.engine.connect() as connection:
            query = select(controls.c.taken, controls.c.refusal).where(controls.c.id == control_id)
            taken, refusal = connection.execute(query).one()
        return taken is not None, refusal


def advance(connection: Connection, run_id: str, holder: Holder | None, columns: dict[str, Any]) -> None:
    """Set a run's columns; raises `NotHeld` where a holder is given that doesn't hold it.

    Called first in a transaction, even with nothing to set: the update locks the row, so the hold lasts to its end.
    """
    query = update(runs).where(runs.c.id == run_id)
    if holder is not None:
        worker, attempt = holder
        query = query.where(runs.c.worker == worker, runs.c.attempt == attempt, runs.c.state.in_(ACTIVE))
    result = connection.execute(query.values(**{"worker": runs.c.worker, **columns}))
    if holder is not None and result.rowcount == 0:
        raise NotHeld(run_id)


def readable(rows: Iterable[Row[Any]]) -> Iterator[Run]:
    """Without those of which this version can't read the experiment."""
    for row in rows:
        with suppress(SpecError):
            yield run_of(row)


def run_of(row: Row[Any]) -> Run:
    values = row._asdict()
    values["experiment"] = read(values["experiment"])
    values["layers"] = tuple(json.loads(values["layers"]))
    values["live"] = json.loads(values["live"])
    return Run(**values)
