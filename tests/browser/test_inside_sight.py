"""Where one looks on the page Inside: only that is asked for, and the map's points are where they seem to be."""

import json
from functools import partial
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from playground.experiment import Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.browser.inside_steps import look_at, open_inside, panel, see_step
from tests.browser.steps import LONG, wait_until
from tests.server import Server

pytestmark = pytest.mark.browser

VIEWS = {"Activations": "activations", "Gradients": "gradients", "Weights": "weights", "Receptive field": "field"}
# Of one of the map's points: where it is on the screen, and the share of its surroundings that is painted.
POINT = """(root, place) => {
  const { plot, dots } = root.dlp.panel, { xaxis, yaxis } = plot.element._fullLayout;
  const [x, y] = [xaxis._offset + xaxis.d2p(dots.x[place]), yaxis._offset + yaxis.d2p(dots.y[place])];
  const [{ left, top }, scale] = [plot.element.getBoundingClientRect(), devicePixelRatio];
  const { data } = dots.element.getContext("2d").getImageData((x - 5) * scale, (y - 5) * scale, 10 * scale, 10 * scale);
  const painted = data.filter((value, at) => at % 4 === 3 && value > 0).length / (data.length / 4);
  return { x: left + x, y: top + y, painted, label: dots.labels[place], isRinged: dots.ringed.includes(place) };
}"""


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    experiment = TEMPLATES["CNN 16-32"].but(training=Training(unit="steps", steps=40, device="cpu"))
    run_id = control.start(server.store, experiment, "CNN 16-32")
    assert control.wait(lambda: control.state_of(server.store, run_id) == "finished", patience=LONG / 1000)
    return run_id


@pytest.mark.parametrize("width", [1440, 390])
def test_a_section_that_the_next_one_has_pushed_under_the_strip_is_not_asked_for(
    page: Page, finished: str, width: int
) -> None:
    def asked() -> set[str]:
        return set(json.loads(page.evaluate("[...window.dlpLive.values()][0].sent"))["views"])

    page.set_viewport_size({"width": width, "height": 900})
    open_inside(page, finished)
    for before, title in pairwise(VIEWS):
        look_at(page, title)
        wait_until(page, partial(lambda own: VIEWS[own] in asked(), title))
        wait_until(page, partial(lambda other: VIEWS[other] not in asked(), before))
        expect(page.get_by_test_id("stMain").get_by_role("heading", name=title, exact=True)).to_be_in_viewport()


def test_a_digit_of_the_map_says_which_it_is_where_it_is_painted_also_after_a_zoom(page: Page, finished: str) -> None:
    open_inside(page, finished)
    section = look_at(page, "Map")
    see_step(page, "Map")
    root, tip = panel(page, "Map"), section.locator(".dlp-map-tip")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    wait_until(page, lambda: root.evaluate(POINT, 0)["painted"] > 0.05)
    first = root.evaluate(POINT, 0)

    def hover() -> None:
        point = root.evaluate(POINT, 0)
        assert point["painted"] > 0.05
        page.mouse.move(point["x"], point["y"])
        expect(tip).to_contain_text(f"a {point['label']}, {'taken for' if point['isRinged'] else 'right'}")

    hover()
    page.mouse.move(first["x"] - 60, first["y"] - 50)
    page.mouse.down()
    page.mouse.move(first["x"] + 90, first["y"] + 50, steps=5)
    page.mouse.up()
    wait_until(page, lambda: abs(root.evaluate(POINT, 0)["x"] - first["x"]) > 3)
    hover()
