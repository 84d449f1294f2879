"""No damage to a file of weights raises anything but its error, or gives more than the file may unpack to."""

import io
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor

from playground.errors import SpecError
from playground.training.imported import read_state

ROOM = 1_000_000  # bytes that a file may unpack to
TIMES = 1_000


def state() -> dict[str, Tensor]:
    return {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}


def pt() -> bytes:
    file = io.BytesIO()
    torch.save(state(), file)
    return file.getvalue()


def old_pt() -> bytes:
    file = io.BytesIO()
    torch.save(state(), file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def safetensors() -> bytes:
    return save(state())


def damaged(content: bytes, chance: random.Random) -> bytes:
    """With bytes changed, cut off, put in, or in another place."""
    at, length = chance.randrange(len(content)), chance.randrange(1, 9)
    noise = chance.randbytes(length)
    return chance.choice(
        [
            content[:at] + noise + content[at + length :],
            content[:at],
            content[at:],
            content[:at] + noise + content[at:],
            content[:at] + content[at + length :],
            content[:at] + content[-at:],
        ]
    )


@pytest.mark.parametrize("write", [pt, old_pt, safetensors])
def test_no_damage_to_a_file_of_weights_raises_anything_but_its_error(
    write: Callable[[], bytes], tmp_path: Path
) -> None:
    content, chance, file = write(), random.Random(0), tmp_path / "weights"
    for _ in range(TIMES):
        file.write_bytes(damaged(content, chance))
        with suppress(SpecError):
            assert sum(one.numel() * one.element_size() for one in read_state(file, ROOM).values()) <= ROOM
