"""What a run wrote: events as columns, in chunks as they come, and all chunks together as curves."""

import json
from array import array
from collections.abc import Iterable, MutableSequence
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from playground.training.events import Changed, Evaluated, Event, LayersMeasured, Stepped

WHOLE_NUMBERS = ("step", "batch_size")
Kind = type[Stepped] | type[LayersMeasured] | type[Evaluated] | type[Changed]
COLUMNS: dict[str, Kind] = {"stepped": Stepped, "layers": LayersMeasured, "evaluated": Evaluated, "changed": Changed}


def encode(events: Iterable[Event]) -> str:
    """Events as JSON columns, one table a kind; the kinds that end a run go into its state, not here.

    Floats keep every bit: `json` writes the shortest text that reads back as the same number.
    """
    tables: dict[str, dict[str, MutableSequence[Any]]] = {}
    for event in events:
        for name, kind in COLUMNS.items():
            if isinstance(event, kind):
                table = tables.setdefault(name, columns_of(kind))
                for column, values in table.items():
                    values.append(getattr(event, column))
    return json.dumps(tables, separators=(",", ":"))


def until(chunk: str, step: int, with_evaluation: bool = False) -> str:
    """A chunk without what came after a step.

    The changes at that very step are left out, for they took effect one step later; the evaluation unless it is asked
    for: a fork makes its own.

    >>> until('{"stepped":{"step":[7,8,9]},"evaluated":{"step":[8]}}', 8)
    '{"stepped":{"step":[7,8]},"evaluated":{"step":[]}}'
    """
    tables = json.loads(chunk)
    left_out = ("changed",) if with_evaluation else ("evaluated", "changed")
    for name, table in tables.items():
        last = step - 1 if name in left_out else step
        rows = [row for row, at in enumerate(table["step"]) if at <= last]
        tables[name] = {column: [values[row] for row in rows] for column, values in table.items()}
    return json.dumps(tables, separators=(",", ":"))


def changes_in(chunk: str) -> list[Changed]:
    """The settings that were changed, as events again."""
    table = json.loads(chunk).get("changed")
    return (
        [Changed(*row) for row in zip(*(table[column.name] for column in fields(Changed)), strict=True)]
        if table
        else []
    )


def columns_of(kind: Kind) -> dict[str, MutableSequence[Any]]:
    return {column.name: [] for column in fields(kind)}


@dataclass
class Curves:
    """All that a run has recorded, as growing columns.

    `stepped`: step, epoch, loss (batch, train mode, no penalty), penalty, accuracy (batch), learning_rate, batch_size.
    `layers`: step, gradient and update, each a row of one number a weighted layer.
    `evaluated`: step, train and validation loss and accuracy (eval mode, no penalty). `changed`: step, field, old, new.
    """

    stepped: dict[str, MutableSequence[Any]] = field(default_factory=lambda: columns_of(Stepped))
    layers: dict[str, MutableSequence[Any]] = field(default_factory=lambda: columns_of(LayersMeasured))
    evaluated: dict[str, MutableSequence[Any]] = field(default_factory=lambda: columns_of(Evaluated))
    changed: dict[str, MutableSequence[Any]] = field(default_factory=lambda: columns_of(Changed))

    def extend(self, chunk: str) -> None:
        """Append one chunk, as `encode` wrote it."""
        for name, table in json.loads(chunk).items():
            for column, values in getattr(self, name).items():
                values.extend(table[column])

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables as a DataFrame; empty, with its columns, where nothing has been recorded."""
        return pd.DataFrame(getattr(self, name))


def slim_curves() -> Curves:
    """Empty curves for display: no epochs, and 32 bits a number, so that a million steps take 24 MB and not 200."""
    result = Curves()
    for table in (result.stepped, result.evaluated):
        table.pop("epoch", None)
        table.update({column: array("i" if column in WHOLE_NUMBERS else "f") for column in table})
    return result


def curves(chunks: Iterable[str]) -> Curves:
    """The curves of a whole run from its chunks, in their order."""
    result = Curves()
    for chunk in chunks:
        result.extend(chunk)
    return result
