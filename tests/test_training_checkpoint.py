"""A checkpoint continues a run bit for bit."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from playground.errors import SpecError
from playground.experiment import Augmentation, Conv2d, Data, Experiment, Optimizer, OptimizerKind, Schedule
from playground.training.checkpoint import restore, save
from playground.training.trainer import Trainer
from tests.small_runs import CNN, NORMALIZED, small, steps

KINDS: list[OptimizerKind] = ["SGD", "Momentum", "Nesterov", "Adam", "AdamW", "AMSGrad", "RMSprop", "Adagrad"]
RUNS: dict[str, Experiment] = {
    **{kind: small().but(optimizer=Optimizer(kind=kind)) for kind in KINDS},
    "dropout": small(dropout=0.5),
    "batch normalization": small(*NORMALIZED),
    "CNN, augmented, cosine": small(Conv2d(channels=4), *CNN, dropout=0.2).but(
        data=Data(training_digits=100, augmentation=Augmentation(rotation=20, noise=0.2)),
        schedule=Schedule(kind="cosine"),
    ),
}


def continued(trainer: Trainer, folder: Path) -> Trainer:
    """The trainer as a new process would find it."""
    save(trainer, folder)
    torch.manual_seed(99)
    other = Trainer(trainer.experiment)
    restore(other, folder)
    return other


@pytest.mark.parametrize("at", [0, 4, 10], ids=["start", "mid-epoch", "between epochs"])
@pytest.mark.parametrize("name", RUNS)
def test_a_restored_run_goes_on_as_if_nothing_had_been(name: str, at: int, tmp_path: Path) -> None:
    trainer = Trainer(RUNS[name])
    steps(trainer, at)
    other = continued(trainer, tmp_path)
    assert steps(other, 20) == steps(trainer, 20)
    for one, two in zip(other.net.state_dict().values(), trainer.net.state_dict().values(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("name", ["Momentum", "AdamW", "dropout"])
def test_live_changes_are_kept(name: str, tmp_path: Path) -> None:
    trainer = Trainer(RUNS[name])
    steps(trainer, 3)
    trainer.change("training.batch_size", 16)
    trainer.change("optimizer.learning_rate", 0.02)
    trainer.change("regularization.weight_decay", 0.1)
    trainer.change("network.dropout", 0.6)
    steps(trainer, 2)
    other = continued(trainer, tmp_path)
    assert other.live == trainer.live
    assert (other.step, other.epoch, other.digits_seen) == (5, trainer.epoch, 3 * 10 + 2 * 16)
    assert other.total_steps == trainer.total_steps
    assert steps(other, 20) == steps(trainer, 20)


def test_a_finished_run_is_finished_when_restored(tmp_path: Path) -> None:
    trainer = Trainer(small())
    steps(trainer, 20)
    assert continued(trainer, tmp_path).finished


def test_saving_does_not_disturb_the_run(tmp_path: Path) -> None:
    saved, left = Trainer(RUNS["dropout"]), Trainer(RUNS["dropout"])
    for _ in range(20):
        save(saved, tmp_path)
        assert saved.advance() == left.advance()


def test_a_crash_while_writing_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(small())
    steps(trainer, 4)
    save(trainer, tmp_path)
    steps(trainer, 4)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("playground.training.checkpoint.json.dumps", crash)
        with pytest.raises(KeyboardInterrupt):
            save(trainer, tmp_path)
    other = Trainer(small())
    restore(other, tmp_path)
    assert other.step == 4
    save(trainer, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_files_are_plain_json_and_safetensors(tmp_path: Path) -> None:
    trainer = Trainer(small())
    steps(trainer, 4)
    save(trainer, tmp_path)
    state = json.loads((tmp_path / "trainer.json").read_text())
    assert state["step"] == 4
    tensors = load_file(tmp_path / state["tensors"])
    assert torch.equal(tensors["net/head.weight"], trainer.net.head.weight)


def test_a_missing_foreign_or_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        restore(Trainer(small()), tmp_path)
    save(Trainer(small()), tmp_path)
    with pytest.raises(SpecError, match="of another experiment"):
        restore(Trainer(small(seed=1)), tmp_path)
    next(tmp_path.glob("*.safetensors")).write_bytes(b"no tensors")
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        restore(Trainer(small()), tmp_path)
