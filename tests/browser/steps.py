"""What a user does and sees on the page Train, in the words of the journeys."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from playground.link import to_link
from playground.presets import TEMPLATES

LONG = 90_000  # milliseconds
LOOK_EVERY = 50  # milliseconds, for what journeys wait for most: `expect` looks twice a second
STATUS_BEGINS = """(pattern) => {
    const found = document.querySelectorAll(".st-key-status");
    return found.length === 1 && new RegExp(pattern).test(found[0].textContent);
}"""
HAS_SETTLED = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    return app?.dataset.testScriptState === "notRunning" && !document.querySelector("[data-stale=true]");
}"""


def button(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def status(page: Page) -> Locator:
    return page.locator(".st-key-status")


def see_state(page: Page, word: str) -> None:
    """The status begins with the state's word."""
    page.wait_for_function(STATUS_BEGINS, arg=rf"^\s*{word}", polling=LOOK_EVERY, timeout=LONG)


def settle(page: Page) -> None:
    """Until the page's script has run to its end and old widgets are gone."""
    page.wait_for_function(HAS_SETTLED, polling=LOOK_EVERY)


def open_train(page: Page, template: str | None = None) -> None:
    page.goto("/train" if template is None else f"/train?x={to_link(TEMPLATES[template])}")
    expect(button(page, "Train")).to_be_visible()
    settle(page)


def choose_template(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name=re.compile("^Template"))
    expect(box).to_have_count(1)  # the one before stays in the page until a rerun has ended
    box.click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(page.locator('input[aria-label="Template"]').first).to_have_value(name)
    settle(page)


def unfold(page: Page, title: str) -> None:
    """Open a panel; on a slow machine it may be drawn anew, folded, just after the click."""
    panel = page.get_by_test_id("stExpander").filter(has_text=title)

    def is_open() -> bool:
        if panel.locator("details[open]").count() == 0:
            panel.locator("summary").click()
            settle(page)
            page.wait_for_timeout(300)
        return panel.locator("details[open]").count() == 1

    wait_until(page, is_open)


def train(page: Page) -> None:
    button(page, "Train").click()
    see_state(page, "(queued|running|finished)")


def traces(page: Page, title: str) -> list[dict[str, Any]]:
    """name, x and y of every trace of the chart in the card with that title."""
    return page.evaluate(
        """(title) => {
            const plots = [...document.querySelectorAll(".js-plotly-plot")];
            const plot = plots.find((plot) => plot.closest("section")?.querySelector("h4")?.textContent === title);
            return (plot?.data ?? []).map((trace) => ({
                name: trace.name, x: Array.from(trace.x ?? []), y: Array.from(trace.y ?? []) }));
        }""",
        title,
    )


def trace(page: Page, title: str, name: str) -> dict[str, Any]:
    return next(found for found in traces(page, title) if found["name"] == name)


def wait_for_points(page: Page, title: str, name: str, count: int) -> None:
    """Until a trace has so many points; the chart is kept in sight, for no other is drawn."""
    card = page.locator("section.dlp-chart", has=page.get_by_role("heading", name=title, exact=True))

    def has_points() -> bool:
        card.scroll_into_view_if_needed()
        return any(found["name"] == name and len(found["x"]) >= count for found in traces(page, title))

    wait_until(page, has_points)


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Until something the page's own waiting can't express holds."""
    end = time.monotonic() + LONG / 1000
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        page.wait_for_timeout(100)


def step_now(page: Page) -> int:
    """The step that the status line shows."""
    text = status(page).inner_text()
    found = re.search(r"step ([\d,]+)|([\d,]+) steps", text)
    return int((found[1] or found[2]).replace(",", "")) if found else 0
