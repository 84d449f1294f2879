"""Weights from files: what matches goes in to the bit, anything else is refused, and nothing in a file ever runs."""

import io
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save as safetensors_of
from torch import Tensor, nn

from playground.experiment import BatchNorm2d, Conv2d, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.network.match import matched, most_bytes
from playground.runs.imports import Imported, held_in
from playground.runs.moments import saved_moment
from playground.runs.past import Origin
from playground.runs.questions import Task
from playground.runs.reproduced import begin
from playground.runs.store import Store
from playground.runs.tasks import answer
from tests.held_runs import claimed, recorded, train_to

NETWORK = Network(layers=(Conv2d(channels=3), BatchNorm2d(), ReLU(), Flatten(), Linear(units=5), ReLU()), dropout=0.1)
EXPERIMENT = Experiment(network=NETWORK, training=Training(unit="steps", steps=4, device="cpu"))


class Own(nn.Module):
    """The same network as somebody else writes it, with names of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.fc1, self.fc2 = nn.Linear(3 * 26 * 26, 5), nn.Linear(5, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv1(x)).relu().flatten(1)
        return self.fc2(self.fc1(x).relu())


def own_state() -> dict[str, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return dict(Own().state_dict())


def pt(content: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def asked(store: Store, content: bytes, network: Network = NETWORK) -> int:
    upload, digest = store.imports.put(content)
    request = {"upload": upload, "digest": digest, "network": network.model_dump(mode="json")}
    return store.questions.ask("import", request)


def take(store: Store, content: bytes, network: Network = NETWORK) -> Task:
    """What a worker says of an upload."""
    task_id = asked(store, content, network)
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert [*store.imports.folder.glob("*.upload")] == []
    return task


def taken(store: Store, content: bytes) -> Imported:
    task = take(store, content)
    assert task.state == "done", task.message
    return Imported("own.pt", task.request["digest"])


def train_to_the_end(store: Store) -> None:
    run = claimed(store)
    while not run.has_ended:
        run.turn(1.0)


@pytest.mark.parametrize("write", [pt, lambda state: safetensors_of(named_like_an_export(state))], ids=["pt", "safe"])
def test_a_run_begins_with_the_weights_of_the_file(store: Store, write: Any) -> None:
    state = own_state()
    store.create(EXPERIMENT, "imported", imported=taken(store, write(state)))
    net = claimed(store).trainer.net
    for mine, theirs in zip(net.state_dict().values(), state.values(), strict=True):
        assert torch.equal(mine, theirs)


def named_like_an_export(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As an nn.Sequential names it; safetensors keeps no order."""
    places = {"conv1": "0", "norm": "1", "fc1": "5", "fc2": "8"}
    return {".".join([places[name.split(".")[0]], name.split(".")[1]]): tensor for name, tensor in state.items()}


def test_first_evaluation_and_first_loss_are_those_of_the_imported_network(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "imported", imported=taken(store, pt(own_state())))
    run = claimed(store)
    images, labels = run.trainer.judged[1]
    net = Own().eval()
    net.load_state_dict(own_state())
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(net(images), labels).item()
    assert recorded(store, run_id).evaluated["validation_loss"][0] == pytest.approx(loss, rel=1e-5)


def test_the_same_file_gives_the_same_curve_and_a_restart_begins_with_it_too(store: Store) -> None:
    first = store.create(EXPERIMENT, "first", imported=taken(store, pt(own_state())))
    train_to_the_end(store)
    again = store.create(EXPERIMENT, "again", imported=store.imports.of(first))
    train_to_the_end(store)
    plain = store.create(EXPERIMENT, "plain")
    train_to_the_end(store)
    assert recorded(store, first) == recorded(store, again)
    assert recorded(store, first).stepped["loss"] != recorded(store, plain).stepped["loss"]


def test_a_replay_begins_with_the_file_too(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "first", imported=taken(store, pt(own_state())))
    train_to_the_end(store)
    run = store.run(run_id)
    assert run is not None
    assert store.imports.of(begin(store, run)) == store.imports.of(run_id)


