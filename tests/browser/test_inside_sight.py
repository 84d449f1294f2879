"""Where one looks on the page Inside: only that is asked for, and the map's points are where they seem to be."""

import json
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playground.experiment import Training
from tests.browser.inside_steps import (
    layer_tiles,
    look_at,
    open_inside,
    panel,
    resting,
    see_step,
    still,
    tab_to,
    trained,
    unit_title,
)
from tests.browser.steps import wait_until
from tests.server import Server

pytestmark = pytest.mark.browser

VIEWS = {"Activations": "activations", "Gradients": "gradients", "Weights": "weights", "Receptive field": "field"}
# Of the map's loneliest point: where it is on the screen, and how many pixels are painted there and beside it.
LONELIEST = """(root) => {
  const { plot, dots } = root.dlp.panel, { xaxis, yaxis } = plot.element._fullLayout;
  const at = dots.x.map((x, place) => [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(dots.y[place])]);
  const apart = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
  const room = at.map((one) => Math.min(...at.filter((other) => other !== one).map((other) => apart(one, other))));
  const isWithin = (value, axis) => value > axis._offset + 40 && value < axis._offset + axis._length - 40;
  const inside = Object.keys(at).filter((place) => isWithin(at[place][0], xaxis) && isWithin(at[place][1], yaxis));
  const place = Number(inside.reduce((best, one) => (room[one] > room[best] ? one : best)));
  const [x, y] = at[place], { left, top } = plot.element.getBoundingClientRect();
  const painted = (across, down) => {
    const box = [x + across - 4, y + down - 5, 8, 10].map((value) => Math.round(value * devicePixelRatio));
    const { data } = dots.element.getContext("2d").getImageData(...box);
    return data.filter((value, at) => at % 4 === 3 && value > 99).length;
  };
  const around = [[-9, 0], [9, 0], [0, -11], [0, 11]].map((offset) => painted(...offset));
  const [label, isRinged] = [dots.labels[place], dots.ringed.includes(place)];
  return { x: left + x, y: top + y, room: room[place], here: painted(0, 0), around, label, isRinged };
}"""


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    return trained(server, Training(unit="steps", steps=40, device="cpu"))


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


@pytest.mark.parametrize("width", [1440, 390])
def test_to_reach_the_controls_by_keyboard_leaves_the_page_where_it_is(page: Page, finished: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_inside(page, finished)
    look_at(page, "Weights")
    place = still(panel(page, "Weights"))["y"]
    controls = page.locator(".st-key-strip :is(button, input, a):enabled:visible")
    controls.first.focus()
    tab_to(page, controls.last)
    assert resting(panel(page, "Weights"))["y"] == place


def test_a_click_on_a_map_whose_sum_is_in_sight_leaves_the_page_where_it_is(page: Page, finished: str) -> None:
    open_inside(page, finished)
    tiles = layer_tiles(page, "MaxPool2d #2")
    place = still(tiles)["y"]
    tiles.locator("canvas").first.click(position={"x": 10, "y": 10})
    expect(unit_title(page)).to_contain_text("MaxPool2d #2")
    assert resting(tiles)["y"] == place


@pytest.mark.parametrize(("width", "height"), [(568, 320), (320, 256)])
def test_a_window_however_low_shows_views(page: Page, finished: str, width: int, height: int) -> None:
    open_inside(page, finished)
    page.set_viewport_size({"width": width, "height": height})
    for title in VIEWS:
        look_at(page, title)
        see_step(page, title)


def test_a_digit_of_the_map_says_which_it_is_where_it_is_painted_also_after_a_zoom(page: Page, finished: str) -> None:
    open_inside(page, finished)
    root, tip = look_at(page, "Map"), panel(page, "Map").locator(".dlp-map-tip")
    see_step(page, "Map")
    wait_until(page, lambda: root.evaluate(LONELIEST)["here"] > 0)
    still(root.locator(".dlp-map-frame"))
    first = root.evaluate(LONELIEST)

    def hover(point: dict[str, Any]) -> None:
        assert point["room"] > 25
        assert point["here"] > 8
        assert point["isRinged"] or max(point["around"]) == 0
        page.mouse.move(point["x"], point["y"])
        expect(tip).to_contain_text(f"a {point['label']}, {'taken for' if point['isRinged'] else 'right'}")

    hover(first)
    page.mouse.move(first["x"] - 90, first["y"] - 60)
    page.mouse.down()
    page.mouse.move(first["x"] + 60, first["y"] + 60, steps=5)
    page.mouse.up()
    wait_until(page, lambda: abs(root.evaluate(LONELIEST)["x"] - first["x"]) > 3)
    hover(root.evaluate(LONELIEST))
