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
from playground.runs.control import answer_to
from playground.runs.journal import curves
from playground.runs.store import Run, Store

PATIENCE = 30.0  # seconds; a busy worker answers after 5 at the latest
Step = int | None  # a kept one; None: the last one
ZIP = "application/zip"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class File:
    """`make` gives the content, at a step where `has_step`; it raises `SpecError` where it can't.

    Where it `takes_time`, a worker makes it.
    """

    name: str
    what: str
    label: str
    ending: str
    kind: str
    make: Callable[[Store, Run, Step], bytes | str]
    takes_time: bool = False
    has_step: bool = False

    def called(self, run: Run, step: Step) -> str:
        """The file's name, fit for any disk."""
        name = re.sub(r"[^\w.]+", "-", run.name).strip("-.")[:60] or run.id
        if self.has_step:
            name += "-last" if step is None else f"-step-{step}"
        return name + self.ending


def csv_of(store: Store, run: Run, _step: Step) -> bytes:
    return curves_csv(run, curves(events for _, events in store.chunks(run.id)))


def from_worker(kind: str, store: Store, run: Run, step: Step) -> bytes:
    """A file that needs PyTorch or TensorBoard, which the server doesn't have."""
    task_id = store.questions.ask("export", {"format": kind, "step": "last" if step is None else step}, run.id)
    try:
        task = answer_to(store, task_id, PATIENCE)
    finally:
        store.questions.drop(task_id)  # an answer has megabytes, and one that comes too late is read by nobody
    if task is None:
        raise SpecError("export", "all workers are busy: try again in a moment")
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
        name="Report",
        what="One page: curves, measures, settings.",
        label="HTML",
        ending="-report.html",
        kind="text/html",
        make=lambda store, run, _: report_of(store, run),
    ),
    File(
        name="Curves",
        what="Every step and evaluation, and what each column is.",
        label="CSV",
        ending="-curves.zip",
        kind=ZIP,
        make=csv_of,
    ),
    File(
        name="Event files",
        what="The curves for TensorBoard.",
        label="TensorBoard",
        ending="-tensorboard.zip",
        kind=ZIP,
        make=partial(from_worker, "tensorboard"),
        takes_time=True,
    ),
    File(
        name="Experiment",
        what="All settings; Import takes it back.",
        label="JSON",
        ending=".json",
        kind="application/json",
        make=lambda store, run, _: experiment_json(run.experiment),
    ),
)
AS_CODE = (
    File(
        name="Script",
        what="Plain PyTorch that repeats this run.",
        label="Python",
        ending=".py",
        kind="text/x-python",
        make=partial(code_of, script_of),
    ),
    File(
        name="Notebook",
        what="The same, cell by cell.",
        label="Jupyter",
        ending=".ipynb",
        kind="application/x-ipynb+json",
        make=partial(code_of, notebook_of),
    ),
)


def of_network(name: str, what: str, label: str) -> File:
    """What a worker makes of a kept step."""
    return File(
        name=name,
        what=what,
        label=label,
        ending=f".{label.lower()}",
        kind=BYTES,
        make=partial(from_worker, label.lower()),
        takes_time=True,
        has_step=True,
    )


OF_NETWORK = (
    of_network("Weights", "PyTorch's state dict.", "pt"),
    of_network("Weights", "The same, in a file that can hold no code.", "safetensors"),
    of_network("Network", "Digits to logits, in eval mode, for any runtime.", "ONNX"),
)
