"""A run on disk: all that continues it bit for bit on the same machine, in one safetensors file.

Tensors: weights, running statistics, optimizer, random stream. The file's metadata says in JSON where the run stood and
its live values. It is renamed into place when it is whole, so a reader, or a process killed at any moment, finds the
old checkpoint or the new one. A power cut may tear it, and a disk may turn bits: its checksum tells.
"""

import json
import os
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from playground.errors import SpecError
from playground.experiment import Experiment
from playground.network.build import Net
from playground.training.batches import Place
from playground.training.early_stopping import Watch
from playground.training.forks import check_fork, check_length
from playground.training.saved import UNREADABLE, State, metadata_of, state_in
from playground.training.trainer import Trainer


@dataclass(frozen=True, eq=False)
class Copy:
    """A trainer's state in memory, as it was at a step."""

    step: int
    live: dict[str, float]
    state: State
    tensors: dict[str, Tensor]


def save(trainer: Trainer, file: Path) -> None:
    """Write the trainer's state into the file, in place of an older one."""
    write(file, state_of(trainer), tensors_of(trainer))


def copied(trainer: Trainer) -> Copy:
    """The trainer's state, to be written later if it is still wanted then: quicker than a file."""
    tensors = {name: tensor.clone() for name, tensor in tensors_of(trainer).items()}
    return Copy(trainer.step, trainer.live, state_of(trainer), tensors)


def save_copy(copy: Copy, file: Path) -> None:
    """Write a copy as `save` would have written it at its step."""
    write(file, copy.state, copy.tensors)


def state_of(trainer: Trainer) -> State:
    """What a checkpoint says beside its tensors."""
    return {
        "experiment": trainer.experiment.model_dump(mode="json"),
        "step": trainer.step,
        "digits_seen": trainer.digits_seen,
        "first_loss": trainer.first_loss,
        "place": asdict(trainer.place),
        "watch": asdict(trainer.watch),
        "live": trainer.live,
    }


def save_weights(trainer: Trainer, file: Path) -> None:
    """Write weights and running statistics alone: enough to look into the network, and quick."""
    write(file, {"step": trainer.step}, weights_of(trainer))


def restore(trainer: Trainer, file: Path) -> None:
    """Bring a trainer of the same experiment to where the saved one was.

    Raises `SpecError("run", …)` where there is no checkpoint, or one of another experiment.
    """
    state, tensors = load(file)
    if Experiment.model_validate(state["experiment"]) != trainer.experiment:
        raise SpecError("run", "the checkpoint is of another experiment: train anew, or open the run that wrote it")
    for field, value in state["live"].items():
        trainer.change(field, value)
    stand(trainer, state)
    put_weights(trainer.net, tensors)
    put_noise(trainer, tensors)
    put_optimizer(trainer, tensors)


def fork(trainer: Trainer, file: Path) -> None:
    """Bring a trainer of another experiment to where the saved one was: its weights, its step, its place in the epochs.

    Optimizer state goes along where the optimizer is the same, the random stream always. So an unchanged experiment
    goes on as the saved run did, bit for bit. Raises `SpecError` as `check_fork` and `check_length` do.
    """
    state, tensors = load(file)
    origin = Experiment.model_validate(state["experiment"])
    check_fork(origin, trainer.experiment)
    stand(trainer, state)
    if origin.data.training_digits != trainer.experiment.data.training_digits:  # another order: the epoch begins anew
        trainer.place = Place(trainer.place.epoch)
    check_length(trainer.experiment.training, trainer.step, trainer.place.epoch)
    trainer.watch = watch_of_fork(trainer.watch, origin, trainer.experiment)
    trainer.finished = False  # where the saved run ended is not its end
    put_weights(trainer.net, tensors)
    put_noise(trainer, tensors)
    if optimizer_of(origin) == optimizer_of(trainer.experiment):
        put_optimizer(trainer, tensors)


