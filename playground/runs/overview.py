"""All runs in one table: one query, and no experiment read but those of older databases."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select, and_, case, func, insert, or_, select
from sqlalchemy.exc import DBAPIError

from playground.errors import SpecError
from playground.experiment import Experiment, read
from playground.network.names import short_name
from playground.network.shapes import trace
from playground.runs.schema import finals, library, outlines, runs, sizes, tested, trials
from playground.runs.states import ENDED, STATES, State

MEASURES = ("validation_accuracy", "validation_loss", "lowest_validation_loss")
OUTLINE = ("network", "parameters", "seed")
UNREADABLE = {"network": "unreadable", "parameters": nan, "seed": nan}

Outlines = dict[str, Mapping[str, Any]]  # by run id


@dataclass(frozen=True)
class Wanted:
    """Which runs: `text` is in the name or the note; `owner` None is anybody; `ids` None is any run."""

    text: str = ""
    states: tuple[State, ...] = STATES
    starred: bool = False
    owner: str | None = None
    of_labs: bool = False
    ids: tuple[str, ...] | None = None


class Overview:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, connection: Connection, run_id: str, experiment: Experiment) -> None:
        """Note what the table says of an experiment, in the transaction that makes its run."""
        connection.execute(insert(outlines).values(run=run_id, **outline(experiment)))

    def table(self, wanted: Wanted | None = None) -> pd.DataFrame:
        """A row a run that isn't deleted, the newest first, with the columns of `QUERY`.

        What was measured is empty while a run lasts; the test accuracy, where later steps than the last weren't.
        """
        with self.engine.connect() as connection:
            found = connection.execute(narrowed(QUERY, wanted or Wanted()))
            names = list(found.keys())
            # By columns: a third of the time that it takes by rows.
            table = pd.DataFrame(dict(zip(names, zip(*found, strict=True), strict=False)), columns=names)
            missing = table.index[table["network"].isna()]
            outlined: Outlines = {}
            if len(missing):
                texts = select(runs.c.id, runs.c.experiment).where(runs.c.id.in_(table.loc[missing, "id"].tolist()))
                outlined = outlines_of(connection.execute(texts))
                for name in OUTLINE:
                    said = (outlined.get(run_id, UNREADABLE)[name] for run_id in table.loc[missing, "id"])
                    table.loc[missing, name] = list(said)
        if outlined:
            self.keep(outlined)
        return table

    def keep(self, outlined: Outlines) -> None:
        """Spare the next look the experiments of an older database's runs; where it can't be written to, don't."""
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(outlines), [{"run": run_id, **said} for run_id, said in outlined.items()])
        except DBAPIError:  # or another look was first, or a run is gone meanwhile
            return

    def count(self, wanted: Wanted) -> int:
        """How many rows the table would have."""
        rows = narrowed(QUERY, wanted).order_by(None).subquery()
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(rows)).scalar_one()


def outlines_of(texts: Iterable[Any]) -> Outlines:
    """Of those whose experiment this version can read; `texts`: (run id, experiment)."""
    found: Outlines = {}
    for run_id, text in texts:
        with suppress(SpecError):
            found[run_id] = outline(read(text))
    return found


def outline(experiment: Experiment) -> Mapping[str, Any]:
    return {
        "network": short_name(experiment.network),
        "parameters": trace(experiment.network).parameters,
        "seed": experiment.training.seed,
    }


def over(column: Any) -> Any:
    """What a run's end wrote, as long as it hasn't gone on from there."""
    return case((runs.c.state.in_(ENDED), column))


QUERY = (
    select(
        runs.c.id,
        runs.c.name,
        runs.c.state,
        runs.c.created,
        runs.c.step,
        runs.c.total_steps,
        runs.c.seconds,
        func.coalesce(library.c.owner, "").label("owner"),
        func.coalesce(library.c.starred, 0).label("starred"),
        func.coalesce(library.c.note, "").label("note"),
        *(over(finals.c[name]).label(name) for name in MEASURES),
        case((tested.c.step == runs.c.step, tested.c.accuracy)).label("test_accuracy"),
        *(outlines.c[name] for name in OUTLINE),
        sizes.c.bytes,
        trials.c.study,
    )
    .select_from(runs)
    .outerjoin(library, library.c.run == runs.c.id)
    .outerjoin(finals, finals.c.run == runs.c.id)
    .outerjoin(tested, tested.c.run == runs.c.id)
    .outerjoin(outlines, outlines.c.run == runs.c.id)
    .outerjoin(sizes, sizes.c.run == runs.c.id)
    .outerjoin(trials, trials.c.run == runs.c.id)
    .where(library.c.deleted.is_(None))
    .order_by(runs.c.created.desc(), runs.c.id)
)


def narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    conditions = []
    if wanted.text:
        said = (column.icontains(wanted.text, autoescape=True) for column in (runs.c.name, library.c.note))
        conditions.append(or_(*said))
    if wanted.states != STATES:
        conditions.append(runs.c.state.in_(wanted.states))
    if wanted.starred:
        conditions.append(library.c.starred == 1)
    if wanted.owner is not None:
        conditions.append(library.c.owner == wanted.owner)
    if wanted.ids is not None:
        conditions.append(runs.c.id.in_(wanted.ids))
    elif not wanted.of_labs:
        conditions.append(trials.c.run.is_(None))
    return query.where(and_(True, *conditions))
