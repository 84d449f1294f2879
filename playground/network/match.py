"""Whether the tensors of a file are the state dict of a network, and which is which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from playground.errors import SpecError
from playground.experiment import Network
from playground.network.facts import Shape
from playground.network.state import COUNTER, Entry, entries

FIELD = "weights"
TENSORS = ("weight", "bias", "running_mean", "running_var", COUNTER)  # in PyTorch's order
ADVICE = "build the network that the weights are of, then import them"
SPARE = 1_000_000  # bytes beside the numbers


@dataclass(frozen=True)
class Held:
    """One tensor of a file; `dtype` as PyTorch calls it, such as "float32"."""

    name: str
    shape: Shape
    dtype: str


def most_bytes(network: Network) -> int:
    """How large a file with the state dict may be: 64 bits a number, and some room beside them."""
    return 8 * sum(prod(entry.shape) for entry in entries(network)) + SPARE


def matched(network: Network, held: Sequence[Held]) -> dict[str, str]:
    """What `Net` calls each tensor → what the file does; raises `SpecError("weights", …)` with the first mismatch.

    The file's tensors are taken in their order, whatever its modules are called: `conv1.weight` or `0.weight`.
    """
    expected = entries(network)
    for entry, tensor in zip(expected, held, strict=False):
        check(entry, tensor)
    if len(held) < len(expected):
        first = expected[len(held)]
        raise SpecError(FIELD, f"the file has no more tensors for the {first.tensor} of {first.layer}: {ADVICE}")
    if len(held) > len(expected):
        raise SpecError(FIELD, f"{held[len(expected)].name} is in the file; this network ends before it: {ADVICE}")
    return {entry.own_name: tensor.name for entry, tensor in zip(expected, held, strict=True)}


def check(entry: Entry, tensor: Held) -> None:
    whose = f"the {entry.tensor} of {entry.layer}"
    if tensor.name.rpartition(".")[2] != entry.tensor:
        raise SpecError(FIELD, f"{tensor.name} is in the file where this network has {whose}: {ADVICE}")
    if tensor.shape != entry.shape:
        sizes = f"{text(tensor.shape)} in the file; this network has {text(entry.shape)}, {whose}"
        raise SpecError(FIELD, f"{tensor.name} is {sizes}: {ADVICE}")
    dtype = "int64" if entry.tensor == COUNTER else "float32"
    if tensor.dtype != dtype:
        raise SpecError(FIELD, f"{tensor.name} is {tensor.dtype} in the file; this network has {dtype}: convert it")


def in_order(names: Sequence[str]) -> list[str]:
    """Names from a file that keeps no order, as PyTorch would list them: "2.weight" before "2.bias" before "10.weight".

    >>> in_order(["10.weight", "2.bias", "2.weight", "2.running_mean"])
    ['2.weight', '2.bias', '2.running_mean', '10.weight']
    """

    def key(name: str) -> tuple[list[tuple[int, str]], int]:
        module, _, tensor = name.rpartition(".")
        parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", module) if part]
        return parts, TENSORS.index(tensor) if tensor in TENSORS else len(TENSORS)

    return sorted(names, key=key)


def text(shape: Shape) -> str:
    """
    >>> text((64, 32, 3, 3)), text(())
    ('64×32×3×3', 'one number')
    """
    return "×".join(map(str, shape)) or "one number"
