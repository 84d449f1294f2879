"""Whatever is clicked in whatever order: no traceback, no page that hangs, no run that is lost."""

import random
from collections.abc import Iterator

from sqlalchemy import select

from playground.link import to_link
from playground.runs.schema import runs
from playground.runs.states import STATES
from playground.runs.store import Store
from tests.opened_pages import SMALL, opened, trained
from tests.walker import Walker

LABS = ("overfitting.py", "initialization.py", "inductive_bias.py", "race.py")
PAGES = ("home.py", "train.py", "inside.py", "runs.py", *LABS)
ACTS = 6


def openings(run_id: str, other: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A page and an address, good and broken."""
    for page in PAGES:
        yield page, {}
        yield page, {"run": run_id}
        yield page, {"run": "r0"}
    for asked in (f"{run_id},{other}", f"{run_id},{other},r0", run_id, ",,", "\u0000,<b>"):
        yield "runs.py", {"compare": asked}
    for link in (to_link(SMALL), to_link(SMALL)[:-5], "1.", "<script>"):
        yield "train.py", {"x": link, "from": f"{run_id}.2"}
        yield "train.py", {"x": link}
    for page in ("train.py", "inside.py"):
        yield page, {"run": run_id, "hide": "network,live,map,test,gradients"}
        yield page, {"hide": "nothing,,<b>"}


def states(store: Store) -> dict[str, str]:
    """Of all runs, those too that were deleted."""
    with store.engine.connect() as connection:
        return {row.id: row.state for row in connection.execute(select(runs.c.id, runs.c.state))}


def in_sight(store: Store) -> set[str]:
    return {run.id for run in store.runs(STATES, limit=10_000, with_trials=True)}


def test_a_random_walk_over_the_pages_shows_no_error_and_loses_no_run(walk: int, shared: Store) -> None:
    """`python -m pytest tests/test_random_clicks.py --walks 500` for many more."""
    luck = random.Random(walk)
    run_id = trained(shared)
    other = shared.create(SMALL, "waiting")
    page, address = luck.choice([*openings(run_id, other)])
    walker = Walker(opened(page, **address), luck, PAGES, [f"open {page} {address}"])
    for _ in range(ACTS):
        before = in_sight(shared)
        walker.step()
        assert not walker.app.exception, (walk, walker.done, walker.app.exception)
        assert not [error.value for error in walker.app.error if "ours to mend" in error.value], (walk, walker.done)
        gone = before - in_sight(shared)
        assert not gone or walker.done[-1] == "press Delete", (walk, walker.done, gone)
        assert before <= set(states(shared)), (walk, walker.done)
        assert set(states(shared).values()) <= set(STATES), (walk, walker.done)
    everything = set(states(shared))
    shared.library.restore([*everything])
    assert in_sight(shared) == everything, (walk, walker.done)
