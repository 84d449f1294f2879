"""How fast page Runs opens with 10 and with 10,000 runs: `python -m tests.benchmarks.bench_runs`.

One server and one Chromium, on this machine; the runs are rows put into the store. Seconds from the address to the
table's first row on the page, the two sizes in turns.
"""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from playground.presets import TEMPLATES
from playground.runs.overview import outline
from playground.runs.schema import finals, library, outlines, runs
from playground.runs.store import Store
from tests.browser.steps import LONG
from tests.chromium import FLAGS, chromium
from tests.server import Server, serve

SIZES = (10, 10_000)
ROUNDS = 7
PAGES = {"/runs": 'td[aria-colindex="2"]', "/": '[data-testid="stImage"]', "/train": ".st-key-network"}
FINAL = {
    "step": 500,
    "parameters": 421_642,
    "digest": "0" * 64,
    "versions": "{}",
    "best_step": 450,
    "train_loss": 0.1,
    "train_accuracy": 0.97,
    "validation_loss": 0.2,
    "validation_accuracy": 0.94,
    "lowest_validation_loss": 0.19,
    "train_digits": 256,
    "validation_digits": 256,
}


def fill(store: Store, count: int) -> None:
    """So many finished runs of the largest template."""
    experiment, now = TEMPLATES["CNN 32-64"], time.time()
    ended = {"state": "finished", "step": 500, "total_steps": 500, "seconds": 31.4, "ended": now}
    text, said = experiment.model_dump_json(), outline(experiment)
    ids = [f"r{place:010d}" for place in range(count)]
    of_run = [{"id": one, "name": f"CNN {one}", "created": now - k, **ended} for k, one in enumerate(ids)]
    with store.engine.begin() as connection:
        connection.execute(insert(runs), [{**row, "experiment": text} for row in of_run])
        connection.execute(insert(library), [{"run": one, "owner": "", "starred": 0, "note": ""} for one in ids])
        connection.execute(insert(outlines), [{"run": one, **said} for one in ids])
        connection.execute(insert(finals), [{"run": one, **FINAL} for one in ids])


def opened(browser: Browser, server: Server, path: str, seen: str) -> float:
    """Seconds until a fresh visitor sees it."""
    page: Page = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 1000}).new_page()
    begin = time.perf_counter()
    page.goto(path)
    page.locator(seen).first.wait_for(state="attached", timeout=LONG)
    seconds = time.perf_counter() - begin
    page.context.close()
    return seconds


def main() -> None:
    with ExitStack() as stack:
        servers = {}
        for size in SIZES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            servers[size] = stack.enter_context(serve(folder, PLAYGROUND_WORKERS="1"))
            fill(servers[size].store, size)
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium(), args=FLAGS)
        time.sleep(8)  # workers warm up
        for path, seen in PAGES.items():
            seconds: dict[int, list[float]] = {size: [] for size in SIZES}
            for _ in range(ROUNDS):
                for size in SIZES:
                    seconds[size].append(opened(browser, servers[size], path, seen))
            few, many = (median(seconds[size]) for size in SIZES)
            print(f"{path}: {few:.2f} s with 10 runs, {many:.2f} s with 10,000, ratio {many / few:.2f}", flush=True)


if __name__ == "__main__":
    main()
