"""What people look for inside a network, in a real browser: a drawn digit, a unit, by name, by keys, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.inside_steps import (
    ALL_IN_SIGHT,
    LAST,
    ONE,
    SECTIONS,
    answer,
    answered_step,
    choose_digit,
    draw,
    draw_by_touch,
    hear,
    kept_steps,
    layer_tiles,
    look_at,
    open_inside,
    pad,
    panel,
    see_step,
    slide_to,
    slider,
    still,
    tab_to,
    tap,
    unit_title,
    verdict,
)
from tests.browser.steps import LONG, button, settle, wait_until
from tests.journey_fixtures import PATIENCE, no_fault_of
from tests.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    size = {"width": 390, "height": 844}
    context = browser.new_context(base_url=server.url, viewport=size, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    with no_fault_of(page):
        yield page
    context.close()


# --- a drawn digit ----------------------------------------------------------------------------------------------------


def test_the_answer_to_a_drawn_digit_changes_while_the_network_trains(page: Page, paused: str) -> None:
    open_inside(page, paused)
    look_at(page, "Your digit")
    draw(page)
    first = hear(page)
    assert answered_step(page) == 1
    button(page, "Resume").click()
    seen: dict[str, int] = {}

    def changes() -> bool:
        seen.setdefault(" ".join(answer(page)), answered_step(page))
        return len(seen) >= 4

    wait_until(page, changes)
    assert next(iter(seen)) == " ".join(first)
    steps = list(seen.values())
    assert steps == sorted(set(steps)), "each other answer is of a later step"


def test_a_file_that_is_no_picture_or_too_large_gets_its_sentence_and_nothing_drawn_is_lost(
    page: Page, finished: str, tmp_path: Path
) -> None:
    broken, large = tmp_path / "broken.png", tmp_path / "large.png"
    broken.write_text("no picture")
    large.write_bytes(bytes(12_000_000))
    open_inside(page, finished)
    section = look_at(page, "Your digit")
    draw(page)
    said = hear(page)
    for file, words in ((broken, "image|picture"), (large, "12 MB.* 10 ")):
        section.get_by_label("Image file").set_input_files(file)
        note = section.locator(".dlp-draw-pad").get_by_role("alert")
        expect(note).to_have_text(re.compile(words))
        expect(pad(page)).to_have_attribute("aria-label", re.compile("1 stroke"))
        assert answer(page) == said
    draw(page, ONE)
    expect(section.locator(".dlp-draw-pad").get_by_role("alert")).to_have_count(0)


def test_pins_survive_a_reload_and_their_ribbons_mark_where_they_were_right_at_first(
    page: Page, server: Server, finished: str
) -> None:
    open_inside(page, finished)
    choose_digit(page, 4321)
    section = look_at(page, "Your digit")
    draw(page)
    section.get_by_role("button", name="Pin the drawing").click()
    section.get_by_role("button", name="Pin digit 4,321 of the data").click()
    section.get_by_label("Which digit was drawn").select_option("7")
    expect(section.locator(".dlp-pin")).to_have_count(2)
    page.reload()
    settle(page)
    look_at(page, "Your digit")
    pins = section.locator(".dlp-pin")
    expect(pins).to_have_count(2)
    expect(section.get_by_label("Which digit was drawn")).to_have_value("7")
    of_data = pins.filter(has_text="Digit 4,321")
    when = of_data.locator(".dlp-pin-when")
    expect(when).to_have_text(re.compile(r"[Rr]ight (from|at) step"), timeout=LONG)
    found = re.search(r"step ([\d,]+)", when.inner_text())
    assert found
    first = int(found[1].replace(",", ""))
    plot = of_data.locator(".js-plotly-plot")
    assert plot.evaluate("plot => plot.data.at(-1).customdata.map(Number)") == [first, first]

    look_at(page, "Activations")
    choose_digit(page, 4321)
    steps = kept_steps(server, finished)
    for place in range(steps.index(first) + 1):  # right there, and at no kept step before
        if place < steps.index(first) - 2 and place % 4:
            continue
        slide_to(page, place)
        see_step(page, "Activations", steps[place])
        expect(verdict(page)).to_contain_text("taken for 8" if steps[place] == first else re.compile("taken for [^8]"))


# --- one unit ---------------------------------------------------------------------------------------------------------


def test_a_unit_deep_in_a_cnn_shows_the_field_it_has_and_the_one_it_uses_at_initialization_and_now(
    page: Page, finished: str
) -> None:
    open_inside(page, finished)
    tiles = layer_tiles(page, "MaxPool2d #2").locator("canvas")
    box = still(tiles)
    tiles.click(position={"x": box["width"] * 2.5 / 8, "y": box["height"] * 1.5 / 4})  # 32 maps, 8 a row
    expect(unit_title(page)).to_contain_text("MaxPool2d #2, channel 10, ")
    enlarged = panel(page, "Activations").locator(".dlp-unit-map canvas")
    box = still(enlarged)
    enlarged.click(position={"x": box["width"] * 3.5 / 5, "y": box["height"] * 1.5 / 5})
    expect(unit_title(page)).to_have_text("MaxPool2d #2, channel 10, row 1, column 3")

    section = look_at(page, "Receptive field")
    see_step(page, "Receptive field", LAST)
    expect(section.get_by_label("Layer of the unit")).to_have_value("MaxPool2d #2")
    entries = [
        section.get_by_role("spinbutton", name=name) for name in ("Channel", "Row of the map", "Column of the map")
    ]
    for entry, value in zip(entries, ("10", "1", "3"), strict=True):
        expect(entry).to_have_value(value)
    # 3 × 3, pooled, 3 × 3, pooled, without padding: 3 + 1 + 2·2 + 2 = 10 pixels, 4 from one unit to the next.
    expect(section.locator(".dlp-field-words")).to_contain_text("sees 10 × 10 pixels")
    for name in ("Digit 0", "Effective, at initialization", "Effective, now"):
        box_of_field = section.locator("figure", has=page.get_by_text(name, exact=True)).locator("rect.dlp-box")
        for edge, pixel in {"x": "12", "y": "4", "width": "10", "height": "10"}.items():
            expect(box_of_field).to_have_attribute(edge, pixel)
    colours = [effective_pixels(page, name) for name in ("Effective, at initialization", "Effective, now")]
    assert colours[0] != colours[1]
    for pixels in colours:
        outside = {pixel for at, pixel in enumerate(pixels) if not (4 <= at // 28 < 14 and 12 <= at % 28 < 22)}
        assert len(outside) == 1
        assert len(set(pixels)) > 5


def effective_pixels(page: Page, name: str) -> list[int]:
    """The colours of an effective field, 28 × 28 packed numbers."""
    figure = panel(page, "Receptive field").locator("figure", has=page.get_by_text(name, exact=True))
    return figure.locator("canvas").evaluate(
        """canvas => Array.from(new Uint32Array(
            canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer))"""
    )


def test_a_wrong_digit_that_is_clicked_becomes_the_digit_of_all_views(page: Page, finished: str) -> None:
    open_inside(page, finished)
    section = look_at(page, "Mistakes")
    row = section.locator("section section", has=page.get_by_role("heading", name="Most confidently wrong"))
    wrong = row.get_by_role("button").first
    words = wrong.get_attribute("aria-label") or ""
    found = re.search(r"Digit number (\d+), a (\d), taken for (\d)", words)
    assert found, words
    digit, label, said = found.groups()
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    look_at(page, "Your digit")
    expect(
        panel(page, "Your digit").get_by_role("button", name=f"Pin digit {int(digit):,} of the data")
    ).to_be_visible()
    look_at(page, "Activations")
    expect(verdict(page)).to_have_text(
        re.compile(rf"^Digit {int(digit):,} \(validation\), label {label}: taken for {said} with")
    )


def test_the_check_against_finite_differences_says_how_much_they_differ(page: Page, finished: str) -> None:
    open_inside(page, finished)
    section = look_at(page, "Gradients")
    section.get_by_role("button", name="Check against finite differences").click()
    expect(section.locator(".dlp-verdict")).to_have_text(
        re.compile(rf"^At step {LAST}: they agree to \d+ digits at (all )?\d+"), timeout=LONG
    )
    rows = section.locator(".dlp-checked table").first.locator("tbody tr")
    expect(rows).to_have_count(3)
    for row in rows.all():
        expect(row).to_contain_text(re.compile(r"(Conv2d #[12]|Head)"))


# --- finding the way --------------------------------------------------------------------------------------------------


def test_each_section_and_control_is_found_by_its_name(page: Page, finished: str) -> None:
    page.set_viewport_size(ALL_IN_SIGHT)  # type: ignore[arg-type]
    open_inside(page, finished)
    panel(page, "Your digit").get_by_role("button", name="Pin digit 0 of the data").click()
    for place in (None, 0):
        if place is not None:
            slide_to(page, place)
        for title in SECTIONS:
            see_step(page, title, LAST if place is None else 0)
            expect(page.get_by_role("heading", name=title)).to_have_count(1)
        expect(panel(page, "Your digit").locator(".dlp-pin .js-plotly-plot")).to_be_visible()
        expect(page.get_by_label("Step")).to_have_count(1)
        expect(page.get_by_role("slider", name="Step")).to_have_count(1)
        expect(page.get_by_role("button", name="Fork here")).to_have_count(1)


def test_the_keyboard_alone_moves_through_time_maps_and_pixels(page: Page, server: Server, finished: str) -> None:
    open_inside(page, finished)
    steps = kept_steps(server, finished)
    tab_to(page, slider(page))
    page.keyboard.press("ArrowLeft")
    see_step(page, "Activations", steps[-2])
    page.keyboard.press("Home")
    see_step(page, "Activations", 0)
    page.keyboard.press("ArrowRight")
    see_step(page, "Activations", 1)
    page.keyboard.press("End")
    see_step(page, "Activations", LAST)

    tile = layer_tiles(page, "Conv2d #2").get_by_role("button")
    tab_to(page, tile)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(tile).to_have_attribute("aria-label", re.compile(r"^Conv2d #2, channel 9 "))
    page.keyboard.press("Enter")
    title = unit_title(page)
    expect(title).to_contain_text("Conv2d #2, channel 9, ")
    pixel = panel(page, "Activations").locator(".dlp-unit-map button")
    tab_to(page, pixel)
    row, column = (int(number) for number in re.findall(r"row (\d+), column (\d+)", title.inner_text())[0])
    down, right = ("Down" if row < 5 else "Up"), ("Right" if column < 5 else "Left")
    page.keyboard.press(f"Arrow{down}")
    page.keyboard.press(f"Arrow{right}")
    row, column = row + (1 if row < 5 else -1), column + (1 if column < 5 else -1)
    expect(title).to_have_text(f"Conv2d #2, channel 9, row {row}, column {column}")
    expect(pixel).to_be_focused()


def test_the_page_without_a_run_leads_to_page_train(page: Page) -> None:
    page.goto("/inside")
    page.get_by_role("link", name="Train a network").click()
    expect(button(page, "Train")).to_be_visible()


def test_the_page_with_an_unknown_run_says_so(page: Page) -> None:
    page.goto("/inside?run=unknown")
    expect(page.get_by_text("There is no run unknown here")).to_be_visible()
    expect(page.get_by_role("link", name="Train a network")).to_be_visible()


# --- on a phone -------------------------------------------------------------------------------------------------------


def test_on_a_phone_a_digit_is_drawn_by_touch_pinned_and_followed_through_time(phone: Page, finished: str) -> None:
    open_inside(phone, finished)
    section = look_at(phone, "Your digit")
    before = still(pad(phone))
    draw_by_touch(phone)
    expect(pad(phone)).to_have_attribute("aria-label", re.compile("1 stroke"))
    after = pad(phone).bounding_box()
    assert after is not None
    assert after["y"] == pytest.approx(before["y"], abs=3), "the page did not scroll"
    hear(phone)
    tap(section.get_by_role("button", name="Pin the drawing"), lambda: section.locator(".dlp-pin").count() == 1)
    tap(slider(phone), phone.get_by_role("button", name="Newest").is_enabled)
    look_at(phone, "Your digit")
    wait_until(phone, lambda: 0 < answered_step(phone) < LAST)


def test_on_a_phone_nothing_overflows_sideways(phone: Page, finished: str) -> None:
    open_inside(phone, finished)
    for title in SECTIONS:
        section = look_at(phone, title)
        if title != "Your digit":
            see_step(phone, title, LAST)
        wide = phone.evaluate(
            """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
                .map((one) => [one.scrollWidth, one.clientWidth])"""
        )
        assert all(inner <= outer for inner, outer in wide), title
        assert section.evaluate("root => root.getBoundingClientRect().right") <= 390
