"""The button Import, without a browser: what a file changes on the page, and what a wrong one says."""

import io

import pytest
import torch
from streamlit.testing.v1 import AppTest

from playground.experiment import Experiment
from playground.exports.experiment_json import experiment_json
from playground.link import to_link
from playground.network.build import build
from playground.network.match import most_bytes
from playground.presets import TEMPLATES
from playground.runs.states import STATES
from playground.runs.store import Store
from tests.answered import answer_at_once
from tests.opened_pages import SMALL, button, opened


@pytest.fixture
def answered(shared: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The pages' store, with a worker that answers at once."""
    answer_at_once(shared, monkeypatch)
    return shared


def put(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "application/octet-stream")).run()
    assert not app.exception
    return app


def experiment(app: AppTest) -> Experiment:
    found: Experiment = app.session_state["draft"].experiment
    return found


def state(of: Experiment) -> bytes:
    file = io.BytesIO()
    torch.save(build(of.network, seed=77).state_dict(), file)
    return file.getvalue()


def with_weights_of_an_mlp() -> AppTest:
    app = opened()
    app.selectbox[0].set_value("MLP").run()
    return put(app, "weights.pt", state(TEMPLATES["MLP"]))


def test_an_imported_experiment_is_what_train_trains_and_undo_brings_back_what_was_there(shared: Store) -> None:
    app = opened()
    before = experiment(app)
    put(app, "mine.json", experiment_json(SMALL).encode())
    assert experiment(app) == SMALL
    button(app, "Undo").click().run()
    assert experiment(app) == before
    button(app, "Redo").click().run()
    button(app, "Train").click().run()
    assert shared.runs(STATES)[0].experiment == SMALL


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"optimizer": {"momentum": 2}}', "optimizer.momentum: Input should be less than 1 (it is 2)"),
        (b"PK\x03\x04", "there is no experiment in JSON in this file"),
        (b"[" * 200_000, "an experiment at most 100 kB"),
    ],
)
def test_a_wrong_experiment_is_said_with_its_field_and_changes_nothing(
    content: bytes, words: str, shared: Store
) -> None:
    app = opened()
    before = experiment(app)
    put(app, "mine.json", content)
    assert any(words in error.value for error in app.error)
    assert experiment(app) == before
    assert not button(app, "Train").disabled


def test_the_next_run_begins_with_imported_weights_and_its_restart_too(answered: Store) -> None:
    app = with_weights_of_an_mlp()
    assert any("Begins with the weights of weights.pt (SHA-256 " in caption.value for caption in app.caption)
    button(app, "Train").click().run()
    (first,) = answered.runs(STATES)
    imported = answered.imports.of(first.id)
    assert imported is not None
    assert imported.name == "weights.pt"
    assert any("Begins with the weights of weights.pt" in caption.value for caption in app.caption)
    button(app, "Restart").click().run()
    newest = answered.runs(STATES)[0]
    assert newest.id != first.id
    assert answered.imports.of(newest.id) == imported


def test_weights_of_another_network_are_refused_and_train_begins_as_it_would_have(answered: Store) -> None:
    app = put(opened(), "weights.pt", state(TEMPLATES["MLP"]))
    assert any("layers.1.weight is 128×784 in the file" in error.value for error in app.error)
    button(app, "Train").click().run()
    assert answered.imports.of(answered.runs(STATES)[0].id) is None


def test_a_network_changed_after_the_import_can_not_train_until_initial_weights_are_chosen(answered: Store) -> None:
    app = with_weights_of_an_mlp()
    app.selectbox[0].set_value("Softmax regression").run()
    assert button(app, "Train").disabled
    assert any("128×784 in the file; this network has 10×784" in error.value for error in app.error)
    button(app, "Initial weights instead").click().run()
    assert not button(app, "Train").disabled
    assert not app.error


def test_a_file_larger_than_the_network_is_refused_before_it_is_read(shared: Store) -> None:
    app = opened()
    put(app, "weights.pt", bytes(most_bytes(experiment(app).network) + 1))
    assert any("the weights of this network 1.1 MB at most" in error.value for error in app.error)
    assert not shared.imports.folder.exists()


def test_a_link_begins_with_initial_weights_whatever_was_imported_before(answered: Store) -> None:
    app = with_weights_of_an_mlp()
    app.query_params["x"] = to_link(TEMPLATES["MLP"].but(training=SMALL.training))
    app.run()
    button(app, "Train").click().run()
    assert answered.imports.of(answered.runs(STATES)[0].id) is None


def test_a_preset_of_home_begins_with_initial_weights_whatever_was_imported_before(answered: Store) -> None:
    app = with_weights_of_an_mlp()
    app.switch_page("home.py").run()
    button(app, "Start with a small CNN").click().run()
    assert app.session_state["kept.imported"] is None
