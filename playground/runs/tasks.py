"""Questions that any worker answers: measure a run on the test split, look into an ended run, preview augmentation."""

import io
import json
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from playground.data.augmentation import augment
from playground.data.digits import load_digits
from playground.data.tensors import load
from playground.errors import SpecError
from playground.experiment import Data, read
from playground.runs.store import Store, Task
from playground.runs.views import picture
from playground.seeds import derive
from playground.training.checkpoint import restore
from playground.training.measure import measure
from playground.training.trainer import Trainer


def answer(store: Store, worker: str) -> None:
    """Take one waiting task, if there is one, and answer it."""
    task = store.take_task(worker)
    if task is None:
        return
    try:
        store.answer(task.id, ANSWERS[task.kind](store, task))
    except SpecError as error:
        store.answer(task.id, None, error.message)
    except Exception as error:
        traceback.print_exception(error)
        store.answer(task.id, None, f"the worker met an error: {type(error).__name__}: {error}"[:300])


def measure_on_test(store: Store, task: Task) -> bytes:
    """JSON of `measure` on the test split, with the step of the checkpoint and the indices of the digits."""
    trainer = trainer_of(store, task)
    result = measure(trainer.net, trainer.dataset.test, trainer.experiment.loss)
    return json.dumps({"step": trainer.step, "index": trainer.dataset.test.index.tolist(), **result}).encode()


def look_inside(store: Store, task: Task) -> bytes:
    return picture(trainer_of(store, task), int(task.request["digit"]))


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
    "activations": look_inside,
    "augmentation": preview,
}


def trainer_of(store: Store, task: Task) -> Trainer:
    """The run's trainer as of its last checkpoint; raises `SpecError` where there is none."""
    run = store.run(task.run or "")
    if run is None:
        raise SpecError("run", f"there is no run {task.run}")
    folder = store.checkpoint_folder(run.id)
    if not folder.exists():
        raise SpecError("run", "this run has no checkpoint: it ended before its first one was written")
    return restored(run.experiment.model_dump_json(), folder, folder.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def restored(experiment: str, folder: Path, _written: int) -> Trainer:
    trainer = Trainer(read(experiment))
    restore(trainer, folder)
    return trainer
