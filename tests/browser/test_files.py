"""Files out and in, in a real browser: a run's experiment leaves as JSON and comes back as the same set-up."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground.experiment import read
from playground.exports.files import OF_NETWORK, OF_RUN
from tests.browser.steps import LONG, button, choose_template, open_train, see_state, settle, train
from tests.server import Server

pytestmark = pytest.mark.browser
MADE_FIRST = {file.label for file in (*OF_RUN, *OF_NETWORK) if file.takes_time}


@pytest.fixture(autouse=True)
def nothing_left_running(server: Server) -> None:
    for run in server.store.runs(with_trials=True):
        server.store.ask(run.id, "stop")


def downloaded(page: Page, label: str, folder: Path) -> Path:
    """What a button of the dialog downloads."""
    with page.expect_download(timeout=LONG) as found:
        inside = page.get_by_role("dialog")
        inside.get_by_role("button", name=label, exact=True).click()
        if label in MADE_FIRST:
            inside.get_by_role("button", name=f"Save {label}", exact=True).click(timeout=LONG)
    file = folder / found.value.suggested_filename
    found.value.save_as(file)
    return file


def put(page: Page, file: Path) -> None:
    button(page, "Import").click()
    page.locator("input[type=file]").set_input_files(file)


def test_a_run_leaves_as_files_and_comes_back(page: Page, server: Server, tmp_path: Path) -> None:
    open_train(page, "Softmax regression")
    train(page)
    see_state(page, "finished")
    run = server.store.run(page.url.split("run=")[1])
    assert run is not None
    button(page, "Export").click()
    exported = downloaded(page, "JSON", tmp_path)
    weights = downloaded(page, "pt", tmp_path)
    assert exported.name == "Softmax-regression.json"
    assert read(exported.read_text()) == run.experiment
    page.reload()
    expect(button(page, "Import")).to_be_visible()
    settle(page)

    changed = json.loads(exported.read_text())
    changed["optimizer"]["learning_rate"] = 0.02
    other = tmp_path / "other.json"
    other.write_text(json.dumps(changed))
    choose_template(page, "MLP")
    put(page, other)
    expect(page.get_by_text("Adam 0.02 · batch 64")).to_be_visible()
    expect(page.locator('input[aria-label="Template"]').first).to_have_value("Softmax regression")
    settle(page)

    put(page, weights)
    expect(page.get_by_text("Begins with the weights of Softmax-regression-last")).to_be_visible()
    settle(page)
    button(page, "Train anew with this").or_(button(page, "Train")).first.click()
    page.wait_for_url(lambda url: run.id not in url)
    again = server.store.run(page.url.split("run=")[1])
    assert again is not None
    assert again.experiment.optimizer.learning_rate == 0.02
    imported = server.store.imports.of(again.id)
    assert imported is not None
    assert imported.name == weights.name
