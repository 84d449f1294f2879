"""Links: the address follows the editors without entries in the history, and a run's link shows it read-only."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from playground.experiment import Flatten, Linear, Network, ReLU, Training
from playground.link import from_link, to_link
from playground.live.visitors import COOKIE
from playground.presets import TEMPLATES
from tests.browser.steps import button, see_state, settle, step_now, train, wait_until
from tests.server import Server

pytestmark = pytest.mark.browser
ENDLESS = TEMPLATES["MLP"].but(
    network=Network(layers=(Flatten(), Linear(units=32), ReLU())), training=Training(epochs=5000, seed=7)
)


def rate(page: Page) -> str:
    thumb = page.locator('input[type=range][aria-label="Learning rate"]').first
    return thumb.get_attribute("aria-valuetext") or ""


def linked_rate(page: Page) -> float:
    found = parse_qs(urlsplit(page.url).query).get("x")
    return from_link(found[0]).optimizer.learning_rate if found else 0.0


def token(page: Page) -> str:
    """What the browser is known by."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)


def test_the_address_follows_the_editors_and_back_leaves_the_page(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(button(page, "Train")).to_be_visible()
    settle(page)
    assert urlsplit(page.url).query == ""
    entries = page.evaluate("history.length")
    for expected in (0.0015, 0.002):
        page.locator('input[type=range][aria-label="Learning rate"]').first.press("ArrowRight")
        wait_until(page, lambda expected=expected: linked_rate(page) == expected)  # type: ignore[misc]
    address = page.url
    page.reload()
    expect(button(page, "Train")).to_be_visible()
    settle(page)
    assert (rate(page), page.url) == ("0.002", address)
    assert page.evaluate("history.length") == entries
    page.go_back()
    expect(button(page, "Start with a small CNN")).to_be_visible()


def test_another_browser_sees_a_linked_run_live_and_can_only_begin_its_own(
    page: Page, browser: Browser, server: Server, nothing_left_running: None
) -> None:
    page.goto(f"/train?x={to_link(ENDLESS)}")
    expect(button(page, "Train")).to_be_enabled()
    train(page)
    see_state(page, "running")
    (run,) = server.store.runs()
    assert run.experiment == ENDLESS
    wait_until(page, lambda: urlsplit(page.url).query == f"run={run.id}")

    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000})
    other = context.new_page()
    other.goto(page.url)
    see_state(other, "running")
    first = step_now(other)
    wait_until(other, lambda: step_now(other) > first)
    expect(other.get_by_text("Read-only: this run is another visitor's.")).to_be_visible()
    for name in ("Pause", "Step", "Stop", "Restart"):
        expect(button(other, name)).to_be_disabled()
    expect(button(page, "Pause")).to_be_enabled()

    button(page, "Share").click()
    links = page.get_by_test_id("stCode")
    expect(links).to_have_count(2)
    shown = " ".join(links.all_inner_texts())
    assert f"{server.url}/train?run={run.id}" in shown
    mine, theirs = token(page), token(other)
    assert mine != theirs
    assert mine not in shown + page.content()

    button(other, "Train").click()
    wait_until(other, lambda: len(server.store.runs()) == 2)
    see_state(other, "(queued|running)")
    button(other, "Stop").click()
    see_state(other, "stopped")
    left = server.store.run(run.id)
    assert left is not None
    assert left.state == "running"
    server.store.ask(run.id, "stop")
    see_state(page, "stopped")
    context.close()
