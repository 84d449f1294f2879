"""The plain PyTorch script and the notebook of a run: the same losses, and nothing that isn't used."""

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest

from playground.errors import SpecError
from playground.experiment import (
    Data,
    Dropout,
    Experiment,
    Linear,
    Network,
    Optimizer,
    Regularization,
    Schedule,
)
from playground.exports.notebook import notebook
from playground.exports.plan import count_training
from playground.exports.script import script
from playground.presets import TEMPLATES
from playground.training.events import Changed, Stepped
from playground.training.trainer import Trainer
from tests.executed import executed
from tests.idx_files import write_mnist
from tests.random_experiments import random_experiments
from tests.small_runs import CNN, MLP, NORMALIZED, small

Case = tuple[Experiment, tuple[Changed, ...]]
RUNNER = Path(__file__).parent / "run_scripts.py"
STEPS = 50

LIVE = (
    Changed(0, "training.batch_size", 10, 12),
    Changed(3, "optimizer.learning_rate", 0.001, 0.003),
    Changed(7, "training.batch_size", 12, 33),
    Changed(7, "regularization.weight_decay", 0.0, 0.02),
    Changed(9, "network.dropout", 0.0, 0.3),
    Changed(14, "training.batch_size", 33, 11),
    Changed(20, "network.dropout", 0.3, 0.0),
    Changed(31, "regularization.weight_decay", 0.02, 0.0),
    Changed(31, "optimizer.learning_rate", 0.003, 0.01),
)
BY_EPOCHS = small(*MLP, Dropout(p=0.2), *NORMALIZED[1:], digits=101, epochs=12)
CHANGED: dict[str, Case] = {
    "live changes": (small(*CNN, epochs=9), LIVE),
    "live changes, cosine": (BY_EPOCHS.but(schedule=Schedule(kind="cosine")), LIVE),
    "live changes, step": (BY_EPOCHS.but(schedule=Schedule(kind="step", step_epochs=2)), LIVE),
    "live changes, warm-up, L1": (
        BY_EPOCHS.but(schedule=Schedule(kind="warm-up", warmup_steps=25), regularization=Regularization(l1=0.001)),
        LIVE,
    ),
    "live changes, patience": (small(*CNN, epochs=30, patience=3).but(optimizer=Optimizer(learning_rate=0.02)), LIVE),
    "live changes, AdamW": (BY_EPOCHS.but(optimizer=Optimizer(kind="AdamW")), LIVE),
}
CASES: dict[str, Case] = {
    **{name: (experiment, ()) for name, experiment in TEMPLATES.items()},
    **{f"random {number}": (experiment, ()) for number, experiment in enumerate(random_experiments(20))},
    **CHANGED,
}


def losses_of(experiment: Experiment, changes: Sequence[Changed] = (), steps: int = STEPS) -> list[float]:
    """The trainer's own batch losses, with the changes made at their steps."""
    trainer = Trainer(experiment)
    losses: list[float] = []
    for change in (change for change in changes if change.step == 0):
        trainer.change(change.field, change.new)
    trainer.start()
    while len(losses) < steps and not trainer.finished:
        losses += [event.loss for event in trainer.advance() if isinstance(event, Stepped)]
        for change in changes:
            if change.step == trainer.step and not trainer.finished:
                trainer.change(change.field, change.new)
    return losses


def written(folder: Path, cases: dict[str, Case]) -> list[Path]:
    """The scripts of all cases in a folder."""
    files = []
    for name, (experiment, changes) in cases.items():
        files.append(folder / f"{name.replace(' ', '_')}.py")
        files[-1].write_text(script(experiment, name, changes), encoding="utf-8")
    return files


def run(*command: object) -> str:
    """What a fresh process prints, with as many threads as it takes by itself."""
    own = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, timeout=300, env=own)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def read_losses(file: Path) -> list[float]:
    return [float(line) for line in file.read_text().split()]


# --- the same losses --------------------------------------------------------------------------------------------------


def test_every_template_and_twenty_random_experiments_train_as_their_runs_did_in_one_fresh_process(
    tmp_path: Path,
) -> None:
    files = written(tmp_path, CASES)
    run(RUNNER, *files)
    wrong = {}
    for file, (name, (experiment, changes)) in zip(files, CASES.items(), strict=True):
        theirs, ours = read_losses(Path(f"{file}.losses")), losses_of(experiment, changes)
        if theirs != pytest.approx(ours, rel=1e-6, abs=0):
            wrong[name] = list(zip(theirs, ours, strict=False))[:3]
    assert wrong == {}


def test_a_script_in_a_process_of_its_own_trains_on_full_mnist_from_a_folder_as_its_run_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "digits"))
    write_mnist(tmp_path / "digits" / "MNIST" / "raw")
    experiment = small(*CNN).but(data=Data(source="mnist", folds=3, fold=2, label_noise=0.2))
    (file,) = written(tmp_path, {"mnist": (experiment, ())})
    told = run(file, "--data", tmp_path / "digits", "--losses", tmp_path / "losses", "--steps", 10)
    assert read_losses(tmp_path / "losses") == pytest.approx(losses_of(experiment, steps=10), rel=1e-6, abs=0)
    assert "of 20 digits" in told.splitlines()[-1]


