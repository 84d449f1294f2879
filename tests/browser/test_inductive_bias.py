"""The lab on inductive bias in a real browser: Run, curves that fill, and the worded answer; a digit moved by hand."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import button, settle, trace, traces, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_left_running")]


def test_run_ends_at_a_worded_answer_with_the_numbers_just_measured(page: Page) -> None:
    page.goto("/inductive-bias?topic=move")
    answer = page.locator(".st-key-answer")
    expect(button(page, "Run")).to_be_visible()
    expect(answer).to_have_count(0)  # an empty container is not drawn
    button(page, "Run").click()
    expect(answer).to_contain_text("What came out", timeout=60_000)
    expect(answer).to_contain_text(re.compile(r"the CNN keeps its answer for \d+\.\d % \(3 seeds, "), timeout=60_000)
    page.get_by_role("heading", name="How many answers stay").scroll_into_view_if_needed()
    wait_until(page, lambda: {found["name"] for found in traces(page, "How many answers stay")} == {"MLP", "CNN"})
    assert max(trace(page, "How far the CNN's maps are from following", "Conv2d #1")["y"]) < 0.001

    said = page.get_by_text("of the probability has moved").first
    expect(said).to_contain_text("0 % of the probability")
    for _ in range(2):
        button(page, "right").click()
        settle(page)
    expect(page.get_by_text("ReLU #1, follows the digit: relative error 0.00")).to_be_visible()
    page.reload()
    expect(answer).to_contain_text("What came out")
