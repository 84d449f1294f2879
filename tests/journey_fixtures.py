"""One playground and one Chromium for all journeys; each gets a fresh browser context."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import ABSENT, FLAGS, chromium
from tests.server import Server, serve

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("served")) as result:
        yield result


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no other test can use asyncio
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(ABSENT)
    with sync_playwright() as playwright:
        result = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield result
        result.close()


@pytest.fixture
def page(browser: Browser, server: Server, tmp_path: Path) -> Iterator[Page]:
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(30_000)
    result = context.new_page()
    faults: list[str] = []
    result.on("pageerror", lambda error: faults.append(str(error)))
    yield result
    assert not faults, faults
    assert result.locator(".stException").count() == 0
    context.close()
