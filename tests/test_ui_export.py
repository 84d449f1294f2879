"""The button Export and its dialog, without a browser."""

from typing import Any

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from playground.exports import files
from playground.exports.files import AS_CODE, OF_NETWORK, OF_RUN
from playground.runs.store import Store
from tests.answered import answer_at_once
from tests.opened_pages import SMALL, button, opened, trained


def offered(run_id: str, page: str = "train.py") -> set[str]:
    app = opened(page, run=run_id)
    button(app, "Export").click().run()
    assert not app.exception
    return {found.label for found in (*app.download_button, *app.button)}


def test_export_offers_every_file_on_both_pages_of_a_run(shared: Store) -> None:
    run_id = trained(shared)
    labels = {file.label for file in (*OF_RUN, *AS_CODE, *OF_NETWORK)}
    assert labels <= offered(run_id)
    assert labels <= offered(run_id, "inside.py")


def test_export_says_why_there_is_nothing_yet(shared: Store) -> None:
    assert button(opened(), "Export").disabled
    waiting = button(opened(run=shared.create(SMALL, "waiting")), "Export")
    assert waiting.disabled
    assert "no checkpoint before its first step" in waiting.help


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Label → file's name of the buttons that the pages draw."""
    found: dict[str, str] = {}
    draw = DeltaGenerator.download_button

    def noted(place: DeltaGenerator, label: str, data: Any, file_name: str, *others: Any, **options: Any) -> bool:
        found[label] = file_name
        return draw(place, label, data, file_name, *others, **options)

    monkeypatch.setattr(DeltaGenerator, "download_button", noted)
    return found


def dialog(run_id: str) -> None:
    """A page with nothing but the dialog: the harness closes one at the next press."""
    from playground.runs.settings import shared_store
    from playground.ui.export import export_dialog

    run = shared_store().run(run_id)
    assert run is not None
    export_dialog(shared_store(), run)


def opened_dialog(run_id: str) -> AppTest:
    app = AppTest.from_function(dialog, kwargs={"run_id": run_id}, default_timeout=30).run()
    assert not app.exception
    return app


def test_a_kept_step_can_be_chosen_and_is_what_is_made_and_what_the_file_is_called_after(
    shared: Store, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trained(shared)
    asked = answer_at_once(shared, monkeypatch)
    app = opened_dialog(run_id)
    assert app.selectbox(key=f"export.step.{run_id}").options == ["last checkpoint", "3", "2", "1", "0"]
    button(app, "pt").click().run()
    app.selectbox(key=f"export.step.{run_id}").set_value(1).run()
    button(app, "pt").click().run()
    assert not app.exception
    assert not app.error
    assert asked == [{"format": "pt", "step": "last"}, {"format": "pt", "step": 1}]
    assert names["Save pt"] == "trained-step-1.pt"
    app.selectbox(key=f"export.step.{run_id}").set_value(None).run()
    button(app, "safetensors").click().run()
    assert names["Save safetensors"] == "trained-last.safetensors"  # a live run's checkpoint is behind its step


def test_why_a_file_can_not_be_made_is_said_beside_its_button_which_stays(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trained(shared)
    answer_at_once(shared, monkeypatch)
    app = opened_dialog(run_id)
    app.selectbox(key=f"export.step.{run_id}").set_value(1).run()
    shared.past.kept_checkpoint(run_id, 1).unlink()
    button(app, "ONNX").click().run()
    assert not app.exception
    assert [error.value for error in app.error] == ["step 1 of this run isn't kept: choose one on the slider"]
    assert "Save ONNX" not in [found.label for found in app.download_button]
    assert "ONNX" in [found.label for found in app.button]


def test_an_answer_that_comes_too_late_is_kept_nowhere(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = trained(shared)
    monkeypatch.setattr(files, "PATIENCE", 0.0)
    app = opened_dialog(run_id)
    button(app, "pt").click().run()
    assert [error.value for error in app.error] == ["all workers are busy: try again in a moment"]
    assert shared.questions.latest("export", run_id) is None
