"""The button Export and its dialog, without a browser."""

from playground.exports.files import AS_CODE, OF_NETWORK, OF_RUN
from playground.runs.store import Store
from tests.opened_pages import SMALL, button, opened, trained


def offered(run_id: str, page: str = "train.py") -> list[str]:
    app = opened(page, run=run_id)
    button(app, "Export").click().run()
    assert not app.exception
    return [found.label for found in app.download_button]


def test_export_offers_every_file_on_both_pages_of_a_run(shared: Store) -> None:
    run_id = trained(shared)
    labels = [file.label for file in (*OF_RUN, *AS_CODE, *OF_NETWORK)]
    assert offered(run_id) == labels
    assert offered(run_id, "inside.py") == labels


def test_export_says_why_there_is_nothing_yet(shared: Store) -> None:
    assert button(opened(), "Export").disabled
    waiting = button(opened(run=shared.create(SMALL, "waiting")), "Export")
    assert waiting.disabled
    assert "no checkpoint before its first step" in waiting.help


def test_a_kept_step_can_be_chosen_and_stands_in_the_files_name(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    button(app, "Export").click().run()
    steps = app.selectbox(key=f"export.step.{run_id}")
    assert steps.options == ["last checkpoint", "3", "2", "1", "0"]
    steps.set_value(1).run()
    assert not app.exception
    names = [file.called(shared.run(run_id), 1) for file in OF_NETWORK]  # type: ignore[arg-type]
    assert names == ["trained-step-1.pt", "trained-step-1.safetensors", "trained-step-1.onnx"]
