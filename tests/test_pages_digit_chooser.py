"""The box and buttons that choose a digit on pages Train and Inside, in a real browser, on a page of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from playground.live.component import FOLDER
from tests.journey_fixtures import no_fault_of

pytestmark = pytest.mark.browser

COUNT = 100
TEST = [40, 90, 10]  # in the order they are leafed through
PAGE = """([splits, count, test]) => {
  window.chosen = [];
  const chooser = new DigitChooser({ splits, onChoose: (digit) => { chosen.push(digit); chooser.show(digit); } });
  window.chooser = chooser;
  document.body.append(chooser.element);
  const digits = { count, splits: { train: [1, 2], validation: [5], test } };
  chooser.prepare({ base: "", source: "sample", digits }, { unsigned: new Uint32Array(256) });
  chooser.show(7);
}"""


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_content("<body></body>")
    # One script, as the component is one module; pictures of digits are not what is looked at here.
    scripts = [(FOLDER / "panels" / name).read_text() for name in ("pictures.js", "chooser.js")]
    page.add_script_tag(content="\n".join(scripts) + "\nDigitPictures.prototype.fetch = async () => {};")
    with no_fault_of(page):
        yield page
    page.close()


@pytest.fixture(params=[True, False], ids=["Inside", "Train"])
def chooser(request: Any, blank: Page) -> Page:
    """At digit 7 of a hundred."""
    blank.evaluate(PAGE, [request.param, COUNT, TEST])
    return blank


@pytest.fixture
def splitting(blank: Page) -> Page:
    """With splits to choose from, at digit 7."""
    blank.evaluate(PAGE, [True, COUNT, TEST])
    return blank


def box(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name="Digit number")


def type_in(page: Page, text: str, leave: str = "Enter") -> None:
    box(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)
    page.keyboard.press(leave)


def chosen(page: Page) -> list[int]:
    return page.evaluate("chosen")


def shown(page: Page) -> str:
    """The text that is seen, which of a broken number is not its value."""
    box(page).evaluate("box => box.select()")
    return str(page.evaluate("getSelection().toString()")) or box(page).input_value()


def press(page: Page, name: str) -> int:
    page.get_by_role("button", name=f"{name} digit").click()
    return chosen(page)[-1]


@pytest.mark.parametrize(
    ("typed", "digit"), [("-4", 0), ("-1", 0), ("0", 0), ("99", 99), ("100", 99), ("4999", 99), ("12.6", 13)]
)
def test_a_number_out_of_range_becomes_the_nearest_that_there_is(chooser: Page, typed: str, digit: int) -> None:
    type_in(chooser, typed)
    assert chosen(chooser) == [digit]
    assert box(chooser).input_value() == str(digit)


@pytest.mark.parametrize("leave", ["Enter", "Tab"])
@pytest.mark.parametrize("typed", ["", "-", "1e"])
def test_what_is_no_number_gives_way_to_the_digit_shown(chooser: Page, typed: str, leave: str) -> None:
    type_in(chooser, typed, leave)
    assert chosen(chooser) == []
    assert shown(chooser) == "7"


def test_beside_a_drawn_digit_what_is_no_number_gives_way_to_an_empty_box(chooser: Page) -> None:
    chooser.evaluate("chooser.picture = null; chooser.show(btoa('0'.repeat(784)))")
    type_in(chooser, "-", "Tab")
    assert chosen(chooser) == []
    assert shown(chooser) == ""


def test_a_digit_from_elsewhere_leaves_the_chosen_split_as_it_is(splitting: Page) -> None:
    select = splitting.get_by_label("Digits of")
    select.select_option("test")
    assert chosen(splitting) == [40]
    type_in(splitting, "3")
    assert chosen(splitting)[-1] == 3
    assert select.input_value() == "test"
    assert all(press(splitting, "Random") in TEST for _ in range(8))


@pytest.mark.parametrize(
    ("typed", "way", "digit"),
    [
        ("3", "Previous", 90),
        ("3", "Next", 40),
        ("88", "Next", 10),
        ("88", "Previous", 40),
        ("40", "Next", 90),
        ("40", "Previous", 10),
    ],
)
def test_the_arrows_go_on_from_the_nearest_place_in_the_chosen_split(
    splitting: Page, typed: str, way: str, digit: int
) -> None:
    splitting.get_by_label("Digits of").select_option("test")
    type_in(splitting, typed)
    assert press(splitting, way) == digit


def test_among_all_digits_the_arrows_go_round(chooser: Page) -> None:
    type_in(chooser, "0")
    assert press(chooser, "Previous") == 99
    assert press(chooser, "Next") == 0
