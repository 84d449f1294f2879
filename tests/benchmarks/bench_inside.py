"""How fast page Inside follows a run: `python -m tests.benchmarks.bench_inside [views|speed|time]`.

One server with its workers, one Chromium, all on this machine. Times are taken in the browser, from the click to the
frame in which its effect stands on the page.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

from playwright.sync_api import Page

from playground.experiment import Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.benchmarks.bench_live import TALL, WATCHED, WIDE, endless, playing, report, speed
from tests.browser.steps import see_state, settle
from tests.server import Server

NETWORKS = ("CNN 32-64", "MLP")
SECTIONS = {
    "Activations": "activations",
    "Gradients": "gradients",
    "Weights": "weights",
    "Receptive field": "field",
    "Your digit": "drawing",
    "Mistakes": "mistakes",
    "Map": "map",
}
# Resolves with the milliseconds from now until a panel has drawn a view once more.
NEXT_VIEW = """(name) => new Promise((resolve, reject) => {
  const root = [...document.querySelectorAll(".dlp-root")].find((one) => one.dlp?.data?.part === name);
  const begin = performance.now(), before = root.dataset.drawn;
  setTimeout(() => reject(new Error(name + " drew nothing")), 20000);
  const look = () => (root.dataset.drawn !== before ? resolve(performance.now() - begin) : requestAnimationFrame(look));
  document.getElementById(name).scrollIntoView();
  requestAnimationFrame(look);
})"""
# Resolves with how often a second a panel drew each of its views.
VIEWS = """([name, milliseconds]) => new Promise((resolve) => {
  const root = [...document.querySelectorAll(".dlp-root")].find((one) => one.dlp?.data?.part === name);
  const { panel } = root.dlp, draw = panel.draw.bind(panel), drawn = {};
  panel.draw = (slot, view) => {
    drawn[slot] = (drawn[slot] ?? 0) + 1000 / milliseconds;
    draw(slot, view);
  };
  setTimeout(() => {
    delete panel.draw;
    resolve(drawn);
  }, milliseconds);
})"""
# Resolves with the milliseconds from a move of the slider until all panels in sight show that step, and their number.
MOVE = """(place) => new Promise((resolve, reject) => {
  const slider = document.querySelector("input[aria-label=Step]");
  const panels = () => [...document.querySelectorAll(".dlp-root")].map((root) => root.dlp)
    .filter((part) => part?.panel && part.isVisible && Object.keys(part.panel.looks()).length);
  const step = String(panels()[0].live.kept.steps[place]);
  const late = () => panels().filter((part) => part.element.dataset.step !== step);
  const begin = performance.now();
  setTimeout(() => reject(new Error(`step ${step} was not shown by ${late().map((part) => part.data.part)}`)), 20000);
  const look = () => {
    if (late().length) requestAnimationFrame(look);
    else resolve([performance.now() - begin, panels().length]);
  };
  slider.value = place;
  slider.dispatchEvent(new Event("input"));
  requestAnimationFrame(look);
})"""


def open_inside(page: Page, run_id: str, state: str) -> None:
    page.goto(f"/inside?run={run_id}")
    see_state(page, state)
    settle(page)
    page.wait_for_function("document.querySelectorAll('.dlp-panel').length === 7")
    pin = page.get_by_role("button", name="Pin digit 0 of the data")
    if pin.is_enabled():  # Your digit shows nothing else before one is drawn
        pin.click()


def views(server: Server, page: Page) -> None:
    """From the click on a section's link to its view, and how often it follows the running CNN 32-64."""
    run_id = control.start(server.store, endless("CNN 32-64"), "CNN 32-64")
    open_inside(page, run_id, "running")
    for title, name in SECTIONS.items():
        seconds = []
        for _ in range(9):
            page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
            page.wait_for_timeout(700)
            if name == "activations":  # in sight at once: another digit
                page.evaluate("document.getElementById('map').scrollIntoView()")
                page.wait_for_timeout(700)
            seconds.append(float(page.evaluate(NEXT_VIEW, name)) / 1000)
        report(f"{title}, from the click to the view", seconds)
        rates = page.evaluate(VIEWS, [name, 1000 * WATCHED])
        print(f"{title}, a second: {', '.join(f'{slot} {rate:.1f}' for slot, rate in rates.items())}", flush=True)
    control.stop(server.store, run_id)


def kept_speed(server: Server, page: Page) -> None:
    """Steps a second with a section in sight against nobody watching, in turns."""
    for network in NETWORKS:
        run_id = control.start(server.store, endless(network), network)
        for title, name in SECTIONS.items():
            ratios = []
            for _ in range(2):
                page.goto("about:blank")
                time.sleep(3)
                alone = speed(server, run_id)
                open_inside(page, run_id, "running")
                page.evaluate(f"document.getElementById('{name}').scrollIntoView()")
                time.sleep(2)
                ratios.append(speed(server, run_id) / alone)
            print(f"{network}, {title} in sight: {median(ratios):.2f} of the speed, {sorted(ratios)}", flush=True)
        control.stop(server.store, run_id)


def through_time(server: Server, page: Page) -> None:
    """From a move of the slider to the new step on the whole page, at first and where the steps are warm."""
    experiment = TEMPLATES["CNN 32-64"].but(training=Training(epochs=3, device="cpu"))
    run_id = control.start(server.store, experiment, "CNN 32-64")
    open_inside(page, run_id, "finished")
    sizes = {"1440 × 1000, at each section": WIDE, "all sections at once": {**TALL, "height": 9000}}
    for what, size in sizes.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for name in SECTIONS.values() if size is WIDE else ("activations",):
            page.evaluate(f"document.getElementById('{name}').scrollIntoView()")
            page.wait_for_timeout(4000)
            for warmth in ("first", "again"):
                found = [page.evaluate(MOVE, place) for place in range(5, 35, 2)]
                report(f"{what}, {name}, {found[0][1]} panels, {warmth}", [one[0] / 1000 for one in found])


BENCHMARKS: dict[str, Callable[[Server, Page], None]] = {"views": views, "speed": kept_speed, "time": through_time}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    for name in names:
        with playing() as (server, page):
            BENCHMARKS[name](server, page)


if __name__ == "__main__":
    main()
