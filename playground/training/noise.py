"""The random stream of dropout and augmentation, one a run."""

from collections.abc import Callable
from functools import partial
from types import TracebackType

import torch
from torch import Tensor


class Noise:
    """A context in which torch's default generators go on with this run's own stream.

    Dropout takes no generator, and torch has one default a process (and one a GPU). What the process draws outside
    of the context, other runs included, leaves the stream as it was, and the stream leaves the process as it was.
    `states` is the stream's state: what a checkpoint keeps.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.defaults: list[tuple[Callable[[], Tensor], Callable[[Tensor], None]]] = [
            (torch.get_rng_state, torch.set_rng_state)
        ]
        if device.type == "cuda":
            get = partial(torch.cuda.get_rng_state, device)
            self.defaults.append((get, partial(torch.cuda.set_rng_state, device=device)))
        if device.type == "mps":
            self.defaults.append((torch.mps.get_rng_state, torch.mps.set_rng_state))
        self.states = [torch.Generator(where).manual_seed(seed).get_state() for where in {"cpu": 0, device.type: 0}]
        self.outer: list[Tensor] = []

    def __enter__(self) -> None:
        self.outer = [get() for get, _ in self.defaults]
        for (_, put), state in zip(self.defaults, self.states, strict=True):
            put(state)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.states = [get() for get, _ in self.defaults]
        for (_, put), state in zip(self.defaults, self.outer, strict=True):
            put(state)
