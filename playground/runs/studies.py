"""Studies: the runs that a lab makes for one question, at a press of its button."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select

from playground.runs.ids import new_name
from playground.runs.schema import runs, studies, tasks, trials
from playground.runs.states import LIVE


@dataclass(frozen=True)
class Trial:
    """A run's place in its study."""

    study: str
    arm: str
    seed: int


@dataclass(frozen=True)
class Study:
    """What was asked: the lab, its topic and the set-up as JSON; `task` is the question without a run, if any."""

    id: str
    lab: str
    topic: str
    setup: str
    task: int | None
    planned: int
    created: float


@dataclass(frozen=True)
class Progress:
    """A study that goes on: how many of its runs have ended."""

    study: str
    lab: str
    topic: str
    ended: int
    runs: int


class Studies:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create(self, lab: str, topic: str, setup: str, planned: int, task: int | None = None) -> str:
        """A new study, still without its planned runs; returns its id, fit for addresses."""
        study_id = new_name("s")
        values = {"id": study_id, "lab": lab, "topic": topic, "setup": setup, "planned": planned, "task": task}
        with self.engine.begin() as connection:
            connection.execute(insert(studies).values(**values, created=time.time()))
        return study_id

    def add(self, connection: Connection, run_id: str, trial: Trial) -> None:
        """Note that a run belongs to a study, in the transaction that makes the run."""
        connection.execute(insert(trials).values(run=run_id, **vars(trial)))

    def study(self, study_id: str) -> Study | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(studies).where(studies.c.id == study_id)).first()
        return Study(**row._asdict()) if row else None

    def trials(self, study_id: str) -> list[tuple[str, Trial]]:
        """(run, trial) in the order in which the runs were made."""
        query = (select(trials).join(runs, runs.c.id == trials.c.run).where(trials.c.study == study_id)).order_by(
            runs.c.created
        )
        with self.engine.connect() as connection:
            return [(row.run, Trial(row.study, row.arm, row.seed)) for row in connection.execute(query)]

    def runs_beside(self, run_id: str) -> int:
        """How many runs share the disk that one may take: those of its study, itself among them."""
        query = select(studies.c.planned).join(trials, trials.c.study == studies.c.id).where(trials.c.run == run_id)
        with self.engine.connect() as connection:
            return max(1, connection.execute(query).scalar() or 1)

    def going_on(self) -> list[Progress]:
        """Studies with runs that haven't ended, the newest first."""
        live = func.sum(runs.c.state.in_(LIVE).cast(studies.c.planned.type))
        query = (
            select(studies.c.id, studies.c.lab, studies.c.topic, func.count() - live, func.count())
            .join(trials, trials.c.study == studies.c.id)
            .join(runs, runs.c.id == trials.c.run)
            .group_by(studies.c.id, studies.c.lab, studies.c.topic, studies.c.created)
            .having(live > 0)
            .order_by(studies.c.created.desc())
        )
        with self.engine.connect() as connection:
            return [Progress(*row) for row in connection.execute(query)]

    def questions(self, run_ids: Sequence[str]) -> dict[tuple[str, str], tuple[int, str]]:
        """(run, kind) → (task, its state), of the newest question of each kind that was asked of the runs."""
        query = select(tasks.c.run, tasks.c.kind, tasks.c.id, tasks.c.state)
        query = query.where(tasks.c.run.in_(run_ids), tasks.c.kind != "look").order_by(tasks.c.id)
        with self.engine.connect() as connection:
            return {(run, kind): (task, state) for run, kind, task, state in connection.execute(query)}
