"""Lab Initialization in a real browser: from Run to the worded answer."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import LONG, button, settle, traces, wait_until

pytestmark = pytest.mark.browser


def lines(page: Page, title: str) -> dict[str, list[float]]:
    """What each line of a chart shows, by its name; those without a point left out."""
    return {trace["name"]: trace["y"] for trace in traces(page, title) if trace["y"]}


def test_run_measures_four_initializations_and_says_whether_training_follows(page: Page) -> None:
    page.goto("/initialization")
    expect(button(page, "Run")).to_be_enabled()
    settle(page)
    answer = page.locator(".st-key-answer")
    assert "".join(answer.all_inner_texts()) == ""
    page.locator('input[type=range][aria-label="Repeat over seeds"]').press("ArrowLeft")  # 2: a range needs no more
    settle(page)
    page.get_by_role("radiogroup", name="Guess first").get_by_text("He", exact=True).click()
    settle(page)
    button(page, "Run").click()
    wait_until(page, lambda: "He" in lines(page, "Signal forwards, before training"))
    assert len(lines(page, "Signal forwards, before training")["He"]) == 20
    expect(answer).to_contain_text("What came out", timeout=LONG)
    he = re.compile(r"He: signal from layer 1 to 20 × [\d.]+ \([\d.]+ to [\d.]+; theory × 1\)")
    expect(answer).to_contain_text(he, timeout=LONG)
    expect(answer).to_contain_text(re.compile(r"Training follows: each arm whose signal stays .* \+\d\d\.\d points"))
    expect(answer).to_contain_text("You guessed “He”, and so it was.")
    page.get_by_role("heading", name="Accuracy", exact=True).scroll_into_view_if_needed()
    wait_until(page, lambda: "He" in lines(page, "Accuracy"))  # out of sight it isn't drawn
    accuracies = lines(page, "Accuracy")
    assert accuracies["He"][-1] > accuracies["Xavier"][-1]
