"""A run's report opened from disk in a real browser, without a network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from playground.exports.report import report_of
from playground.runs.store import Store
from tests.opened_pages import trained

pytestmark = pytest.mark.browser


def test_the_report_opens_offline_with_its_plots_drawn_and_asks_for_nothing(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    run = store.run(trained(store))
    assert run is not None
    file = tmp_path / "report.html"
    file.write_text(report_of(store, run), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    drawn = page.locator(".js-plotly-plot", has=page.locator(".scatterlayer .trace path"))
    expect(drawn).to_have_count(5)
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()
