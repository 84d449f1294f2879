"""A run that goes on, read as it grows."""

import pandas as pd

from playground.comparison.following import recorded
from playground.labs.study import read_tables
from playground.runs.store import Store
from tests.held_runs import SHORT, claimed, held, train_to


def assert_as_read_anew(store: Store, run_id: str, steps: int) -> None:
    run = store.run(run_id)
    assert run is not None
    assert run.is_live
    found = recorded(store, run)
    assert len(found.stepped) == steps
    for one, other in zip(found, read_tables(store, run_id), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_what_was_read_as_it_grew_is_what_is_read_anew_also_after_a_worker_was_killed(store: Store) -> None:
    active = held(store, SHORT)
    for step in (3, 3, 12):
        train_to(active, step)
        active.write()
        assert_as_read_anew(store, active.id, step)
    active.save()
    train_to(active, 17)
    active.write()
    assert_as_read_anew(store, active.id, 17)
    store.crew.bury("w", "killed")
    store.requeue(active.id, ("lost",))
    assert_as_read_anew(store, active.id, 17)  # of which five are dropped once a worker takes it
    resumed = claimed(store)
    train_to(resumed, 14)
    resumed.write()
    assert_as_read_anew(store, active.id, 14)