def test_a_run_that_is_resumed_before_its_first_checkpoint_begins_with_the_file_again(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "imported", imported=taken(store, pt(own_state())))
    train_to(claimed(store), 1)
    shutil.rmtree(store.folder / "runs" / run_id)
    store.set_state(run_id, "lost")
    store.requeue(run_id, ("lost",))
    net = claimed(store).trainer.net
    assert torch.equal(net.head.bias, own_state()["fc2.bias"])


def test_looks_back_at_the_start_show_the_imported_weights_also_in_a_fork(store: Store) -> None:
    parent = store.create(EXPERIMENT, "parent", imported=taken(store, pt(own_state())))
    train_to_the_end(store)
    fork = store.create(EXPERIMENT, "fork", origin=Origin(parent, 2))
    for run_id in (parent, fork):
        run = store.run(run_id)
        assert run is not None
        assert saved_moment(store, run, 2).imported == store.imports.start_of(parent)


def test_a_fork_began_with_what_its_parent_began_with_whatever_else_was_imported(store: Store) -> None:
    imported = taken(store, pt(own_state()))
    parent = store.create(EXPERIMENT, "parent")
    train_to_the_end(store)
    fork = store.create(EXPERIMENT, "fork", origin=Origin(parent, 2), imported=imported)
    assert store.imports.of(fork) is None


# --- refused ----------------------------------------------------------------------------------------------------------


def without(name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in own_state().items() if key != name}


WRONG: dict[str, tuple[Any, str]] = {
    "another shape": (
        own_state() | {"conv1.weight": torch.zeros(64, 32, 3, 3)},
        "conv1.weight is 64×32×3×3 in the file; this network has 3×1×3×3, the weight of Conv2d #1",
    ),
    "another dtype": (own_state() | {"fc1.bias": torch.zeros(5, dtype=torch.float64)}, "fc1.bias is float64"),
    "too few": (without("fc2.bias"), "no more tensors for the bias of Head"),
    "too many": (own_state() | {"fc3.weight": torch.zeros(2)}, "fc3.weight is in the file; this network ends"),
    "another layer": (without("conv1.bias"), "norm.weight is in the file where this network has the bias of Conv2d #1"),
    "not finite": (own_state() | {"fc2.bias": torch.full((10,), torch.nan)}, "fc2.bias in the file has values"),
    "a whole checkpoint": ({"model": own_state(), "epoch": 3}, "model in the file is no plain tensor"),
    "no tensors": ([1, 2], "holds a list and no state dict"),
    "nothing": ({}, "no state dict"),
    "sparse": (own_state() | {"fc2.bias": torch.zeros(10).to_sparse()}, "fc2.bias in the file is no plain tensor"),
    "one number repeated": (
        {"conv1.weight": torch.zeros(1).expand(10**12)},
        "conv1.weight in the file is no plain tensor",
    ),
}


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize("wrong", WRONG)
def test_the_first_mismatch_is_said_in_the_fields_words(wrong: str, store: Store) -> None:
    content, words = WRONG[wrong]
    task = take(store, pt(content))
    assert task.state == "failed"
    assert words in task.message
    assert [*store.imports.folder.glob("*.safetensors")] == []


class Hostile:
    """Unpickled carelessly, it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("form", ["state dict", "bare pickle", "before 1.6"])
def test_code_in_a_file_never_runs(form: str, store: Store, tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    hostile = {**own_state(), "more": Hostile(trace)}
    match form:
        case "state dict":
            content = pt(hostile)
        case "bare pickle":
            content = pickle.dumps(hostile)
        case _:
            content = pt(hostile, _use_new_zipfile_serialization=False)
    task = take(store, content)
    assert task.state == "failed"
    assert "no state dict of PyTorch or safetensors can be read" in task.message
    assert not trace.exists()
    torch.load(io.BytesIO(pt(hostile)), weights_only=False)  # the file really is hostile
    assert trace.exists()


def doubled(times: int) -> tuple[Any, ...]:
    """A tuple that takes 2ⁿ to hash, and a few bytes more for each n."""
    result: tuple[Any, ...] = ()
    for _ in range(times):
        result = (result, result)
    return result


def pt_of(pickled: bytes) -> bytes:
    """A .pt file of a pickle, whatever it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3")
    return file.getvalue()


