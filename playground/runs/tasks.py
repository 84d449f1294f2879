"""Questions that any worker answers: the test measurement, looks into a run at kept steps, augmentation's preview."""

import io
import json
import traceback
from collections.abc import Callable

import numpy as np
import torch

from playground.data.augmentation import augment
from playground.data.digits import load_digits
from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Data
from playground.runs.export_tasks import EXPORT_ANSWERS
from playground.runs.import_tasks import IMPORT_ANSWERS
from playground.runs.lab_tasks import LAB_ANSWERS
from playground.runs.limits import in_mb
from playground.runs.moments import run_of, saved_moment
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.seeds import derive
from playground.training.measure import measure
from playground.views.make import make_or_explain
from playground.views.pack import packed
from playground.views.requests import REQUEST

MOST_RESULT = 500_000_000  # bytes: SQLite takes a thousand million
LEFT_TO_OTHERS = 0.25  # seconds: most answers take less, and then the other worker is free again


def answer(store: Store, worker: str, is_busy: bool = False) -> None:
    """Take one waiting task, if there is one, and answer it."""
    task = take(store, worker, is_busy)
    if task is not None:
        store.questions.answer(task.id, *answer_to(store, task))


def take(store: Store, worker: str, is_busy: bool = False) -> Task | None:
    """The next waiting task; a busy worker leaves new ones to the others first."""
    return store.questions.take(worker, LEFT_TO_OTHERS if is_busy else 0.0)


def answer_to(store: Store, task: Task) -> tuple[bytes | None, str]:
    """(result, message): the message says why there is no result."""
    try:
        result = ANSWERS[task.kind](store, task)
        if len(result) > MOST_RESULT:
            return None, f"the answer has {in_mb(len(result))}, more than one may have here ({in_mb(MOST_RESULT)})"
        return result, ""
    except SpecError as error:
        return None, error.message
    except Exception as error:
        traceback.print_exception(error)
        return None, f"the worker met an error: {type(error).__name__}: {error}"[:300]


def measure_on_test(store: Store, task: Task) -> bytes:
    """JSON of `measure` on the test split, with the step of the checkpoint and the indices of the digits."""
    run = run_of(store, task)
    moment = saved_moment(store, run, "last")
    test = moment.dataset.test
    result = measure(moment.net, test, moment.experiment.loss)
    store.finals.note_test(run.id, moment.step, result["accuracy"], result["digits"])
    return json.dumps({"step": moment.step, "index": test.index.tolist(), **result}).encode()


def look_inside(store: Store, task: Task) -> bytes:
    """Views of the run at one of its saved steps, as arrays of bytes "0", "1", … of one pack."""
    run = run_of(store, task)
    moment = saved_moment(store, run, task.request["at"])
    views = [make_or_explain(moment, REQUEST.validate_python(request)) for request in task.request["views"]]
    return packed({}, {str(place): np.frombuffer(one, np.uint8) for place, one in enumerate(views)})


def preview(store: Store, task: Task) -> bytes:
    """npz: eight training digits as uint8 images (8, 28, 28), `before` and `after` augmentation."""
    data = Data.model_validate(task.request["data"])
    seed = int(task.request["seed"])
    dataset = load(data, seed)
    x = dataset.train.x[:8]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "preview"))
        changed = augment(x, data.augmentation, dataset.scale)
    pixels = dataset.scale.pixels(changed.numpy())[:, 0]
    file = io.BytesIO()
    np.savez(file, before=load_digits(data.source).images[dataset.train.index[:8]], after=pixels)
    return file.getvalue()


ANSWERS: dict[str, Callable[[Store, Task], bytes]] = {
    "measure": measure_on_test,
    "look": look_inside,
    "augmentation": preview,
    **EXPORT_ANSWERS,
    **IMPORT_ANSWERS,
    **LAB_ANSWERS,
}
