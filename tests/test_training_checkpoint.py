"""A checkpoint continues a run bit for bit."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from playground.errors import SpecError
from playground.network.build import build
from playground.training.checkpoint import restore, save, weights_at
from playground.training.trainer import Trainer
from tests.small_runs import NORMALIZED, RUNS, small, steps


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a checkpoint is written: in a folder that isn't there yet."""
    return tmp_path / "run" / "last.safetensors"


def continued(trainer: Trainer, file: Path) -> Trainer:
    """The trainer as a new process would find it."""
    save(trainer, file)
    torch.manual_seed(99)
    other = Trainer(trainer.experiment)
    restore(other, file)
    return other


@pytest.mark.parametrize("at", [0, 4, 10], ids=["start", "mid-epoch", "between epochs"])
@pytest.mark.parametrize("name", RUNS)
def test_a_restored_run_goes_on_as_if_nothing_had_been(name: str, at: int, file: Path) -> None:
    trainer = Trainer(RUNS[name])
    steps(trainer, at)
    other = continued(trainer, file)
    assert steps(other, 20) == steps(trainer, 20)
    for one, two in zip(other.net.state_dict().values(), trainer.net.state_dict().values(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("name", ["Momentum", "AdamW", "dropout"])
def test_live_changes_are_kept(name: str, file: Path) -> None:
    trainer = Trainer(RUNS[name])
    steps(trainer, 3)
    trainer.change("training.batch_size", 16)
    trainer.change("optimizer.learning_rate", 0.02)
    trainer.change("regularization.weight_decay", 0.1)
    trainer.change("network.dropout", 0.6)
    steps(trainer, 2)
    other = continued(trainer, file)
    assert other.live == trainer.live
    assert (other.step, other.epoch, other.digits_seen) == (5, trainer.epoch, 3 * 10 + 2 * 16)
    assert other.total_steps == trainer.total_steps
    assert steps(other, 20) == steps(trainer, 20)


def test_a_finished_run_is_finished_when_restored(file: Path) -> None:
    trainer = Trainer(small())
    steps(trainer, 20)
    assert continued(trainer, file).finished


def test_saving_does_not_disturb_the_run(file: Path) -> None:
    saved, left = Trainer(RUNS["dropout"]), Trainer(RUNS["dropout"])
    for _ in range(20):
        save(saved, file)
        assert saved.advance() == left.advance()


def test_a_crash_while_writing_leaves_the_last_checkpoint(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(small())
    steps(trainer, 4)
    save(trainer, file)
    steps(trainer, 4)

    def crash(_tensors: object, part: Path, *_: object) -> None:
        part.write_bytes(b"half a file")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("playground.training.checkpoint.save_file", crash)
        with pytest.raises(KeyboardInterrupt):
            save(trainer, file)
    other = Trainer(small())
    restore(other, file)
    assert other.step == 4
    save(trainer, file)
    restore(other, file)
    assert other.step == 8
    assert list(file.parent.iterdir()) == [file]


def test_a_checkpoint_is_one_plain_safetensors_file_with_json_for_metadata(file: Path) -> None:
    trainer = Trainer(small())
    steps(trainer, 4)
    save(trainer, file)
    with safe_open(file, "pt") as content:
        state = json.loads(content.metadata()["state"])
    assert state["step"] == 4
    assert state["experiment"] == small().model_dump(mode="json")
    assert torch.equal(load_file(file)["net/head.weight"], trainer.net.head.weight)


def test_a_missing_foreign_or_damaged_checkpoint_is_refused(file: Path) -> None:
    with pytest.raises(SpecError, match="no checkpoint to go on from"):
        restore(Trainer(small()), file)
    save(Trainer(small()), file)
    with pytest.raises(SpecError, match="of another experiment"):
        restore(Trainer(small(seed=1)), file)
    for damaged in (file.read_bytes()[:-100], b"no tensors", b""):
        file.write_bytes(damaged)
        with pytest.raises(SpecError, match="no checkpoint to go on from"):
            restore(Trainer(small()), file)


def test_a_device_that_the_saved_run_had_not_begins_a_stream_of_its_own(file: Path) -> None:
    """A checkpoint from the CPU holds one random stream; a run that goes on beside a GPU has two."""
    trainer = Trainer(RUNS["dropout"])
    steps(trainer, 3)
    save(trainer, file)
    other = Trainer(RUNS["dropout"])
    own = torch.Generator().manual_seed(1).get_state()
    other.noise.states.append(own)
    restore(other, file)
    assert [torch.equal(*pair) for pair in zip(other.noise.states, [*trainer.noise.states, own], strict=True)]


def test_the_weights_alone_go_into_a_network_of_the_same_layers_with_their_step(file: Path) -> None:
    trainer = Trainer(small(*NORMALIZED))
    steps(trainer, 7)
    save(trainer, file)
    net = build(small(*NORMALIZED).network, seed=5)
    assert weights_at(net, file) == 7
    assert all(torch.equal(value, trainer.net.state_dict()[name]) for name, value in net.state_dict().items())


def test_weights_that_are_missing_or_damaged_are_refused(file: Path) -> None:
    net = build(small().network, seed=0)
    with pytest.raises(SpecError, match="can't be looked into"):
        weights_at(net, file)
    file.parent.mkdir()
    file.write_bytes(b"no tensors")
    with pytest.raises(SpecError, match="can't be looked into"):
        weights_at(net, file)
