"""Whether the estimate of a run's memory is near what it takes: `python -m tests.benchmarks.bench_memory`.

Each network trains in a process of its own, a child of one that is as warm as a worker, through evaluations and
checkpoints; what counts is how far the peak of its resident memory lies above where it began. Linux only.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import torch

from playground.experiment import (
    GELU,
    BatchNorm2d,
    Conv2d,
    Experiment,
    Flatten,
    Layer,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    Network,
    Optimizer,
    OptimizerKind,
    ReLU,
    Training,
    read,
)
from playground.presets import TEMPLATES
from playground.runs.active import ActiveRun
from playground.runs.limits import MB, needed
from playground.runs.store import Store
from playground.runs.worker import warm_up

STEPS = Training(unit="steps", steps=31, device="cpu")
SECONDS = 40.0  # for one network, at most


def trained(
    *layers: Layer, batch: int = 64, steps: int = 31, optimizer: OptimizerKind = "Adam", dropout: float = 0.0
) -> Experiment:
    return Experiment(
        network=Network(layers=layers, dropout=dropout),
        optimizer=Optimizer(kind=optimizer),
        training=STEPS.but(batch_size=batch, steps=steps),
    )


CASES = {
    "MLP 784-128-10": TEMPLATES["MLP"].but(training=STEPS),
    "CNN 32-64": TEMPLATES["CNN 32-64"].but(training=STEPS),
    "CNN 32-64, batch 1,024": TEMPLATES["CNN 32-64"].but(training=STEPS.but(batch_size=1024, steps=5)),
    "CNN 64-64, dropout, batch 512": trained(
        *(Conv2d(channels=64, padding=1), ReLU(), Conv2d(channels=64, padding=1), ReLU(), MaxPool2d(), Flatten()),
        *(Linear(units=128), ReLU()),
        batch=512,
        steps=5,
        dropout=0.3,
    ),
    "batch normalization and GELU, batch 512": trained(
        *(Conv2d(channels=32, padding=1), BatchNorm2d(), GELU(), Conv2d(channels=32, padding=1), BatchNorm2d(), GELU()),
        *(MaxPool2d(), Flatten()),
        batch=512,
        steps=5,
    ),
    "locally connected 8-16, batch 256": trained(
        *(LocallyConnected2d(channels=8, kernel=5), ReLU(), LocallyConnected2d(channels=16, kernel=5), ReLU()),
        Flatten(),
        batch=256,
        steps=5,
    ),
    "MLP 2,048-2,048, Adam": trained(Flatten(), *2 * (Linear(units=2048), ReLU())),
    "MLP 2,048-2,048, SGD": trained(Flatten(), *2 * (Linear(units=2048), ReLU()), optimizer="SGD"),
    "MLP 2,048-2,048, AMSGrad": trained(Flatten(), *2 * (Linear(units=2048), ReLU()), optimizer="AMSGrad"),
    "MLP 2,048-2,048, RMSprop": trained(Flatten(), *2 * (Linear(units=2048), ReLU()), optimizer="RMSprop"),
    "MLP 4,096-4,000, Adam": trained(Flatten(), Linear(units=4096), ReLU(), Linear(units=4000), ReLU()),
}


def growths(experiments: Iterable[Experiment]) -> list[int]:
    """Bytes by which a process grew at its peak over each of the runs."""
    asked = [experiment.model_dump_json() for experiment in experiments]
    command = [sys.executable, "-m", "tests.benchmarks.bench_memory", *asked]
    return [int(line) for line in subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.split()]


def measure(experiments: Iterable[Experiment]) -> None:
    """Print the growth of each, in a child of this process, which is warm."""
    torch.set_num_threads(1)
    warm_up()
    for experiment in experiments:
        child = os.fork()
        if not child:
            print(trained_growth(experiment), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


def trained_growth(experiment: Experiment) -> int:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.sqlite", Path(folder))
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        begin = resident("VmRSS")
        store.create(experiment, "measured")
        run = store.claim("here", 1)
        assert run is not None
        active, end = ActiveRun(run, store), time.monotonic() + SECONDS
        while not active.has_ended and time.monotonic() < end:
            active.turn(0.02)
        return resident("VmHWM") - begin


def resident(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return 1024 * int(found[1])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(map(read, sys.argv[1:]))
    else:
        for (name, experiment), real in zip(CASES.items(), growths(CASES.values()), strict=True):
            foreseen = needed(experiment)
            print(
                f"{name:42} {real / MB:6,.0f} MB, estimate {foreseen.total / MB:6,.0f} MB: "
                f"{foreseen.total / real:.2f} times, most of it {foreseen.largest}"
            )
