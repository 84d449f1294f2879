"""What a run leaves as, read back by pandas and by this program; the report asks nothing of any host."""

import ast
import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
import torch
from hypothesis import given, settings

from playground.errors import SpecError
from playground.experiment import (
    Dropout,
    Experiment,
    Flatten,
    Linear,
    LocallyConnected2d,
    Network,
    PermutePixels,
    ReLU,
)
from playground.exports.curves_csv import COLUMNS, curves_csv
from playground.exports.experiment_json import experiment_json, read_experiment
from playground.exports.files import AS_CODE, OF_NETWORK, OF_RUN, File
from playground.exports.of_run import script_of
from playground.exports.report import report_of
from playground.presets import TEMPLATES
from playground.runs.imports import Imported
from playground.runs.journal import Curves, encode
from playground.runs.moments import saved_moment
from playground.runs.past import Origin
from playground.runs.store import Control, Run, Store
from playground.runs.tasks import answer
from playground.training.events import Changed, Evaluated, LayersMeasured, Stepped
from tests.answered import answer_at_once
from tests.held_runs import claimed, recorded, train_to
from tests.opened_pages import SMALL, trained
from tests.strategies import experiments


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Run]]:
    folder = tmp_path_factory.mktemp("kept")
    store = Store(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    run = store.run(trained(store))
    assert run is not None
    yield store, run
    store.close()


# --- curves -----------------------------------------------------------------------------------------------------------


def unzipped(content: bytes) -> dict[str, pd.DataFrame]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {
        name: pd.read_csv(archive.open(name), keep_default_na=False, na_values=["nan"]) for name in archive.namelist()
    }


def test_pandas_reads_every_number_of_the_curves_back_bit_for_bit(kept: tuple[Store, Run]) -> None:
    store, run = kept
    curves = recorded(store, run.id)
    read = unzipped(curves_csv(run, curves))
    steps = read["steps.csv"].rename(columns={"batch_loss": "loss", "batch_accuracy": "accuracy"})
    pd.testing.assert_frame_equal(steps, curves.table("stepped"), check_exact=True)
    pd.testing.assert_frame_equal(read["evaluations.csv"], curves.table("evaluated"), check_exact=True)
    rows = read["layers.csv"]
    assert rows["layer"].tolist() == [*run.layers] * len(curves.layers["step"])
    assert rows["gradient_rms"].tolist() == [value for row in curves.layers["gradient"] for value in row]


def test_what_is_no_number_is_written_out(kept: tuple[Store, Run]) -> None:
    curves = Curves()
    curves.extend(
        encode(
            [
                Stepped(1, 0.5, math.nan, 0.0, 0.1, 1e-3, 64),
                LayersMeasured(1, (0.0, 1.0), (math.inf, 0.5)),
                Evaluated(1, math.inf, 0.1, math.nan, 0.1),
                Changed(1, "optimizer.learning_rate", 0.001, 0.01),
            ]
        )
    )
    read = unzipped(curves_csv(kept[1], curves))
    assert math.isnan(read["steps.csv"]["batch_loss"][0])
    assert read["evaluations.csv"]["train_loss"][0] == math.inf
    assert read["layers.csv"]["update_ratio"].tolist() == [math.inf, 0.5]
    assert read["changes.csv"].to_dict("records") == [
        {"step": 1, "field": "optimizer.learning_rate", "old": 0.001, "new": 0.01}
    ]


def test_every_column_says_what_it_is(kept: tuple[Store, Run]) -> None:
    read = unzipped(curves_csv(kept[1], Curves()))
    said = read.pop("columns.csv")
    assert [*zip(said["file"], said["column"], strict=True)] == [
        (name, column) for name, table in read.items() for column in table.columns
    ]
    assert read.keys() == COLUMNS.keys()
    assert all(said["what it is"].str.len() > 10)


# --- experiment -------------------------------------------------------------------------------------------------------


@given(experiments)
@settings(max_examples=25)
def test_an_experiment_comes_back_from_its_file_as_it_was(experiment: Experiment) -> None:
    assert read_experiment(experiment_json(experiment).encode()) == experiment


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (b"", "experiment", "there is no experiment in JSON"),
        (b"\xff\xfe\x00", "experiment", "there is no experiment in JSON"),
        (b"[" * 90_000, "experiment", "there is no experiment in JSON"),
        (b"[]", "experiment", "there is no experiment in JSON"),
        (b" " * 100_001, "experiment", "100 kB"),
        (b'{"optimizer": {"learning_rate": 1e999}}', "optimizer.learning_rate", "finite"),
        (b'{"training": {"seed": -1}}', "training.seed", "it is -1"),
        (b'{"colour": "red"}', "colour", "it is 'red'"),
        (b'{"version": 2}', "version", "it is 2"),
    ],
)
def test_what_is_no_experiment_is_refused_with_the_field(content: bytes, field: str, words: str) -> None:
    with pytest.raises(SpecError, match=re.escape(words)) as refused:
        read_experiment(content)
    assert refused.value.field == field


