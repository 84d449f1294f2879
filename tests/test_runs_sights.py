"""What is watched, and the newest answer to it."""

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.experiment import Experiment
from playground.runs.store import Store


def a_run(store: Store) -> str:
    return store.create(Experiment(), "run")


def test_a_watch_ends_when_nobody_renews_it(store: Store) -> None:
    run_id = a_run(store)
    store.sights.watch(run_id, ["weights", "digit"], seconds=0.05)
    assert sorted(store.sights.watched([run_id])) == [(run_id, "digit"), (run_id, "weights")]
    store.sights.watch(run_id, ["weights"], seconds=5)
    time.sleep(0.06)
    assert store.sights.watched([run_id]) == [(run_id, "weights")]


def test_only_what_is_watched_of_the_runs_asked_about_is_told(store: Store) -> None:
    mine, other = a_run(store), a_run(store)
    store.sights.watch(mine, ["weights"], seconds=5)
    store.sights.watch(other, ["weights"], seconds=5)
    assert store.sights.watched([mine]) == [(mine, "weights")]
    assert store.sights.watched([]) == []


def test_a_view_is_news_where_it_shows_another_step_than_was_seen(store: Store) -> None:
    run_id = a_run(store)
    store.sights.show(run_id, "digit", 10, b"ten")
    assert store.sights.news(run_id, {"digit": -1}) == {"digit": (10, b"ten")}
    assert store.sights.news(run_id, {"digit": 10}) == {}
    store.sights.show(run_id, "digit", 11, b"eleven")
    assert store.sights.news(run_id, {"digit": 10, "weights": -1}) == {"digit": (11, b"eleven")}
    store.sights.show(run_id, "digit", 4, b"after a restart")
    assert store.sights.news(run_id, {"digit": 11}) == {"digit": (4, b"after a restart")}


def test_views_of_another_run_are_no_news(store: Store) -> None:
    mine, other = a_run(store), a_run(store)
    store.sights.show(other, "digit", 10, b"ten")
    assert store.sights.news(mine, {"digit": -1}) == {}


def test_what_is_forgotten_is_neither_watched_nor_shown_and_the_rest_is(store: Store) -> None:
    run_id = a_run(store)
    store.sights.watch(run_id, ["digit", "weights"], seconds=5)
    for request in ("digit", "weights"):
        store.sights.show(run_id, request, 1, b"view")
    store.sights.forget(run_id, ["digit"])
    assert store.sights.watched([run_id]) == [(run_id, "weights")]
    assert store.sights.news(run_id, {"digit": -1, "weights": -1}) == {"weights": (1, b"view")}


@given(shows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.binary(max_size=9))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_the_last_content_of_each_view_is_the_one_there_is(store: Store, shows: list[tuple[str, int, bytes]]) -> None:
    run_id = a_run(store)
    for request, step, content in shows:
        store.sights.show(run_id, request, step, content)
    last = {request: (step, content) for request, step, content in shows}
    assert store.sights.news(run_id, dict.fromkeys("abc", -1)) == last
