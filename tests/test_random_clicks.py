"""Whatever is clicked in whatever order: no traceback, no page that hangs, no run that is lost."""

import random

from playground.runs.states import STATES
from playground.runs.store import Store
from tests.opened_pages import opened, trained
from tests.walker import Walker

LABS = ("overfitting.py", "initialization.py", "inductive_bias.py", "race.py")
PAGES = ("home.py", "train.py", "inside.py", "runs.py", *LABS)
ACTS = 6


def runs_of(store: Store) -> set[str]:
    return {run.id for run in store.runs(STATES, limit=10_000, with_trials=True)}


def test_a_random_walk_over_the_pages_shows_no_error_and_loses_no_run(walk: int, shared: Store) -> None:
    """`python -m pytest tests/test_random_clicks.py --walks 500` for many more."""
    luck = random.Random(walk)
    run_id = trained(shared)
    app = opened(luck.choice(PAGES), **luck.choice([{}, {"run": run_id}, {"run": "r0"}]))
    walker = Walker(app, luck, PAGES)
    before = runs_of(shared)
    for _ in range(ACTS):
        walker.step()
        assert not app.exception, (walk, walker.done, app.exception)
        assert not [error.value for error in app.error if "ours to mend" in error.value], (walk, walker.done)
    assert before <= runs_of(shared), (walk, walker.done)
