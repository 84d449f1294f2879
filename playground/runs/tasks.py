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
from playground.network.products import log_norms
from playground.probes.biases import along_shifts, following, over_rotation_and_scale, over_shifts
from playground.probes.moved import moved_digit
from playground.probes.permutation import permute
from playground.probes.signal import signal
from playground.probes.weights import layer_weights, symmetry
from playground.runs.moments import saved_moment
from playground.runs.store import Run, Store, Task
from playground.seeds import derive
from playground.training.from_scratch import by_hand
from playground.training.measure import measure
from playground.training.polynomial_study import study
from playground.views.make import make_or_explain
from playground.views.pack import packed
from playground.views.requests import REQUEST

SIGNAL_DIGITS = 500
PERMUTED_DIGITS = 100
LEFT_TO_OTHERS = 0.25  # seconds: most answers take less, and then the other worker is free again


def answer(store: Store, worker: str, is_busy: bool = False) -> None:
    """Take one waiting task, if there is one, and answer it; a busy worker leaves new ones to the others first."""
    task = store.take_task(worker, LEFT_TO_OTHERS if is_busy else 0.0)
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
    moment = saved_moment(store, run_of(store, task), "last")
    test = moment.dataset.test
    result = measure(moment.net, test, moment.experiment.loss)
    return json.dumps({"step": moment.step, "index": test.index.tolist(), **result}).encode()


def look_inside(store: Store, task: Task) -> bytes:
    """Views of the run at one of its saved steps, as arrays of bytes "0", "1", … of one pack."""
    run = run_of(store, task)
    moment = saved_moment(store, run, task.request["at"])
    views = [make_or_explain(moment, REQUEST.validate_python(request)) for request in task.request["views"]]
    return packed({}, {str(place): np.frombuffer(one, np.uint8) for place, one in enumerate(views)})


def measure_shifts(store: Store, task: Task) -> bytes:
    """JSON of `over_shifts`, at the run's last step."""
    moment = saved_moment(store, run_of(store, task), "last")
    return json.dumps(over_shifts(moment.net, moment.dataset)).encode()


def measure_along_shifts(store: Store, task: Task) -> bytes:
    """JSON of `along_shifts`, at the run's last step."""
    moment = saved_moment(store, run_of(store, task), "last")
    return json.dumps(along_shifts(moment.net, moment.dataset)).encode()


def measure_rotation_and_scale(store: Store, task: Task) -> bytes:
    """JSON of `over_rotation_and_scale`, at the run's last step."""
    moment = saved_moment(store, run_of(store, task), "last")
    return json.dumps(over_rotation_and_scale(moment.net, moment.dataset)).encode()


def measure_following(store: Store, task: Task) -> bytes:
    """JSON of `following`, at the run's last step."""
    moment = saved_moment(store, run_of(store, task), "last")
    return json.dumps(following(moment.net, moment.experiment, moment.dataset)).encode()


def move_digit(store: Store, task: Task) -> bytes:
    """`moved_digit` as a pack: the digit of the source and the shift that the request says, at the run's last step."""
    moment, asked = saved_moment(store, run_of(store, task), "last"), task.request
    x = moment.x(int(asked["digit"]))
    found = moved_digit(moment.net, moment.experiment, moment.dataset.scale, x, int(asked["dx"]), int(asked["dy"]))
    return packed(*found)


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


def polynomials(_store: Store, task: Task) -> bytes:
    """JSON of `study` of polynomials."""
    asked = (task.request[name] for name in ("seed", "seeds", "points", "noise", "degree"))
    return json.dumps(study(*asked)).encode()


def from_scratch(store: Store, task: Task) -> bytes:
    """JSON of the batch loss at each step of an ended run, as the hand-written loop finds it."""
    run = run_of(store, task)
    if store.changes(run.id):
        raise SpecError("run", "its settings were changed while it ran, which the loop by hand doesn't follow")
    return json.dumps({"losses": by_hand(run.experiment, run.step)}).encode()


def signal_of(store: Store, task: Task) -> bytes:
    """JSON of `signal` before a run's first step, on the first training digits: `input_square` and `layers`."""
    moment = saved_moment(store, run_of(store, task), 0)
    train = moment.dataset.train
    x, y = train.x[:SIGNAL_DIGITS], train.y[:SIGNAL_DIGITS]
    input_square, layers = signal(moment.net, x, y, moment.experiment.loss)
    rows = [{**vars(layer), "counts": layer.counts.tolist()} for layer in layers]
    return json.dumps({"digits": len(y), "input_square": input_square, "layers": rows}).encode()


def symmetry_of(store: Store, task: Task) -> bytes:
    """JSON: `layers`, the hidden ones; `rows`, one a kept step: `step` and the mean `cosine` of each layer's units."""
    moment = saved_moment(store, run_of(store, task), "last")
    hidden = [name for name, module in moment.net.weighted[:-1] if len(module.weight) > 1]
    rows = [
        {"step": one.step, "cosine": [symmetry(layer_weights(one.net, name)) for name in hidden]}
        for one in moment.kept()
    ]
    return json.dumps({"layers": hidden, "rows": rows}).encode()


def permutation_of(store: Store, task: Task) -> bytes:
    """JSON of `permute` for the `layer` of the request, at a run's end, on validation digits; `draw` seeds it."""
    moment = saved_moment(store, run_of(store, task), "last")
    x = moment.dataset.validation.x[:PERMUTED_DIGITS]
    found = permute(moment.net, str(task.request["layer"]), x, int(task.request["draw"]))
    return json.dumps({"step": moment.step, "digits": len(x), **vars(found)}).encode()


def products_of(store: Store, task: Task) -> bytes:
    """JSON: `logs`, for each seed the logarithm of the norm after each factor of `log_norms`, as the request says."""
    asked = task.request
    seeds = range(int(asked["seed"]), int(asked["seed"]) + int(asked["seeds"]))
    logs = [log_norms(float(asked["scale"]), int(asked["size"]), int(asked["factors"]), seed) for seed in seeds]
    return json.dumps({"seeds": [*seeds], "logs": [one.tolist() for one in logs]}).encode()


ANSWERS: dict[str, Callable[[Store, Task], bytes]] = {
    "measure": measure_on_test,
    "look": look_inside,
    "augmentation": preview,
    "polynomials": polynomials,
    "from scratch": from_scratch,
    "signal": signal_of,
    "symmetry": symmetry_of,
    "permutation": permutation_of,
    "products": products_of,
    "shifts": measure_shifts,
    "along shifts": measure_along_shifts,
    "rotation and scale": measure_rotation_and_scale,
    "following": measure_following,
    "move": move_digit,
}


def run_of(store: Store, task: Task) -> Run:
    run = store.run(task.run or "")
    if run is None:
        raise SpecError("run", f"there is no run {task.run}")
    return run