# --- report -----------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """All tags with their attributes, and the text of the table cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def test_the_report_asks_nothing_of_any_host_and_has_all_five_figures(kept: tuple[Store, Run]) -> None:
    tags = Tags(report_of(*kept)).tags
    assert [name for name, found in tags if "src" in found or "href" in found or name in ("link", "base")] == []
    (policy,) = [found["content"] for _, found in tags if found.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert sum(found.get("class") == "plotly-graph-div" for _, found in tags) == 5


def test_the_report_says_the_last_evaluation_and_what_it_was_made_with(kept: tuple[Store, Run]) -> None:
    store, run = kept
    page = report_of(store, run)
    last = {name: values[-1] for name, values in recorded(store, run.id).evaluated.items()}
    final = store.finals.of([run.id])[run.id]
    for number in (f"{last['validation_loss']:.4f}", f"{last['train_accuracy']:.2%}", final.digest):
        assert number in page
    assert f"<td>{final.versions['torch']}</td>" in page
    assert "eval mode, without penalty, on the first digits of the validation split (256)" in page
    assert "<b>steps 3</b>" in page  # off its default
    assert "learning_rate 0.001</span>" in page


def test_the_test_split_is_in_the_report_only_after_it_was_measured(store: Store) -> None:
    run = store.run(trained(store))
    assert run is not None
    assert "Test accuracy" not in report_of(store, run)
    task = store.questions.ask("measure", {}, run.id)
    answer(store, "here")
    found = store.questions.get(task)
    assert found is not None
    assert found.result is not None
    store.questions.drop(task)  # the page Runs shows it without the answer too
    assert f"{json.loads(found.result)['accuracy']:.2%}" in report_of(store, run).split("Test accuracy")[1]


def test_the_report_says_where_a_run_began_and_limits_what_its_digest_promises(store: Store) -> None:
    parent = trained(store)
    plain = report_of(store, run_in(store, parent))
    assert "Begins with" not in plain
    assert "The same experiment, on the same versions" in plain
    fork = report_of(store, run_in(store, store.create(SMALL, "fork", origin=Origin(parent, 1))))
    assert f"Begins with step 1 of trained ({parent})." in fork
    imported = report_of(store, run_in(store, store.create(SMALL, "own", imported=Imported("mine.pt", "ab" * 32))))
    assert f"Begins with the weights of mine.pt (SHA-256 {'ab' * 32})." in imported


def test_the_report_lists_what_was_changed_while_the_run_lasted(store: Store) -> None:
    run_id = store.create(SMALL, "changed")
    active = claimed(store)
    train_to(active, 1)
    active.obey(Control(0, run_id, "change", {"field": "optimizer.learning_rate", "value": 0.0123}))
    while not active.has_ended:
        active.turn(1.0)
    page = report_of(store, run_in(store, run_id))
    (row,) = re.findall(r"<td>optimizer\.learning_rate</td>\s*(.*?)</tr>", page)
    assert re.findall(r">([\d.]+)<", row) == ["0.001", "0.0123"]
    assert "The same experiment, changed after the same steps, on the same versions" in page


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_what_is_judged_by_noisy_labels_says_so(noise: float, store: Store) -> None:
    run = run_in(store, trained(store, SMALL.but(data=SMALL.data.but(label_noise=noise))))
    said = unzipped(curves_csv(run, recorded(store, run.id)))["columns.csv"]
    noisy = said["column"][said["what it is"].str.endswith("by its noisy labels")].tolist()
    assert noisy == (["batch_loss", "batch_accuracy", "train_loss", "train_accuracy"] if noise else [])
    page = report_of(store, run)
    assert page.count("of the train split (256), by its noisy labels") == (2 if noise else 0)
    assert "of the validation split (256), by" not in page


def run_in(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def test_a_name_can_put_no_code_into_the_report(store: Store) -> None:
    run_id = store.create(SMALL, "<script>alert(1)</script>")
    store.library.note(run_id, "<img src=x onerror=alert(2)>")
    run = store.run(run_id)
    assert run is not None
    page = report_of(store, run)
    assert "<script>alert" not in page
    assert "<img" not in page


# --- all files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [*OF_RUN, *AS_CODE, *OF_NETWORK], ids=lambda file: file.label)
def test_every_file_is_made_of_a_run(file: File, kept: tuple[Store, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    store, run = kept
    answer_at_once(store, monkeypatch)
    assert len(file.make(store, run, None)) > 100
    assert store.questions.latest("export", run.id) is None  # an answer that was read is gone from the store


def test_a_file_is_called_what_any_disk_takes(kept: tuple[Store, Run]) -> None:
    run = replace(kept[1], name="../CNN 16–32/ \\ö")
    names = [file.called(run, 7) for file in (*OF_RUN, *OF_NETWORK)]
    assert names[0] == "CNN-16-32-ö-report.html"
    assert names[-1] == "CNN-16-32-ö-step-7.onnx"
    assert OF_NETWORK[-1].called(run, None) == "CNN-16-32-ö-last.onnx"


NETWORKS = {
    **{name: template.network for name, template in TEMPLATES.items()},
    "dropout": Network(layers=(Flatten(), Linear(units=8), ReLU(), Linear(units=8), ReLU(), Dropout(p=0)), dropout=0.2),
    "own layers": Network(layers=(PermutePixels(), LocallyConnected2d(channels=2, kernel=7, stride=3), Flatten())),
}


@pytest.mark.parametrize(("changed", "step"), [(0.0, 0), (0.0, 1), (0.3, 1)])
@pytest.mark.parametrize("name", NETWORKS)
def test_exported_weights_load_into_the_model_of_the_exported_script(
    name: str, changed: float, step: int, store: Store
) -> None:
    experiment = SMALL.but(network=NETWORKS[name], training=SMALL.training.but(steps=2))
    run_id = store.create(experiment, name)
    active = claimed(store)
    train_to(active, step)
    active.obey(Control(0, run_id, "change", {"field": "network.dropout", "value": changed}))
    while not active.has_ended:
        active.turn(1.0)
    run = store.run(run_id)
    assert run is not None
    task_id = store.questions.ask("export", {"format": "pt", "step": "last"}, run_id)
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result is not None
    script = ast.parse(script_of(store, run))
    defined = ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef
    own = [node for node in script.body if isinstance(node, defined) or assigns(node, "dropout", "model")]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(own, []), "script", "exec"), names)
    model = names["model"]
    model.load_state_dict(torch.load(io.BytesIO(task.result), weights_only=True), strict=True)
    moment = saved_moment(store, run, "last")
    x = moment.dataset.validation.x[:9]
    with torch.inference_mode():
        torch.testing.assert_close(model.eval()(x), moment.net(x), rtol=1e-5, atol=1e-6)


def assigns(node: ast.stmt, *names: str) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in names


def test_a_run_that_began_with_a_file_says_why_it_has_no_script(store: Store) -> None:
    run = store.run(store.create(SMALL, "imported", imported=Imported("mine.pt", "0" * 64)))
    assert run is not None
    for file in AS_CODE:
        with pytest.raises(SpecError, match=r"began with the weights of mine\.pt"):
            file.make(store, run, None)