def key_that_takes_ages(levels: int) -> bytes:
    """The pickle of {doubled(levels): 0}, without making it."""
    level = b"".join(b"q%ch%c\x86" % (n, n) for n in range(levels))
    return b"\x80\x02})" + level + b"K\x00s."


def test_a_key_that_would_take_a_reader_ages_is_refused_at_once(store: Store) -> None:
    assert pickle.loads(key_that_takes_ages(4)) == {doubled(4): 0}
    task = take(store, pt_of(key_that_takes_ages(200)))
    assert "more than the tensors of a state dict" in task.message


def test_what_pytorch_would_not_read_as_a_zip_is_not_read_as_one(store: Store) -> None:
    pickled = key_that_takes_ages(200)
    task = take(store, pickled + pt_of(pickled))
    assert "no state dict of PyTorch or safetensors can be read" in task.message


def test_keys_that_are_no_names_are_refused(store: Store) -> None:
    assert "keys that aren't names" in take(store, pt({**own_state(), 3: torch.zeros(2)})).message


def test_a_file_that_two_upload_at_once_is_taken_in_for_both(store: Store) -> None:
    ids = [asked(store, pt(own_state())) for _ in range(2)]
    for _ in ids:
        answer(store, "here")
    assert [task.state for task in map(store.questions.get, ids) if task] == ["done", "done"]


def test_an_upload_that_is_gone_can_be_chosen_again(store: Store) -> None:
    task_id = asked(store, pt(own_state()))
    for upload in store.imports.folder.glob("*.upload"):
        upload.unlink()
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.message == "the file is no longer here: choose it again"


def test_a_small_file_that_unpacks_to_more_than_the_network_needs_is_not_unpacked(store: Store) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(most_bytes(NETWORK) + 1))
    assert len(file.getvalue()) < 10_000
    assert "unpacks to" in take(store, file.getvalue()).message


def test_every_cut_or_changed_file_is_refused_or_matches(store: Store) -> None:
    """Ten places of each of two files: bytes lost, and bytes overwritten."""
    for whole in (pt(own_state()), safetensors_of(named_like_an_export(own_state()))):
        for place in range(0, len(whole), len(whole) // 10):
            for broken in (whole[:place], whole[:place] + b"\xff\x80cos\n" + whole[place + 6 :]):
                task = take(store, broken)
                assert task.state == "done" or "Traceback" not in task.message
                assert "the worker met an error" not in task.message


def test_what_a_worker_says_of_a_file_is_enough_to_check_it_against_another_network(store: Store) -> None:
    task = take(store, pt(own_state()))
    assert task.result is not None
    assert matched(NETWORK, held_in(task.result))["layers.0.weight"] == "conv1.weight"
    wider = NETWORK.but(layers=(Conv2d(channels=4), *NETWORK.layers[1:]))
    with pytest.raises(ValueError, match=r"conv1\.weight is 3×1×3×3 in the file; this network has 4×1×3×3"):
        matched(wider, held_in(task.result))


def test_a_run_whose_file_is_gone_fails_with_the_way_out(store: Store) -> None:
    imported = taken(store, pt(own_state()))
    store.imports.tensors(imported.digest).unlink()
    store.create(EXPERIMENT, "imported", imported=imported)
    with pytest.raises(ValueError, match="import their file again"):
        claimed(store)


def test_exported_weights_come_back_as_they_were(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "parent")
    train_to_the_end(store)
    for kind in ("pt", "safetensors"):
        task_id = store.questions.ask("export", {"format": kind, "step": "last"}, run_id)
        answer(store, "here")
        task = store.questions.get(task_id)
        assert task is not None
        assert task.result is not None
        store.create(EXPERIMENT, "again", imported=taken(store, task.result))
        parent = store.run(run_id)
        assert parent is not None
        mine, theirs = claimed(store).trainer.net.state_dict(), saved_moment(store, parent, "last").net.state_dict()
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
