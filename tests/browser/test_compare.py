"""The tables of a comparison on a phone, in a real browser, on a page of their own."""

import pytest
import streamlit as st
from playwright.sync_api import Browser

from playground.comparison.measures import measures
from playground.experiment import Experiment, Optimizer
from playground.ui.compare_tables import legend, measures_table, settings_table
from tests.compared_runs import line, member

pytestmark = pytest.mark.browser

WIDTH, REM = 390, 16


@pytest.mark.parametrize(
    "name",
    ["a name with many words " * 3 + "and eighty", "a_name_without_a_single_space" * 3],
    ids=["words", "one word"],
)
def test_names_of_eighty_characters_leave_room_on_a_phone_and_stay_when_it_is_scrolled(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found: list[str] = []
    monkeypatch.setattr(st, "html", found.append)
    monkeypatch.setattr(st, "caption", lambda text: None)
    rates = (Experiment(optimizer=Optimizer(learning_rate=rate)) for rate in (0.001, 0.01))
    lines = [line(member(rate), name=f"{name[:78]} {place}") for place, rate in enumerate(rates)]
    legend(lines)
    measures_table(lines, [measures(one) for one in lines])
    settings_table(lines, [("learning rate", ("0.001", "0.01"))])
    page = browser.new_page(viewport={"width": WIDTH, "height": 844})
    page.set_content("<body style='margin: 0'>" + "\n".join(found))
    named = page.locator("th", has_text=name[:20])
    widths = named.evaluate_all("heads => heads.map((head) => Math.max(head.offsetWidth, head.scrollWidth))")
    assert len(widths) == 4  # each line in both tables
    assert max(widths) <= 11 * REM + 15  # and its padding
    page.locator(".compare-scroll").first.evaluate("scrolled => { scrolled.scrollLeft = 200; }")
    first = page.locator("tbody th").first.bounding_box()
    assert first is not None
    assert first["x"] == 0
    page.close()
