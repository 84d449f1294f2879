"""What a curve's last bits depend on beside the experiment: library versions and the processor."""

import platform
from functools import cache
from pathlib import Path

import numpy
import torch
import torchvision

LIBRARIES = (torch, torchvision, numpy)


@cache
def versions() -> dict[str, str]:
    """Of this process: python, the libraries, and the processor with the instructions that PyTorch uses."""
    capability = torch.backends.cpu.get_cpu_capability()
    return {
        "python": platform.python_version(),
        **{library.__name__: library.__version__ for library in LIBRARIES},
        "processor": f"{processor()} ({capability})",
    }


def processor() -> str:
    """Its model where the system names it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
