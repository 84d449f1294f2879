"""A run's files that only a worker can make: weights and ONNX models of kept steps, TensorBoard's event files."""

import io
from collections.abc import Callable, Iterator

import torch
from safetensors.torch import save
from torch import Tensor

from playground.errors import SpecError
from playground.network.build import Net
from playground.network.state import entries
from playground.runs.journal import curves
from playground.runs.moments import run_of, saved_moment
from playground.runs.questions import Task
from playground.runs.store import Run, Store
from playground.views.moment import Moment


def export(store: Store, task: Task) -> bytes:
    """The file in the `format` that the request says, of a kept `step` or the "last" one."""
    run, kind = run_of(store, task), str(task.request["format"])
    if kind == "tensorboard":
        return event_files_of(store, run)
    if kind not in OF_MOMENT:
        raise SpecError("format", f"there is no format {kind}: choose {', '.join(OF_MOMENT)} or tensorboard")
    return OF_MOMENT[kind](store, run, saved_moment(store, run, task.request["step"]))


def state_of(store: Store, run: Run, net: Net) -> dict[str, Tensor]:
    """Weights and running statistics, with the names they have in the nn.Sequential of the run's script."""
    state = net.state_dict()
    found = entries(run.experiment.network, any(rates(store, run)))
    return {one.name: state[one.own_name].contiguous() for one in found}


def rates(store: Store, run: Run) -> Iterator[float]:
    """All values of the network's one dropout rate that steps were made with, in the run and in its ancestors.

    A fork's journal begins with its parent's.
    """
    changed = curves(events for _, events in store.chunks(run.id)).changed
    rows = zip(changed["step"], changed["field"], changed["new"], strict=True)
    new = {step: value for step, field, value in rows if field == "network.dropout"}
    yield from new.values()
    if 0 in new:  # before the first step
        return
    ancestor: Run | None = run
    while ancestor is not None:
        yield ancestor.experiment.network.dropout
        origin = store.past.origin(ancestor.id)
        ancestor = store.run(origin.parent) if origin else None


def pt_of(store: Store, run: Run, moment: Moment) -> bytes:
    """The state dict as `torch.save` writes it: `torch.load(file, weights_only=True)` reads it."""
    file = io.BytesIO()
    torch.save({name: tensor.clone() for name, tensor in state_of(store, run, moment.net).items()}, file)
    return file.getvalue()


def safetensors_of(store: Store, run: Run, moment: Moment) -> bytes:
    return save(state_of(store, run, moment.net), {"format": "pt", **said_of(run, moment)})


def onnx_of(store: Store, run: Run, moment: Moment) -> bytes:
    from playground.network.onnx_model import onnx_model  # 30 MB that a worker takes only when it is asked

    network, state = run.experiment.network, moment.net.state_dict()
    weights = {one.name: state[one.own_name].numpy() for one in entries(network)}
    return onnx_model(network, weights, {**said_of(run, moment), **said_of_digits(moment)})


def said_of(run: Run, moment: Moment) -> dict[str, str]:
    return {"run": run.id, "step": str(moment.step), "experiment": run.experiment.model_dump_json()}


def said_of_digits(moment: Moment) -> dict[str, str]:
    """How pixels become the model's input."""
    scale = moment.dataset.scale
    formula = f"(pixel - {scale.center!r}) / {scale.divisor!r}, pixel from 0 (background) to 255"
    return {"digits": formula, "center": repr(scale.center), "divisor": repr(scale.divisor), "mode": "eval"}


def event_files_of(store: Store, run: Run) -> bytes:
    from playground.runs.event_files import event_files  # 17 MB, as above

    return event_files(run, curves(events for _, events in store.chunks(run.id)))


OF_MOMENT: dict[str, Callable[[Store, Run, Moment], bytes]] = {
    "pt": pt_of,
    "safetensors": safetensors_of,
    "onnx": onnx_of,
}
EXPORT_ANSWERS: dict[str, Callable[[Store, Task], bytes]] = {"export": export}
