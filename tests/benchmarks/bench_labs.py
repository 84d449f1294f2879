"""How fast the labs answer: `python -m tests.benchmarks.bench_labs [LAB/TOPIC …]`, without a name every lab's first.

One server with its workers, one Chromium, all on this machine. Times are taken in the browser, from the click on Run
to the first frame in which its effect stands on the page.
"""

import sys

from playwright.sync_api import Page

from playground.labs.catalog import LABS
from tests.benchmarks.bench_live import CLOCK, WIDE, playing
from tests.browser.steps import button, settle

# Of the lines of all charts; what theory says is there before anything was run.
POINTS = """[...document.querySelectorAll('.dlp-figures .js-plotly-plot')].reduce(
  (sum, plot) => sum + plot.data.reduce((all, { x }) => all + (x?.length ?? 0), 0), 0)"""
MOVING = f"{POINTS} > window.before"
ANSWERED = (
    """[...document.querySelectorAll('.st-key-answer h3')].some((title) => title.innerText === 'What came out')"""
)
LONGEST = 300_000  # milliseconds


def answer(page: Page, name: str) -> None:
    """Press Run on a topic as it opens; prints when its charts move and when its answer stands."""
    lab, _, topic = name.partition("/")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(f"/{lab}?topic={topic}")
    page.wait_for_function("document.querySelectorAll('.dlp-figures .js-plotly-plot').length > 0")
    settle(page)
    page.evaluate(f"window.before = {POINTS}")
    page.evaluate(CLOCK.replace("10000", str(LONGEST)), MOVING)
    page.evaluate(CLOCK.replace("10000", str(LONGEST)).replace("window.benchmark", "window.answered"), ANSWERED)
    button(page, "Run").click()
    moving, answered = (float(page.evaluate(f"window.{one}")) / 1000 for one in ("benchmark", "answered"))
    print(f"{name}: moving after {moving:.2f} s, answered after {answered:.1f} s", flush=True)


def main() -> None:
    names = sys.argv[1:] or [f"{lab.name}/{lab.topics[0].name}" for lab in LABS]
    with playing() as (_, page):
        page.set_default_timeout(LONGEST)
        for name in names:
            answer(page, name)


if __name__ == "__main__":
    main()
