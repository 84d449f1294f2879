"""Files that workers make, read back by the libraries they are for."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load as read_safetensors
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from playground.experiment import BatchNorm1d, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.runs.moments import saved_moment
from playground.runs.store import Store
from playground.runs.tasks import answer
from tests.held_runs import recorded
from tests.opened_pages import trained

STEPS = 7
EXPERIMENT = Experiment(
    network=Network(layers=(Flatten(), Linear(units=6), BatchNorm1d(), ReLU()), dropout=0.2),
    training=Training(unit="steps", steps=STEPS, device="cpu"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    folder = tmp_path_factory.mktemp("exported")
    store = Store(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    yield store, trained(store, EXPERIMENT)
    store.close()


def exported(run: tuple[Store, str], kind: str, step: int | str = "last") -> bytes:
    store, run_id = run
    task = store.questions.ask("export", {"format": kind, "step": step}, run_id)
    answer(store, "here")
    found = store.questions.get(task)
    assert found is not None
    assert found.result is not None, found.message
    return found.result


def written_by_hand() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.2)),
        nn.Linear(6, 10),
    ).eval()


def digits_and_logits(run: tuple[Store, str], step: int | str = "last") -> tuple[torch.Tensor, np.ndarray]:
    store, run_id = run
    found = store.run(run_id)
    assert found is not None
    moment = saved_moment(store, found, step)  # type: ignore[arg-type]
    x = moment.dataset.validation.x[:20]
    with torch.inference_mode():
        return x, moment.net(x).numpy()


@pytest.mark.parametrize("step", ["last", 3])
def test_weights_load_strictly_into_the_same_layers_written_in_plain_pytorch(
    run: tuple[Store, str], step: int | str
) -> None:
    x, logits = digits_and_logits(run, step)
    for state in (
        torch.load(io.BytesIO(exported(run, "pt", step)), weights_only=True),
        read_safetensors(exported(run, "safetensors", step)),
    ):
        net = written_by_hand()
        net.load_state_dict(state, strict=True)
        with torch.inference_mode():
            np.testing.assert_allclose(net(x).numpy(), logits, rtol=1e-6, atol=1e-6)


def test_the_onnx_model_gives_the_runs_logits_and_says_how_digits_are_scaled(run: tuple[Store, str]) -> None:
    content = exported(run, "onnx")
    said = {one.key: one.value for one in onnx.load_from_string(content).metadata_props}
    _, logits = digits_and_logits(run)
    store, run_id = run
    found = store.run(run_id)
    assert found is not None
    moment = saved_moment(store, found, "last")
    pixels = moment.digits.images[moment.dataset.validation.index[:20], None].astype(np.float64)
    scaled = ((pixels - float(said["center"])) / float(said["divisor"])).astype(np.float32)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"digits": scaled})[0], logits, rtol=1e-5, atol=1e-5)
    assert json.loads(said["experiment"]) == EXPERIMENT.model_dump(mode="json")
    assert said["step"] == str(STEPS)


def test_tensorboard_reads_back_every_number(run: tuple[Store, str], tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(exported(run, "tensorboard"))).extractall(tmp_path)
    store, run_id = run
    curves = recorded(store, run_id)
    read = {}
    for folder in ("batch", "train", "validation", "layers"):
        accumulator = EventAccumulator(str(tmp_path / run_id / folder)).Reload()
        for tag in accumulator.Tags()["scalars"]:
            scalars = accumulator.Scalars(tag)
            read[f"{folder}/{tag}"] = [one.step for one in scalars], [one.value for one in scalars]
    expected = {
        **{f"batch/{name}": (curves.stepped, name) for name in ("loss", "accuracy", "penalty", "learning_rate")},
        **{
            f"{split}/{name}": (curves.evaluated, f"{split}_{name}")
            for split in ("train", "validation")
            for name in ("loss", "accuracy")
        },
    }
    for tag, (table, column) in expected.items():
        assert read.pop(tag) == ([*table["step"]], np.array(table[column], np.float32).tolist())
    for place, layer in enumerate(("Linear_1", "Head")):
        for tag, column in (("gradient_rms", "gradient"), ("update_ratio", "update")):
            values = np.array([row[place] for row in curves.layers[column]], np.float32).tolist()
            assert read.pop(f"layers/{tag}/{layer}") == ([*curves.layers["step"]], values)
    assert not read


def test_a_step_that_is_not_kept_and_a_format_that_does_not_exist_are_refused_with_the_way_out(
    run: tuple[Store, str],
) -> None:
    store, run_id = run
    for request, reason in (
        ({"format": "pt", "step": 99}, "step 99 of this run isn't kept: choose one on the slider"),
        ({"format": "zip", "step": "last"}, "there is no format zip: choose pt, safetensors, onnx or tensorboard"),
    ):
        task = store.questions.ask("export", request, run_id)
        answer(store, "here")
        found = store.questions.get(task)
        assert found is not None
        assert (found.state, found.message) == ("failed", reason)
