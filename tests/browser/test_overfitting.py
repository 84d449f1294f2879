"""The lab on overfitting in a real browser: from Run to the worded answer, and a branch from the turning point."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import LONG, button, settle, traces, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_left_running")]


def test_run_ends_at_the_worded_answer_and_a_branch_joins_the_chart(page: Page) -> None:
    page.goto("/overfitting")
    expect(button(page, "Run")).to_be_visible()
    settle(page)
    answer = page.locator(".st-key-answer")
    assert "".join(answer.all_inner_texts()) == ""
    for knob, times in (("Epochs", 1), ("Repeat over seeds", 2)):  # 20, and 1
        for _ in range(times):
            page.locator(f'input[type=range][aria-label="{knob}"]').press("ArrowLeft")
            settle(page)
    page.get_by_text("after some epochs", exact=True).click()
    settle(page)
    button(page, "Run").click()
    wait_until(page, lambda: any(trace["name"] == "Overfit" and len(trace["x"]) > 2 for trace in traces(page, "Loss")))
    expect(answer.get_by_role("heading", name="What came out", exact=True)).to_be_visible(timeout=LONG)
    expect(answer).to_contain_text(
        re.compile(r"100\.0 % of the training digits are right .* a gap of \+\d+\.\d points")
    )
    expect(answer).to_contain_text("You guessed “after some epochs”")
    expect(answer).to_contain_text("One seed can't tell an effect from luck")
    address = page.url

    expect(page.get_by_text(re.compile(r"at the turning point of Overfit \(seed 0: step \d+"))).to_be_visible()
    button(page, "with dropout").click()
    wait_until(page, lambda: any(trace["name"] == "branch: dropout" for trace in traces(page, "Loss")))

    page.goto("/train")
    page.goto(address)
    expect(answer).to_contain_text("a gap of", timeout=LONG)
