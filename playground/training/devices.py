"""Where the arithmetic runs."""

import torch

from playground.errors import SpecError
from playground.experiment import Device


def find_device(chosen: Device = "auto") -> torch.device:
    """The device of that name; "auto" takes cuda, else mps, else cpu. Raises `SpecError` for one that is absent.

    On cuda, cuDNN is told to take only algorithms that give the same bits each time.
    """
    is_present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if chosen == "auto":
        chosen = "cuda" if is_present["cuda"] else "mps" if is_present["mps"] else "cpu"
    if not is_present[chosen]:
        raise SpecError(
            "training.device", f'this machine has no "{chosen}" that PyTorch can use: choose "auto" or "cpu"'
        )
    if chosen == "cuda":
        torch.backends.cudnn.deterministic = True
    return torch.device(chosen)
