"""How fast the page follows: `python -m tests.benchmarks.bench_live`, or `... bench_live memory 30` for the minutes.

One server with its workers, one Chromium, all on this machine. Times are taken in the browser, from the click to the
frame in which its effect stands on the page.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median, quantiles

import psutil
from playwright.sync_api import Page, sync_playwright

from playground.experiment import Experiment, Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.benchmarks.bare_loop import bare_speed
from tests.browser.steps import LONG, button, open_train, see_state, settle
from tests.chromium import FLAGS, chromium
from tests.server import Server, serve

WIDE, TALL, PHONE = {"width": 1440, "height": 1000}, {"width": 1440, "height": 2400}, {"width": 390, "height": 844}
WATCHED = 8.0  # seconds

# Resolves with the milliseconds from the next click to the first frame in which `seen()` holds.
CLOCK = """(seen) => {
  const holds = new Function("return " + seen);
  window.benchmark = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("not seen: " + seen)), 10000);
    document.addEventListener("click", () => {
      const begin = performance.now();
      const look = () => (holds() ? resolve(performance.now() - begin) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    }, { once: true, capture: true });
  });
}"""
STATUS = "document.querySelector('.st-key-status').innerText.trim()"
LOSS = "[...document.querySelectorAll('.js-plotly-plot')][0]"
REDRAWS = """async (milliseconds) => {
  let drawn = 0;
  const plot = [...document.querySelectorAll(".js-plotly-plot")][0];
  const count = () => drawn++;
  plot.on("plotly_afterplot", count);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  plot.removeListener("plotly_afterplot", count);
  return drawn * 1000 / milliseconds;
}"""


def endless(name: str) -> Experiment:
    return TEMPLATES[name].but(training=Training(unit="steps", steps=10_000_000, device="cpu"))


@contextmanager
def playing() -> Iterator[tuple[Server, Page]]:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, sync_playwright() as playwright:
        assert control.wait(lambda: server.store.crew.ready() > 0, patience=60)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(base_url=server.url, viewport=WIDE).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(LONG)
        time.sleep(5)  # workers warm up
        yield server, page
        browser.close()


def watch(server: Server, page: Page, name: str) -> str:
    """Start a run that doesn't end, and open it."""
    run_id = control.start(server.store, endless(name), name)
    page.goto(f"/train?run={run_id}")
    see_state(page, "running")
    settle(page)
    page.wait_for_function(f"{LOSS}?.data.find((trace) => trace.name === 'batch').x.length > 5")
    return run_id


def timed(page: Page, name: str, seen: str) -> float:
    """Seconds from a click on a button until `seen` holds."""
    page.evaluate(CLOCK, seen)
    button(page, name).click()
    return float(page.evaluate("window.benchmark")) / 1000


def report(what: str, seconds: list[float]) -> None:
    late = quantiles(seconds, n=20)[-1]
    print(f"{what}: median {median(seconds):.3f} s, 95th percentile {late:.3f} s, n = {len(seconds)}", flush=True)


def steps_watched(server: Server, page: Page, name: str) -> None:
    """Steps a second of a watched run against the bare loop, in turns."""
    ratios = []
    for _ in range(3):
        run_id = watch(server, page, name)
        time.sleep(1)
        ratios.append(speed(server, run_id) / bare_speed_beside(server, run_id, name))
        control.stop(server.store, run_id)
    print(f"{name}: steps a second with the board open / bare loop: {median(ratios):.2f} of {sorted(ratios)}")


def speed(server: Server, run_id: str) -> float:
    """Steps a second by the store's own count of steps."""
    first, begin = step_of(server, run_id), time.monotonic()
    time.sleep(WATCHED)
    return (step_of(server, run_id) - first) / (time.monotonic() - begin)


def bare_speed_beside(server: Server, run_id: str, name: str) -> float:
    """The bare loop's, with the page open on the paused run."""
    control.pause(server.store, run_id)
    return bare_speed(name, WATCHED)


def step_of(server: Server, run_id: str) -> int:
    run = server.store.run(run_id)
    assert run is not None
    return run.step


