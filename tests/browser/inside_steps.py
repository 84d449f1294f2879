"""What a user does and sees on the page Inside, in the words of the journeys."""

import re
from collections.abc import Callable, Sequence

from playwright.sync_api import FloatRect, Locator, Page, expect

from playground.experiment import Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.browser.steps import LONG, settle, wait_until
from tests.server import Server

SECTIONS = {
    "Activations": "dlp-act",
    "Gradients": "dlp-gradients",
    "Weights": "dlp-weights",
    "Receptive field": "dlp-field",
    "Your digit": "dlp-draw",
    "Mistakes": "dlp-mistakes",
    "Map": "dlp-map",
}
CNN = TEMPLATES["CNN 16-32"]
LAST = 110  # step: two epochs of 3,500 digits in batches of 64
ALL_IN_SIGHT = {"width": 1440, "height": 9000}
Line = Sequence[tuple[float, float]]  # of points, each by its shares of the pad's width and height
SEVEN: Line = ((0.25, 0.25), (0.75, 0.25), (0.6, 0.5), (0.45, 0.85))
ONE: Line = ((0.5, 0.15), (0.5, 0.85))


def trained(server: Server, training: Training) -> str:
    """A run of the small CNN that has ended; nothing of it is kept in a browser."""
    run_id = control.start(server.store, CNN.but(training=training), "CNN 16-32")
    assert control.wait(lambda: control.state_of(server.store, run_id) == "finished", patience=LONG / 1000)
    return run_id


def open_inside(page: Page, run_id: str) -> None:
    page.goto(f"/inside?run={run_id}")
    expect(page.locator(".dlp-panel")).to_have_count(len(SECTIONS))
    settle(page)
    panel(page, "Activations").scroll_into_view_if_needed()
    see_step(page, "Activations")


def panel(page: Page, title: str) -> Locator:
    return page.locator(".dlp-root", has=page.locator(f".{SECTIONS[title]}"))


def look_at(page: Page, title: str) -> Locator:
    """Go to a section by its link; returns its panel."""
    page.get_by_test_id("stMain").get_by_role("link", name=title, exact=True).first.click()
    found = panel(page, title)
    expect(found).to_be_in_viewport()
    return found


def see_step(page: Page, title: str, step: int | None = None) -> None:
    """The panel shows that step, or any."""
    wanted = re.compile(r"^\d+$") if step is None else str(step)
    expect(panel(page, title)).to_have_attribute("data-step", wanted, timeout=LONG)


def step_of(page: Page, title: str) -> int:
    """The step that a panel shows."""
    return int(panel(page, title).get_attribute("data-step") or -1)


def slider(page: Page) -> Locator:
    return page.get_by_label("Step")


def kept_steps(server: Server, run_id: str) -> list[int]:
    return [one.step for one in server.store.past.kept(run_id)]


def slide_to(page: Page, place: int) -> int:
    """Move the slider to a place among the kept steps; returns the step there."""
    slider(page).fill(str(place))
    return int(re.sub(r"\D", "", re.findall(r"step ([\d,]+)", slider(page).get_attribute("aria-valuetext") or "")[0]))


def still(element: Locator) -> FloatRect:
    """Bring an element into the middle of the window; returns where it then is."""
    element.evaluate("element => element.scrollIntoView({ block: 'center' })")
    return resting(element)


def resting(element: Locator) -> FloatRect:
    """Where an element is once it no longer moves, for what is above it may still grow."""
    boxes: list[FloatRect | None] = []

    def rests() -> bool:
        boxes.append(element.bounding_box())
        return len(boxes) > 3 and boxes[-1] is not None and all(box == boxes[-1] for box in boxes[-4:])

    wait_until(element.page, rests)
    box = boxes[-1]
    assert box is not None
    return box


def pad(page: Page) -> Locator:
    return page.locator(".dlp-pad")


def draw(page: Page, line: Line = SEVEN) -> None:
    """A stroke with the mouse; once more where the page moved away under it, for a view above the pad came late."""
    before = pad(page).get_attribute("aria-label")

    def is_drawn() -> bool:
        (x, y), *others = on_the_pad(page, line)
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(x, y, steps=6)
        page.mouse.up()
        return pad(page).get_attribute("aria-label") != before

    wait_until(page, is_drawn)


def draw_by_touch(page: Page, line: Line = ONE) -> None:
    """A stroke with a finger, which scrolls what doesn't take it."""
    (x, y), *others = on_the_pad(page, line)
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for to_x, to_y in others:
        for share in range(1, 11):
            point = {"x": x + (to_x - x) * share / 10, "y": y + (to_y - y) * share / 10}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        x, y = to_x, to_y
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def tap(element: Locator, is_done: Callable[[], bool]) -> None:
    """Touch the middle of an element until that does something.

    A touch is no tap where the page scrolls under it, and, on a slow machine, where the finger is lifted late.
    """
    page = element.page

    def is_taken() -> bool:
        box = still(element)
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(10):
            if is_done():
                return True
            page.wait_for_timeout(100)
        return False

    wait_until(page, is_taken)


def on_the_pad(page: Page, line: Line) -> list[tuple[float, float]]:
    box = still(pad(page))
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]


def hear(page: Page) -> list[str]:
    """Wait until the network has answered to all that is drawn."""
    expect(panel(page, "Your digit").locator(".dlp-spoken[role=status]")).to_have_text(re.compile(r"^Taken for \d"))
    return answer(page)


def answer(page: Page) -> list[str]:
    """What the network says to the drawing: ten probabilities as they are written; [] before it said anything."""
    rows = panel(page, "Your digit").locator(".dlp-draw-answer .dlp-act-output:visible li span")
    return rows.all_inner_texts()


def answered_step(page: Page) -> int:
    """The step at which it says so."""
    hint = panel(page, "Your digit").locator(".dlp-draw-answer > .dlp-hint").inner_text()
    found = re.search(r"Step ([\d,]+)", hint)
    return int(found[1].replace(",", "")) if found else -1


def choose_digit(page: Page, number: int) -> None:
    """For all views, by its number."""
    entry = panel(page, "Activations").get_by_role("spinbutton", name="Digit number")
    entry.fill(str(number))
    entry.press("Enter")
    expect(verdict(page)).to_contain_text(re.compile(rf"^Digit {number:,}\b"))


def verdict(page: Page) -> Locator:
    """What the network takes the digit of all views for, in a sentence."""
    return panel(page, "Activations").locator(".dlp-act-verdict")


def layer_tiles(page: Page, layer: str) -> Locator:
    """A layer's maps in the section Activations."""
    return panel(page, "Activations").locator(".dlp-act-layers figure", has=page.get_by_text(layer, exact=True))


def unit_title(page: Page) -> Locator:
    """Which value the section Activations takes apart."""
    return panel(page, "Activations").locator(".dlp-unit h5")


def accuracy(page: Page) -> float:
    """Of the network that the section Mistakes looks at, on the validation split."""
    text = panel(page, "Mistakes").locator(".dlp-sum").first.inner_text()
    found = re.search(r"accuracy ([\d.]+) %", text)
    assert found, text
    return float(found[1]) / 100


def cursor(page: Page, title: str) -> Locator:
    """The line in a curve at the step that the page looks at."""
    card = page.locator("section.dlp-chart", has=page.get_by_role("heading", name=title, exact=True))
    return card.locator(".dlp-cursor:not(.dlp-fork)")


def tab_to(page: Page, element: Locator, most: int = 60) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        if element.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} times Tab don't lead to {element}")
