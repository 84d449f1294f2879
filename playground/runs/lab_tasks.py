"""Questions that labs ask of any worker: what a trained network does, or what a set-up comes to without a run."""

import json
from collections.abc import Callable

from playground.errors import SpecError
from playground.network.products import log_norms
from playground.probes.biases import along_shifts, following, over_rotation_and_scale, over_shifts
from playground.probes.moved import moved_digit
from playground.probes.permutation import permute
from playground.probes.signal import signal
from playground.probes.weights import layer_weights, symmetry
from playground.runs.moments import run_of, saved_moment
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.training.from_scratch import by_hand
from playground.training.polynomial_study import study
from playground.views.pack import packed

SIGNAL_DIGITS = 500
PERMUTED_DIGITS = 100


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


LAB_ANSWERS: dict[str, Callable[[Store, Task], bytes]] = {
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
