"""One playground for all journeys, and a Chromium that has been here before: its cache holds the pages' scripts.

Without that half of a journey's time goes into loading them. All else that a browser remembers is forgotten.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.chromium import ABSENT, FLAGS, chromium
from tests.server import Server, serve

PATIENCE = 30_000  # milliseconds
REMEMBERED = "cookies,local_storage,indexeddb,cache_storage,service_workers"

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("served")) as result:
        yield result


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no other test can use asyncio
def playwright() -> Iterator[Playwright]:
    if chromium() is None:
        pytest.skip(ABSENT)
    with sync_playwright() as result:
        yield result


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """For visitors of another kind, or besides the one of `page`."""
    result = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield result
    result.close()


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def visited(playwright: Playwright, profile: Path, server: Server) -> Iterator[BrowserContext]:
    result = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium(),
        args=FLAGS,
        base_url=server.url,
        viewport={"width": 1440, "height": 1000},
    )
    result.set_default_timeout(PATIENCE)
    yield result
    result.close()


@pytest.fixture
def page(visited: BrowserContext, server: Server) -> Iterator[Page]:
    """A new visitor's first page."""
    result = visited.new_page()
    asked = {"origin": server.url, "storageTypes": REMEMBERED}
    visited.new_cdp_session(result).send("Storage.clearDataForOrigin", asked)
    visited.clear_cookies()
    faults: list[str] = []
    result.on("pageerror", lambda error: faults.append(str(error)))
    yield result
    assert not faults, faults
    assert result.locator(".stException").count() == 0
    for one in visited.pages[1:]:  # without any, the browser would end
        one.close()
