"""The loop without a playground around it, in plain PyTorch: `python -m tests.benchmarks.bare_loop MLP 5`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from time import perf_counter

import torch
from torch import nn
from torch.nn import functional as F

from playground.data.tensors import load
from playground.experiment import Data

BATCH = 64
DIGITS = load(Data(), seed=0)
STEPS = -(-len(DIGITS.train) // BATCH)  # of an epoch
MLP, CNN = "MLP", "CNN 32-64"  # the templates of these names


def plain(case: str) -> nn.Sequential:
    """The same network as plain PyTorch writes it."""
    torch.manual_seed(0)
    if case == MLP:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )


def bare_steps(net: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[float]:
    """One step of the bare loop for each `next`."""
    x, y = DIGITS.train.x, DIGITS.train.y
    while True:
        order = torch.randperm(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            yield loss.item()


def bare_speed(case: str, seconds: float) -> float:
    """Steps a second of the bare loop in a process of its own, as polite and with as many threads as a worker."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_loop", case, str(seconds)]
    answer = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, check=True)
    return float(answer.stdout)


def main(case: str, seconds: float) -> None:
    os.nice(10)
    torch.set_num_threads(1)
    net = plain(case)
    steps = bare_steps(net, torch.optim.Adam(net.parameters(), lr=1e-3))
    for _ in range(20):
        next(steps)
    begin = perf_counter()
    for step in count(1):
        next(steps)
        if perf_counter() - begin > seconds:
            print(step / (perf_counter() - begin))
            return


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