def watch_of_fork(watch: Watch, origin: Experiment, experiment: Experiment) -> Watch:
    """A fork compares with its run's lowest loss where it measures the same loss; what ended its run doesn't end it."""
    if origin.loss != experiment.loss:
        return Watch()
    return replace(watch, waited=0) if watch.is_over(experiment.training.patience) else watch


def optimizer_of(experiment: Experiment) -> tuple[str, bool]:
    """What an optimizer's state depends on: its kind, and the order of its parameters."""
    return experiment.optimizer.kind, experiment.regularization.decay_all


def load(file: Path) -> tuple[State, dict[str, Tensor]]:
    """(state, tensors); raises `SpecError("run", …)` where there is no whole checkpoint."""
    try:
        state, tensors = read(file, "")
        if state.pop("checksum", None) not in (None, checksum(state, tensors)):  # earlier versions wrote none
            raise ValueError("its bytes aren't those that were written")
        return state, tensors
    except UNREADABLE as error:
        raise SpecError("run", f"there is no checkpoint to go on from ({error}): train anew") from error


def weights_at(net: Net, file: Path) -> int:
    """Put a checkpoint's weights and running statistics into a network of the same layers; returns its step."""
    try:
        state, tensors = read(file, "net/")
        put_weights(net, tensors)
    except UNREADABLE as error:
        raise SpecError("run", f"this step can't be looked into ({error})") from error
    return int(state["step"])


def read(file: Path, beginning: str) -> tuple[State, dict[str, Tensor]]:
    """(state, the tensors whose names begin so)."""
    with safe_open(file, "pt") as content:
        names = [name for name in content.keys() if name.startswith(beginning)]  # noqa: SIM118 (not a mapping)
        return state_in(content), {name: content.get_tensor(name) for name in names}


def write(file: Path, state: State, tensors: dict[str, Tensor]) -> None:
    """The file under another name until it is whole; tensors in the plain memory layout that safetensors stores."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    plain = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
    try:
        save_file(plain, part, metadata_of({**state, "checksum": checksum(state, plain)}))
        os.replace(part, file)
    except (OSError, SafetensorError):
        part.unlink(missing_ok=True)  # half a file takes room that a full disk doesn't have
        raise


def checksum(state: State, tensors: dict[str, Tensor]) -> int:
    """Of all that a checkpoint holds: CRC-32, 2 ms for a CNN of 400,000 weights and Adam."""
    result = zlib.crc32(json.dumps(state, sort_keys=True).encode())
    for name in sorted(tensors):
        result = zlib.crc32(tensors[name].numpy().tobytes(), zlib.crc32(name.encode(), result))
    return result


# --- the parts --------------------------------------------------------------------------------------------------------


def tensors_of(trainer: Trainer) -> dict[str, Tensor]:
    """Everything a trainer holds in tensors, by name."""
    tensors = weights_of(trainer)
    for index, state in trainer.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{key}": value for key, value in state.items() if value is not None}
    tensors |= {f"noise/{index}": state for index, state in enumerate(trainer.noise.states)}
    return tensors


def weights_of(trainer: Trainer) -> dict[str, Tensor]:
    return {f"net/{name}": tensor for name, tensor in trainer.net.state_dict().items()}


def stand(trainer: Trainer, state: State) -> None:
    trainer.step = state["step"]
    trainer.digits_seen = state["digits_seen"]
    trainer.first_loss = state["first_loss"]
    trainer.place = Place(**state["place"])
    trainer.watch = Watch(**state.get("watch", {}))  # checkpoints of earlier versions have none
    trainer.finished = trainer.step >= trainer.total_steps


def put_weights(net: Net, tensors: dict[str, Tensor]) -> None:
    net.load_state_dict({name: tensors[f"net/{name}"] for name in net.state_dict()})


def put_noise(trainer: Trainer, tensors: dict[str, Tensor]) -> None:
    """A device that the saved run didn't train on begins its own stream."""
    trainer.noise.states = [tensors.get(f"noise/{index}", own) for index, own in enumerate(trainer.noise.states)]


def put_optimizer(trainer: Trainer, tensors: dict[str, Tensor]) -> None:
    optimizer = trainer.optimizer
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