def first_point(page: Page) -> None:
    seconds = []
    for _ in range(11):
        open_train(page, "MLP")
        page.wait_for_timeout(300)
        seconds.append(timed(page, "Train", f"{LOSS}?.data.find((trace) => trace.name === 'batch').x.length > 0"))
        button(page, "Stop").click() if not button(page, "Stop").is_disabled() else None
        page.wait_for_timeout(500)
    report("Train pressed to first point on the chart (first press left out)", seconds[1:])


def buttons(server: Server, page: Page) -> None:
    watch(server, page, "CNN 32-64")
    pauses, resumes, steps = [], [], []
    for _ in range(15):
        pauses.append(timed(page, "Pause", f"{STATUS}.startsWith('paused')"))
        settle(page)
        page.wait_for_timeout(700)  # the status line shows the step it paused at
        step = page.evaluate(f"{STATUS}.match(/step ([\\d,]+)/)[1]")
        steps.append(timed(page, "Step", f"{STATUS}.startsWith('paused') && !{STATUS}.includes('step {step} ')"))
        settle(page)
        resumes.append(timed(page, "Resume", f"{STATUS}.startsWith('running')"))
        settle(page)
        page.wait_for_timeout(300)
    restarts, stops = [], []
    for _ in range(8):
        address = page.evaluate("location.search")
        restarts.append(timed(page, "Restart", f"location.search !== '{address}' && {STATUS}.startsWith('running')"))
        settle(page)
        page.wait_for_timeout(1000)
        stops.append(timed(page, "Stop", f"{STATUS}.startsWith('stopped')"))
        settle(page)
        page.wait_for_timeout(500)
    times = {"Pause": pauses, "Step": steps, "Resume": resumes, "Restart": restarts, "Stop": stops}
    for what, seconds in times.items():
        report(f"{what} pressed to its effect", seconds)
    report("any of these buttons", [*chain.from_iterable(times.values())])


def updates(server: Server, page: Page) -> None:
    run_id = watch(server, page, "CNN 32-64")
    for what, size in (("all six views in sight", TALL), ("the loss curve alone, on a phone", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if size is PHONE:
            page.locator("section.dlp-chart").first.evaluate("card => card.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(2000)
        print(f"updates of the loss curve a second, {what}: {page.evaluate(REDRAWS, 1000 * WATCHED):.1f}")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    process = psutil.Process(server.process.pid)
    begin, used = time.monotonic(), cpu(process)
    time.sleep(2 * WATCHED)
    print(f"server, one viewer: {(cpu(process) - used) / (time.monotonic() - begin):.3f} of a core")
    control.stop(server.store, run_id)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def memory(server: Server, page: Page, minutes: float) -> None:
    """The server's memory over a watched run: the highest of the first minute against the highest after it."""
    run_id = watch(server, page, "MLP")
    process = psutil.Process(server.process.pid)
    seen: list[float] = []
    begin = time.monotonic()
    while time.monotonic() - begin < 60 * minutes:
        seen.append(process.memory_info().rss / 2**20)
        page.wait_for_timeout(5000)
        if len(seen) % 24 == 0:
            print(f"minute {len(seen) / 12:.0f}: {seen[-1]:.0f} MB, step {step_of(server, run_id):,}", flush=True)
    first = seen[:12]
    print(f"server memory: {max(first):.0f} MB at most in the first minute, {max(seen):.0f} MB at most in {minutes:g}")


def main() -> None:
    with playing() as (server, page):
        if sys.argv[1:2] == ["memory"]:
            memory(server, page, float(sys.argv[2]))
            return
        measures: dict[str, Callable[[], None]] = {
            "first_point": lambda: first_point(page),
            "buttons": lambda: buttons(server, page),
            "updates": lambda: updates(server, page),
            "steps_mlp": lambda: steps_watched(server, page, "MLP"),
            "steps_cnn": lambda: steps_watched(server, page, "CNN 32-64"),
        }
        for name in sys.argv[1:] or measures:
            measures[name]()


if __name__ == "__main__":
    main()
