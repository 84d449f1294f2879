"""A run's curves as TensorBoard's event files."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from playground.runs.journal import Curves
from playground.runs.store import Run

Row = tuple[int, dict[str, float]]  # step, and values by tag
BATCH = {"loss": "loss", "accuracy": "accuracy", "penalty": "penalty", "learning_rate": "learning_rate"}
TRAIN = {"loss": "train_loss", "accuracy": "train_accuracy"}
VALIDATION = {"loss": "validation_loss", "accuracy": "validation_accuracy"}


def event_files(run: Run, curves: Curves) -> bytes:
    """A zip of four folders, runs of TensorBoard's own: batch (train mode), train and validation (eval mode), layers.

    `loss` and `accuracy` are tags of the first three, so their curves share a chart. TensorBoard keeps 32 bits a
    number, and takes the time of a step from the mean speed of the run.
    """
    folders = {
        "batch": columns(curves.stepped, BATCH),
        "train": columns(curves.evaluated, TRAIN),
        "validation": columns(curves.evaluated, VALIDATION),
        "layers": of_layers(curves.layers, run.layers),
    }
    pace = run.seconds / run.step if run.step else 0.0
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in folders.items():
            content = records(events(rows, run.created, pace))
            archive.writestr(f"{run.id}/{name}/events.out.tfevents.{int(run.created)}.{run.id}", content)
    return file.getvalue()


def columns(table: dict[str, Any], tags: dict[str, str]) -> Iterator[Row]:
    """Each row of a journal's table, with the columns that tags name."""
    values = zip(*(table[column] for column in tags.values()), strict=True)
    for step, row in zip(table["step"], values, strict=True):
        yield step, dict(zip(tags, row, strict=True))


def of_layers(table: dict[str, Any], names: Sequence[str]) -> Iterator[Row]:
    """RMS of the gradient per weight, and RMS(Δw)/RMS(w), of each weighted layer."""
    tags = [tag(name) for name in names]
    for step, gradient, update in zip(table["step"], table["gradient"], table["update"], strict=True):
        row = {f"gradient_rms/{name}": value for name, value in zip(tags, gradient, strict=True)}
        yield step, row | {f"update_ratio/{name}": value for name, value in zip(tags, update, strict=True)}


def tag(name: str) -> str:
    """
    >>> tag("Conv2d #1")
    'Conv2d_1'
    """
    return re.sub(r"\W+", "_", name)


def events(rows: Iterable[Row], begin: float, pace: float) -> Iterator[Event]:
    yield Event(wall_time=begin, file_version="brain.Event:2")
    for step, values in rows:
        found = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        yield Event(wall_time=begin + pace * step, step=step, summary=Summary(value=found))


def records(found: Iterable[Event]) -> bytes:
    file = io.BytesIO()
    writer = RecordWriter(file)
    for one in found:
        writer.write(one.SerializeToString())
    return file.getvalue()
