"""A class looks on: `python -m tests.benchmarks.bench_load`, or `... bench_load 30` for so many minutes.

One server, four runs that train, thirty viewers of one of them over real WebSockets, and a Chromium that opens the page
again and again, all on this machine. Training is timed before, without any viewer, and while all look on.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import psutil
from playwright.sync_api import Page, sync_playwright

from playground.experiment import Experiment, Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.browser.steps import LONG, see_state
from tests.chromium import FLAGS, chromium
from tests.server import PROJECT, Server, serve

VIEWERS = 30
RUNS = ("CNN 16-32", "MLP", "CNN 32-64", "LeNet-5")
ALONE = 30.0  # seconds
LOAD_EVERY = 10.0
SAMPLE_EVERY = 5.0
FIRST_POINT = "[...document.querySelectorAll('.js-plotly-plot')][0]?.data.find((one) => one.name === 'batch').x.length"


def endless(name: str) -> Experiment:
    return TEMPLATES[name].but(training=Training(unit="steps", steps=10_000_000, device="cpu"))


def steps_of(server: Server, run_ids: list[str]) -> dict[str, int]:
    runs = (server.store.run(run_id) for run_id in run_ids)
    return {run.id: run.step for run in runs if run is not None}


def speeds(server: Server, run_ids: list[str], seconds: float) -> dict[str, float]:
    """Steps a second of each run."""
    first, begin = steps_of(server, run_ids), time.monotonic()
    time.sleep(seconds)
    last, took = steps_of(server, run_ids), time.monotonic() - begin
    return {run_id: (last[run_id] - first[run_id]) / took for run_id in run_ids}


def kept(before: dict[str, float], after: dict[str, float]) -> float:
    """The mean share of their speed that the runs keep."""
    return sum(after[run_id] / before[run_id] for run_id in before) / len(before)


def loaded(page: Page, run_id: str) -> float:
    """Seconds from the address to the run's curve on the page, its scripts in the browser's cache."""
    begin = time.monotonic()
    page.goto(f"/train?run={run_id}")
    page.wait_for_function(f"{FIRST_POINT} > 0", polling=20)
    return time.monotonic() - begin


def look_on(server: Server, run_ids: list[str], minutes: float) -> None:
    before = speeds(server, run_ids, ALONE)
    address = server.url.replace("http", "ws") + f"/live/runs/{run_ids[0]}"
    command = [sys.executable, "-m", "tests.benchmarks.viewers", address, str(VIEWERS), str(60 * minutes)]
    viewers = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
    time.sleep(5)
    speed: list[dict[str, float]] = []
    measuring = threading.Thread(target=lambda: speed.append(speeds(server, run_ids, 60 * minutes - 10)))
    measuring.start()
    loads, memory = watch_the_server(server, run_ids[0], 60 * minutes - 10)
    measuring.join()
    said, _ = viewers.communicate(timeout=60)
    rates = json.loads(said)
    after = speeds(server, run_ids, ALONE)
    alone = {run_id: (before[run_id] + after[run_id]) / 2 for run_id in run_ids}
    print(f"{len(rates)} viewers, updates of the loss curve a second: {rates[0]:.1f} to {rates[-1]:.1f}")
    late = quantiles(loads, n=20)[-1]
    print(f"page loads: median {median(loads):.2f} s, 95th percentile {late:.2f} s, n = {len(loads)}")
    print(f"training speed kept, mean of {len(run_ids)} runs: {kept(alone, speed[0]):.2f}")
    first, last = memory[: len(memory) // 2], memory[len(memory) // 2 :]
    print(f"server memory over {minutes:g} minutes: {max(first):.0f} MB at most in the first half, {max(last):.0f} in")
    print(f"  the last one, which begins with {last[0]:.0f} MB and ends with {last[-1]:.0f} MB")


def watch_the_server(server: Server, run_id: str, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds of each page load, and the server's memory in MB."""
    loads: list[float] = []
    memory: list[float] = []
    process = psutil.Process(server.process.pid)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(LONG)
        loaded(page, run_id)  # fills the browser's cache
        see_state(page, "running")
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            loads.append(loaded(page, run_id))
            page.goto("about:blank")
            until = time.monotonic() + LOAD_EVERY
            while time.monotonic() < until:
                memory.append(process.memory_info().rss / 2**20)
                time.sleep(SAMPLE_EVERY)
        browser.close()
    return loads, memory


def main() -> None:
    minutes = float(sys.argv[1]) if sys.argv[1:] else 3.0
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), PLAYGROUND_RUNS_AT_ONCE="4") as server:
        assert control.wait(lambda: server.store.ready_workers() > 0, patience=60)
        run_ids = [control.start(server.store, endless(name), name) for name in RUNS]
        assert control.wait(lambda: min(steps_of(server, run_ids).values()) > 50, patience=60)
        look_on(server, run_ids, minutes)


if __name__ == "__main__":
    main()
