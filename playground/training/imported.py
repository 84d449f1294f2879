"""State dicts from files that others made: read without running anything in them, and put into networks."""

import json
import secrets
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from playground.errors import SpecError
from playground.experiment import Network
from playground.network.build import Net, build
from playground.network.match import FIELD, Held, in_order, matched
from playground.training.pickled import check_pickle

ADVICE = "save the state dict: torch.save(model.state_dict(), file)"


def read_state(file: Path, most: int) -> dict[str, Tensor]:
    """The tensors of a .pt or .safetensors file in their order; raises `SpecError("weights", …)` for anything else.

    A .pt file is a zip; what it unpacks to has at most `most` bytes, and only tensors may be made of it.
    """
    try:
        return from_pt(file, most) if is_zip(file) else from_safetensors(file)
    except SpecError:
        raise
    except FileNotFoundError as error:  # a worker that ended over it may have taken it along
        raise SpecError(FIELD, "the file is no longer here: choose it again") from error
    except Exception as error:  # whatever a broken or hostile file makes a reader raise
        first_line = next(iter(str(error).splitlines()), type(error).__name__)[:120]
        message = f"no state dict of PyTorch or safetensors can be read from this file ({first_line}): {ADVICE}"
        raise SpecError(FIELD, message) from error


def is_zip(file: Path) -> bool:
    """As PyTorch looks at it: what has a zip at its end alone, it would read as a bare pickle."""
    with file.open("rb") as content:
        return content.read(4) == b"PK\x03\x04"


def from_pt(file: Path, most: int) -> dict[str, Tensor]:
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > most:
        raise SpecError(FIELD, f"the file unpacks to {in_mb(unpacked)}, more than this network needs ({in_mb(most)})")
    check_pickle(torch._C.PyTorchFileReader(str(file)).get_record("data.pkl"))  # by the reader that loads it
    found: Any = torch.load(file, map_location="cpu", weights_only=True)
    if not isinstance(found, dict) or not found:
        raise SpecError(FIELD, f"the file holds a {type(found).__name__} and no state dict: {ADVICE}")
    for name, value in found.items():
        if not isinstance(name, str) or not is_plain(value):
            raise SpecError(FIELD, f"{str(name)[:60]} in the file is no plain tensor: {ADVICE}")
    return {name: value.detach() for name, value in found.items()}


def is_plain(value: object) -> bool:
    """Whether it is a tensor with a number of its own at each place: one that repeats a few may be of any size."""
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
        and value.numel() * value.element_size() <= value.untyped_storage().nbytes()
    )


def from_safetensors(file: Path) -> dict[str, Tensor]:
    with safe_open(file, "pt") as content:
        return {name: content.get_tensor(name) for name in in_order(list(content.keys()))}


def held(tensors: dict[str, Tensor]) -> tuple[Held, ...]:
    return tuple(Held(name, tuple(one.shape), str(one.dtype).removeprefix("torch.")) for name, one in tensors.items())


def check_finite(tensors: dict[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise SpecError(FIELD, f"{name} in the file has values that aren't finite: its training has diverged")


def keep(tensors: dict[str, Tensor], file: Path) -> None:
    """Write tensors with their order, for `begin_with`."""
    part = file.with_suffix(f".{secrets.token_hex(8)}.part")  # others may be writing the same tensors
    plain = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}
    save_file(plain, part, {"order": json.dumps([*tensors])})
    part.replace(file)


def begin_with(net: Net, network: Network, file: Path) -> None:
    """Put the tensors that `keep` wrote into a network; raises `SpecError` where they don't match or are gone."""
    try:
        with safe_open(file, "pt") as content:
            tensors = {name: content.get_tensor(name) for name in json.loads(content.metadata()["order"])}
    except (OSError, SafetensorError) as error:
        raise SpecError(FIELD, "the imported weights are no longer here: import their file again") from error
    names = matched(network, held(tensors))
    net.load_state_dict({own: tensors[name] for own, name in names.items()})


def begun(network: Network, seed: int, file: Path | None) -> Net:
    """A network as its run began: with the weights of its seed, or with imported ones."""
    net = build(network, seed)
    if file is not None:
        begin_with(net, network, file)
    return net


def in_mb(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