def test_a_script_in_a_process_of_its_own_trains_on_the_sample_as_its_run_did(tmp_path: Path) -> None:
    experiment = small(*MLP)
    (file,) = written(tmp_path, {"sample": (experiment, ())})
    run(file, "--losses", tmp_path / "losses", "--steps", 10)
    assert read_losses(tmp_path / "losses") == pytest.approx(losses_of(experiment, steps=10), rel=1e-6, abs=0)


def test_a_script_trains_to_the_planned_end_and_prints_what_the_curves_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = small(epochs=3)
    assert executed(script(experiment, "short"), monkeypatch) == losses_of(experiment)
    trainer = Trainer(experiment)
    (first,) = trainer.start()
    assert f"train {first.train_loss:.4f}" in capsys.readouterr().out.splitlines()[0]  # type: ignore[union-attr]


@pytest.mark.parametrize(("train", "validation"), [(70, 15), (1, 1), (98, 1), (33, 34), (31, 33)])  # the last: a half
def test_the_shares_of_full_mnist_are_cut_where_the_playground_cuts_them(train: int, validation: int) -> None:
    """A script has a formula of its own for it."""
    data = Data(source="mnist", train_share=train, validation_share=validation, test_share=100 - train - validation)
    text = script(small().but(data=data), "cut")
    formula = text.split("np.split(order, [")[1].split("])")[0]
    assert eval(formula, {"n": 60_000}) == count_training(small().but(data=data))


# --- what stands in a script ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_script_imports_nothing_of_the_playground_and_uses_all_that_it_names(name: str) -> None:
    experiment, changes = CASES[name]
    tree = ast.parse(script(experiment, name, changes))
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not [module for module in imported if module.startswith("playground")]
    loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assert node.id in loaded
        if isinstance(node, ast.arg):
            assert node.arg in loaded
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert node.name in loaded | attributes | {"__init__", "forward"}
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            assert node.attr in attributes | {"p", "deterministic"}


def test_scripts_are_clean_to_style_checkers(tmp_path: Path) -> None:
    written(tmp_path, CASES)
    rules = "E,F,I,UP,B,SIM,PT,C4,RET,PIE"
    run("-m", "ruff", "check", "--isolated", "--no-cache", "--line-length", 100, "--select", rules, tmp_path)
    run("-m", "ruff", "format", "--check", "--isolated", "--no-cache", "--line-length", 100, tmp_path)


def test_a_tutorial_network_makes_a_script_that_a_learner_reads_in_one_go() -> None:
    lines = script(TEMPLATES["CNN 32-64"], "CNN 32-64").splitlines()
    assert 80 <= len([line for line in lines if line]) <= 125
    assert max(map(len, lines)) <= 100


def test_what_an_experiment_leaves_out_is_not_mentioned() -> None:
    text = script(small(epochs=1), "plain").lower()
    for word in ("augment", "dropout", "noise", "weight_decay", "clip", "device", "channels_last", "eval()", "fold"):
        assert word not in text, word


@pytest.mark.parametrize("name", ['a "quote" and """three\\', "two\nlines", "", "\x00 \u2028", "x" * 500])
def test_any_name_makes_a_script_and_a_notebook(name: str) -> None:
    compile(script(small(), name), "script.py", "exec")
    nbformat.validate(nbformat.reads(notebook(small(), name), 4))


def test_a_script_says_the_beginning_of_a_long_name_without_spaces() -> None:
    assert script(small(), "手" * 90).startswith(f'"""{"手" * 60}: trained')


def test_what_can_not_be_trained_can_not_be_exported() -> None:
    with pytest.raises(SpecError, match="flat"):
        script(Experiment(network=Network(layers=(Linear(),))), "flawed")
    with pytest.raises(SpecError, match="batch normalization"):
        script(small(*NORMALIZED, batch_size=1), "one")
    with pytest.raises(SpecError, match="training digits"):
        script(small(digits=4_000), "few")


# --- the notebook -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_notebook_is_valid_and_its_cells_are_the_scripts_code(name: str) -> None:
    experiment, changes = CASES[name]
    book = nbformat.reads(notebook(experiment, name, changes), 4)
    nbformat.validate(book)
    code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    first, *rest = ast.parse(script(experiment, name, changes)).body
    assert isinstance(first, ast.Expr)  # the introduction, which is text in a notebook
    theirs = [ast.unparse(node) for node in ast.parse(code).body]
    assert theirs == [ast.unparse(node).replace("parse_args()", "parse_args([])") for node in rest]
    assert {cell.cell_type for cell in (book.cells[0], *book.cells[1::2])} == {"markdown"}


def test_a_notebook_runs_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = small(epochs=1)
    book = nbformat.reads(notebook(experiment, "cells"), 4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    assert executed("\n".join(f"exec({cell!r}, globals())" for cell in cells), monkeypatch) == losses_of(experiment)
