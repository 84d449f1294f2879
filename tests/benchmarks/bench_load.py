"""A class looks on: `python -m tests.benchmarks.bench_load`, or `... bench_load 30` for so many minutes.

One server, four runs that train, thirty viewers of one of them over real WebSockets, and its page opened again and
again, all on this machine. The page is opened in two ways by turns, each half a minute: asked for and received to its
last element and the curve, as by browsers elsewhere, and drawn by a Chromium that uses the same processor. Between them
nobody looks on, and against these moments training is measured: the speed of a machine that others share drifts.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean, median, quantiles

import psutil
from playwright.sync_api import Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from playground.experiment import Experiment, Training
from playground.presets import TEMPLATES
from playground.runs import control
from tests.benchmarks.viewers import WISHES, shows_loss
from tests.browser.steps import LONG
from tests.chromium import FLAGS, chromium
from tests.server import PROJECT, Server, serve

VIEWERS = 30
RUNS = ("CNN 16-32", "MLP", "CNN 32-64", "LeNet-5")
WATCHED, ALONE = 23.0, 7.0  # seconds of each half minute
BEGINNING = 3.0  # seconds until all viewers have come
OPENED = 2  # times in each half minute
FIRST_POINT = "[...document.querySelectorAll('.js-plotly-plot')][0]?.data.find((one) => one.name === 'batch').x.length"

Speeds = dict[str, float]  # by run


@dataclass
class Opened:
    """What came out of one way to open the page."""

    seconds: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)  # the share of its speed that training keeps, of each half minute
    rates: list[float] = field(default_factory=list)  # updates a second of the slowest viewer


def endless(name: str) -> Experiment:
    return TEMPLATES[name].but(training=Training(unit="steps", steps=10_000_000, device="cpu"))


def steps_of(server: Server, run_ids: list[str]) -> dict[str, int]:
    runs = (server.store.run(run_id) for run_id in run_ids)
    return {run.id: run.step for run in runs if run is not None}


def delivered(server: Server, run_id: str) -> float:
    """Seconds until the page's last element and the run's curve have come, asked for as a browser does."""
    begin = time.monotonic()
    urllib.request.urlopen(f"{server.url}/train?run={run_id}").read()
    asks, socket = BackMsg(), server.url.replace("http", "ws")
    asks.rerun_script.query_string, asks.rerun_script.page_name = f"run={run_id}", "train"
    elements = 0
    with connect(f"{socket}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None) as pages:
        pages.send(asks.SerializeToString())
        while (said := ForwardMsg.FromString(pages.recv(decode=False)).WhichOneof("type")) != "script_finished":
            elements += said == "delta"
    assert elements > 100
    with connect(f"{socket}/live/runs/{run_id}", max_size=None) as live:
        live.send(json.dumps(WISHES))
        assert shows_loss(live.recv())
    return time.monotonic() - begin


def drawn(page: Page, run_id: str) -> float:
    """Seconds from the address to the run's curve on the page, its scripts in the browser's cache."""
    begin = time.monotonic()
    page.goto(f"/train?run={run_id}")
    page.wait_for_function(f"{FIRST_POINT} > 0", polling=20)
    took = time.monotonic() - begin
    page.goto("about:blank")
    return took


def measure(server: Server, run_ids: list[str], minutes: int) -> tuple[Opened, Opened, list[float]]:
    """Delivered, drawn, and the server's memory in MB after each minute."""
    elsewhere, here = Opened(), Opened()
    memory: list[float] = []
    process = psutil.Process(server.process.pid)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(LONG)
        drawn(page, run_ids[0])  # fills the browser's cache
        before = speeds_alone(server, run_ids)
        for _ in range(minutes):
            for opened, opens in ((elsewhere, partial(delivered, server)), (here, partial(drawn, page))):
                watched = look_on(server, run_ids, opened, opens)
                after = speeds_alone(server, run_ids)
                opened.kept.append(kept(before, watched, after))
                before = after
            memory.append(process.memory_info().rss / 2**20)
        browser.close()
    return elsewhere, here, memory


def speeds_alone(server: Server, run_ids: list[str]) -> Speeds:
    begin, first = time.monotonic(), steps_of(server, run_ids)
    time.sleep(ALONE)
    return speeds(server, run_ids, first, begin)


def look_on(server: Server, run_ids: list[str], found: Opened, opens: Callable[[str], float]) -> Speeds:
    """All look on for a while, and the page is opened; returns the speeds of training meanwhile."""
    address = server.url.replace("http", "ws") + f"/live/runs/{run_ids[0]}"
    command = [sys.executable, "-m", "tests.benchmarks.viewers", address, str(VIEWERS), str(WATCHED)]
    viewers = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
    time.sleep(BEGINNING)
    begin, first = time.monotonic(), steps_of(server, run_ids)
    for place in range(1, OPENED + 1):
        found.seconds.append(opens(run_ids[0]))
        time.sleep(max(0.0, begin + place * (WATCHED - BEGINNING) / OPENED - time.monotonic()))
    watched = speeds(server, run_ids, first, begin)
    said, _ = viewers.communicate(timeout=LONG)
    found.rates.append(min(json.loads(said)))
    return watched


def speeds(server: Server, run_ids: list[str], first: dict[str, int], begin: float) -> Speeds:
    """Steps a second of each run since then."""
    last, took = steps_of(server, run_ids), time.monotonic() - begin
    return {run_id: (last[run_id] - first[run_id]) / took for run_id in run_ids}


def kept(before: Speeds, watched: Speeds, after: Speeds) -> float:
    """The mean share of their speed alone that the runs keep."""
    return mean(2 * watched[run_id] / (before[run_id] + after[run_id]) for run_id in watched)


def report(elsewhere: Opened, here: Opened, memory: list[float]) -> None:
    rate = min(elsewhere.rates + here.rates)
    print(f"{VIEWERS} viewers, updates of the loss curve a second: {rate:.1f}, the slowest of any half minute")
    for name, found in (("delivered to browsers elsewhere", elsewhere), ("drawn by a Chromium here", here)):
        late, low, high = quantiles(found.seconds, n=20)[-1], min(found.kept), max(found.kept)
        print(
            f"page {name}: median {median(found.seconds):.2f} s, 95th percentile {late:.2f} s, "
            f"n = {len(found.seconds)};"
        )
        print(f"  training speed kept, mean of {len(RUNS)} runs: {median(found.kept):.2f}, {low:.2f} to {high:.2f}")
    first, last = memory[: len(memory) // 2], memory[len(memory) // 2 :]
    if first:
        print(f"server memory: {max(first):.0f} MB at most in the first half, {max(last):.0f} in the last")


def main() -> None:
    minutes = int(sys.argv[1]) if sys.argv[1:] else 4
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), PLAYGROUND_RUNS_AT_ONCE="4") as server:
        assert control.wait(lambda: server.store.crew.ready() > 0, patience=60)
        run_ids = [control.start(server.store, endless(name), name) for name in RUNS]
        assert control.wait(lambda: min(steps_of(server, run_ids).values()) > 50, patience=60)
        report(*measure(server, run_ids, minutes))


if __name__ == "__main__":
    main()
