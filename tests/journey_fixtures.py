"""One playground for all journeys, and one tab of a Chromium that has been here before.

Its cache holds the pages' scripts, compiled: without that half of a journey's time goes into loading them. All else
that a browser remembers is forgotten.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright

from tests.chromium import ABSENT, FLAGS, chromium
from tests.server import Server, serve

PATIENCE = 30_000  # milliseconds
WIDE: ViewportSize = {"width": 1440, "height": 1000}
REMEMBERED = "cookies,local_storage,indexeddb,cache_storage,service_workers"

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("served")) as result:
        yield result


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if chromium() is None:
        pytest.skip(ABSENT)
    with sync_playwright() as result:
        yield result


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """For visitors of another kind, or besides the one of `page`."""
    result = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield result
    result.close()


@pytest.fixture(scope="session")
def tab(playwright: Playwright, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The first of a browser with a profile."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=chromium(),
        args=FLAGS,
        base_url=server.url,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    yield context.pages[0]
    context.close()


@pytest.fixture
def page(tab: Page, server: Server) -> Iterator[Page]:
    """A new visitor's first page."""
    tab.set_viewport_size(WIDE)
    tab.emulate_media(color_scheme="light")
    try:
        with no_fault_of(tab):
            yield tab
    finally:
        exceptions = tab.locator(".stException").count()
        forget(tab, server.url)
    assert exceptions == 0


@contextmanager
def no_fault_of(page: Page) -> Iterator[None]:
    """No script of the page fails meanwhile."""
    faults: list[str] = []

    def note(error: object) -> None:
        faults.append(str(error))

    page.on("pageerror", note)
    yield
    page.remove_listener("pageerror", note)
    assert not faults, faults


def forget(tab: Page, origin: str) -> None:
    """Leave no other page open, and nothing for the next visitor but the cache."""
    for other in tab.context.pages[1:]:
        other.close()
    if tab.url.startswith(origin):
        tab.evaluate("sessionStorage.clear()")
    tab.goto("about:blank")
    tab.context.clear_cookies()
    developer = tab.context.new_cdp_session(tab)
    developer.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": REMEMBERED})
    developer.send("Page.resetNavigationHistory")
    developer.detach()
