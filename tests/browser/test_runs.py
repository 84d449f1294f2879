"""The page Runs in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from playground.runs.states import LIVE
from tests.browser.steps import button, settle, wait_until
from tests.held_runs import SHORT, until
from tests.server import Server

pytestmark = pytest.mark.browser

FIRST_BOX = (16, 54)  # pixels from the table's corner to the box of its first row; 36 more to the next


def tick(page: Page, row: int) -> None:
    grid = page.get_by_test_id("stDataFrame")
    grid.click(position={"x": FIRST_BOX[0], "y": FIRST_BOX[1] + 36 * row})
    settle(page)


def names(page: Page) -> list[str]:
    """What the table says, as a screen reader hears it."""
    return page.locator('[data-testid="stDataFrame"] td[aria-colindex="2"]').all_text_contents()


def see_names(page: Page, *expected: str) -> None:
    wait_until(page, lambda: tuple(names(page)) == expected)


def test_runs_are_starred_named_deleted_brought_back_and_compared(page: Page, server: Server) -> None:
    for old in server.store.overview.table()["id"]:
        server.store.set_state(old, "stopped", only_from=LIVE)
        server.store.library.delete([old])
    first, second = (server.store.create(SHORT, name) for name in ("first", "second"))
    for run_id in (first, second):
        until(server.store, run_id, lambda run: run.state == "finished")
    page.goto("/runs")
    see_names(page, "second", "first")

    tick(page, 0)
    button(page, "Star").click()
    expect(button(page, "Unstar")).to_be_visible()
    button(page, "Name and note").click()
    page.get_by_label("Name", exact=True).fill("the wide one")
    page.get_by_label("Name", exact=True).press("Enter")
    see_names(page, "the wide one", "first")
    page.keyboard.press("Escape")

    button(page, "Delete").click()
    see_names(page, "first")
    button(page, "Undo").click()
    see_names(page, "the wide one", "first")

    tick(page, 0)
    tick(page, 1)
    button(page, "Compare").click()
    expect(page).to_have_url(re.compile(rf"/runs\?compare={second}(,|%2C){first}$"))
