"""A run on disk: all that continues it bit for bit on the same machine.

A checkpoint is two files of one folder: `trainer.json` (place, live values, and the name of the other file) and
`tensors-STEP.safetensors` (weights, running statistics, optimizer, random stream). The JSON is renamed into place last,
so a reader, or a crash at any moment, finds the old checkpoint or the new one.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from playground.errors import SpecError
from playground.training.batches import Place
from playground.training.trainer import Trainer

STATE = "trainer.json"


def save(trainer: Trainer, folder: Path) -> None:
    """Write the trainer's state into the folder, in place of an older one."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = folder / f"tensors-{trainer.step}.safetensors"
    state = {
        "experiment": trainer.experiment.model_dump(mode="json"),
        "tensors": tensors.name,
        "step": trainer.step,
        "digits_seen": trainer.digits_seen,
        "first_loss": trainer.first_loss,
        "place": asdict(trainer.place),
        "live": trainer.live,
    }
    save_file(tensors_of(trainer), part(tensors))
    os.replace(part(tensors), tensors)
    part(folder / STATE).write_text(json.dumps(state))
    os.replace(part(folder / STATE), folder / STATE)
    for old in folder.glob("tensors-*"):
        if old != tensors:
            old.unlink(missing_ok=True)


def restore(trainer: Trainer, folder: Path) -> None:
    """Bring a trainer of the same experiment to where the saved one was.

    Raises `SpecError("run", …)` where the folder has no checkpoint, or one of another experiment.
    """
    try:
        state = json.loads((folder / STATE).read_text())
        tensors = load_file(folder / state["tensors"])
    except (OSError, ValueError, SafetensorError) as error:
        raise SpecError("run", f"there is no checkpoint to go on from ({error}): train anew") from error
    if state["experiment"] != trainer.experiment.model_dump(mode="json"):
        raise SpecError("run", "the checkpoint is of another experiment: train anew, or open the run that wrote it")
    trainer.step = state["step"]
    trainer.digits_seen = state["digits_seen"]
    trainer.first_loss = state["first_loss"]
    for field, value in state["live"].items():
        trainer.change(field, value)
    trainer.place = Place(**state["place"])
    trainer.finished = trainer.step >= trainer.total_steps
    put_tensors(trainer, tensors)


def part(file: Path) -> Path:
    """The name under which a file is written until it is whole."""
    return file.with_name(f"{file.name}.part")


def tensors_of(trainer: Trainer) -> dict[str, Tensor]:
    """Everything a trainer holds in tensors, by name, in the plain memory layout that safetensors stores."""
    tensors = {f"net/{name}": tensor for name, tensor in trainer.net.state_dict().items()}
    for index, state in trainer.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{key}": value for key, value in state.items() if value is not None}
    tensors |= {f"noise/{index}": state for index, state in enumerate(trainer.noise.states)}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def put_tensors(trainer: Trainer, tensors: dict[str, Tensor]) -> None:
    """The way back of `tensors_of`."""
    net, optimizer = trainer.net, trainer.optimizer
    net.load_state_dict({name: tensors[f"net/{name}"] for name in net.state_dict()})
    trainer.noise.states = [tensors[f"noise/{index}"] for index in range(len(trainer.noise.states))]

    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        kind, *rest = name.split("/")
        if kind == "optimizer":
            index = int(rest[0])
            states.setdefault(index, {})[rest[1]] = laid_out_like(parameters[index], tensor)
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})


def laid_out_like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """The tensor in the parameter's memory layout, which fused optimizers take for granted."""
    return torch.empty_like(parameter).copy_(tensor).detach() if tensor.shape == parameter.shape else tensor
