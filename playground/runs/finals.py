"""What came of each run: written by its worker as it ends, read by pages without a look at its curve."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Engine, RowMapping, delete, insert, select

from playground.runs.schema import finals, tested


@dataclass(frozen=True)
class Final:
    """The four measures are of the last evaluation: eval mode, no penalty, on the first `..._digits` of each split.

    `digest` is of the curve and `versions` what its last bits depend on; `step` is how far it had come.
    """

    step: int
    parameters: int
    digest: str
    versions: dict[str, str]
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    lowest_validation_loss: float | None
    best_step: int | None
    train_digits: int
    validation_digits: int


@dataclass(frozen=True)
class Tested:
    """The last measurement on the test split: with the weights of a step, on so many digits."""

    step: int
    accuracy: float
    digits: int


class Finals:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def write(self, run_id: str, final: Final) -> None:
        values = {**asdict(final), "versions": json.dumps(final.versions)}
        with self.engine.begin() as connection:
            connection.execute(delete(finals).where(finals.c.run == run_id))
            connection.execute(insert(finals).values(run=run_id, **values))

    def note_test(self, run_id: str, step: int, accuracy: float, digits: int) -> None:
        """The accuracy on the test split with the weights of a step; of a run the last one counts."""
        with self.engine.begin() as connection:
            connection.execute(delete(tested).where(tested.c.run == run_id))
            connection.execute(insert(tested).values(run=run_id, step=step, accuracy=accuracy, digits=digits))

    def tested(self, run_id: str) -> Tested | None:
        """None where it wasn't measured."""
        query = select(tested.c.step, tested.c.accuracy, tested.c.digits).where(tested.c.run == run_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return Tested(*row) if row else None

    def of(self, run_ids: Iterable[str]) -> dict[str, Final]:
        """By run; those that haven't ended, or ended without a worker, are left out."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(finals).where(finals.c.run.in_(list(run_ids)))).mappings()
            return {row["run"]: final_of(row) for row in rows}


def final_of(row: RowMapping) -> Final:
    values = {name: row[name] for name in Final.__dataclass_fields__}
    return Final(**{**values, "versions": json.loads(values["versions"])})
