"""Every file that a run can leave as: what it is, what it is called, and how it is made when it is asked for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from playground.errors import SpecError
from playground.exports.curves_csv import curves_csv
from playground.exports.experiment_json import experiment_json
from playground.exports.of_run import notebook_of, script_of
from playground.exports.report import report_of
from playground.runs.control import ask
from playground.runs.journal import curves
from playground.runs.store import Run, Store

PATIENCE = 30.0  # seconds; a busy worker answers after 5 at the latest
Step = int | None  # a kept one; None: the last one
ZIP = "application/zip"


@dataclass(frozen=True)
class File:
    """`make` gives the content, at a step where `has_step`; it raises `SpecError` where it can't."""

    name: str
    what: str
    label: str
    ending: str
    kind: str
    make: Callable[[Store, Run, Step], bytes | str]
    has_step: bool = False

    def called(self, run: Run, step: int) -> str:
        """The file's name, fit for any disk."""
        name = re.sub(r"[^\w.]+", "-", run.name).strip("-.")[:60] or run.id
        return f"{name}-step-{step}{self.ending}" if self.has_step else f"{name}{self.ending}"


def csv_of(store: Store, run: Run, _step: Step) -> bytes:
    return curves_csv(run, curves(events for _, events in store.chunks(run.id)))


def from_worker(kind: str, store: Store, run: Run, step: Step) -> bytes:
    """A file that needs PyTorch or TensorBoard, which the server doesn't have."""
    task = ask(store, "export", {"format": kind, "step": "last" if step is None else step}, run.id, PATIENCE)
    if task is None:
        raise SpecError("export", "all workers are busy: try again in a moment")
    store.drop_task(task.id)
    if task.result is None:
        raise SpecError("export", task.message)
    return task.result


def code_of(write: Callable[[Store, Run], str], store: Store, run: Run, _step: Step) -> str:
    """A script or a notebook that trains as the run did; raises `SpecError` where none can."""
    imported = store.imports.of(run.id)
    if imported is not None:
        message = f"this run began with the weights of {imported.name}, which a script can't draw from a seed: "
        raise SpecError("run", f"{message}export the weights of step 0 and load them in a script of your own")
    return write(store, run)


OF_RUN = (
    File(
        *("Report", "One page: curves, measures, settings.", "HTML", "-report.html", "text/html"),
        lambda store, run, _: report_of(store, run),
    ),
    File("Curves", "Every step and evaluation, and what each column is.", "CSV", "-curves.zip", ZIP, csv_of),
    File(
        *("Event files", "The curves for TensorBoard.", "TensorBoard", "-tensorboard.zip", ZIP),
        partial(from_worker, "tensorboard"),
    ),
    File(
        *("Experiment", "All settings; Import takes it back.", "JSON", ".json", "application/json"),
        lambda store, run, _: experiment_json(run.experiment),
    ),
)
AS_CODE = (
    File(
        *("Script", "Plain PyTorch that repeats this run.", "Python", ".py", "text/x-python"),
        partial(code_of, script_of),
    ),
    File(
        *("Notebook", "The same, cell by cell.", "Jupyter", ".ipynb", "application/x-ipynb+json"),
        partial(code_of, notebook_of),
    ),
)
OF_NETWORK = (
    File(
        *("Weights", "PyTorch's state dict.", "pt", ".pt", "application/octet-stream", partial(from_worker, "pt")),
        has_step=True,
    ),
    File(
        *("Weights", "The same, in a file that can hold no code.", "safetensors", ".safetensors"),
        *("application/octet-stream", partial(from_worker, "safetensors")),
        has_step=True,
    ),
    File(
        *("Network", "Digits to logits, in eval mode, for any runtime.", "ONNX", ".onnx"),
        *("application/octet-stream", partial(from_worker, "onnx")),
        has_step=True,
    ),
)
