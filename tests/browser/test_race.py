"""A race in a real browser: three learning rates on one chart, to the worded answer, found again by its address."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import LONG, button, settle, traces, wait_until
from tests.lab_studies import BASE
from tests.server import Server

SMALL = BASE.but(training=BASE.training.but(epochs=60))

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def nothing_left_running(server: Server) -> None:
    for run in server.store.runs(with_trials=True):
        server.store.ask(run.id, "stop")


def test_three_learning_rates_race_on_one_chart_to_the_worded_answer(page: Page, server: Server) -> None:
    page.goto(f"/race?run={server.store.create(SMALL, 'small')}")
    expect(button(page, "Run")).to_be_visible()
    settle(page)
    values = page.get_by_label("Values of learning rate", exact=True)
    values.fill("0.0001, 0.001, fast")
    values.press("Enter")
    expect(page.get_by_text("“fast” is no number", exact=False)).to_be_visible()
    expect(button(page, "Run")).to_be_disabled()
    values.fill("0.0001, 0.001, 0.01")
    values.press("Enter")
    expect(button(page, "Run")).to_be_enabled()
    settle(page)
    button(page, "Run").click()
    wait_until(page, lambda: sum(len(trace["x"]) > 1 for trace in traces(page, "Validation loss")) >= 2)
    answer = page.locator(".st-key-answer")
    expect(answer.get_by_role("heading", name="What came out", exact=True)).to_be_visible(timeout=LONG)
    expect(answer).to_contain_text(re.compile(r"Of 3 arms that finished, learning rate 0\.\d+ has the lowest"))
    expect(page.locator(".st-key-race-arms").get_by_text("finished")).to_have_count(3)
    assert [trace["name"] for trace in traces(page, "Validation loss")] == ["0.0001", "0.001", "0.01"]
    address = page.url
    page.goto("/train")
    page.goto(address)
    expect(answer).to_contain_text("has the lowest validation loss", timeout=LONG)
