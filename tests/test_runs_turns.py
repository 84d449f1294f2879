"""Whose turn it is: visitors take turns, and of one visitor's runs the oldest comes first."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from playground.experiment import Experiment
from playground.runs.limits import Limits
from playground.runs.store import Store
from playground.runs.turns import Waiting, in_turn
from tests.held_runs import SHORT

waiting = st.lists(
    st.builds(Waiting, st.just(""), st.sampled_from("abc"), st.booleans(), st.floats(0, 100)), max_size=30
).map(lambda found: [Waiting(str(n), one.owner, one.is_trial, one.created) for n, one in enumerate(found)])
running = st.dictionaries(st.sampled_from("abc"), st.integers(0, 4))
served = st.dictionaries(st.sampled_from("abc"), st.floats(0, 100))


@given(waiting, running, served)
def test_the_runs_of_one_visitor_keep_their_order_those_of_labs_last(
    queue: list[Waiting], busy: dict[str, int], ended: dict[str, float]
) -> None:
    line = in_turn(queue, busy, ended)
    assert sorted(one.run for one in line) == sorted(one.run for one in queue)
    for owner in "abc":
        own = [(one.is_trial, one.created) for one in line if one.owner == owner]
        assert own == sorted(own)


@given(waiting, running, served)
def test_who_is_next_has_the_fewest_running(
    queue: list[Waiting], busy: dict[str, int], ended: dict[str, float]
) -> None:
    for first in in_turn(queue, busy, ended)[:1]:
        assert busy.get(first.owner, 0) == min(busy.get(one.owner, 0) for one in queue)


def test_a_visitor_with_fifty_queued_runs_does_not_keep_another_waiting_even_for_a_single_place(store: Store) -> None:
    for n in range(50):
        store.create(SHORT, str(n), owner="many")
    few = [store.create(SHORT, str(n), owner="few") for n in range(3)]
    assert [store.place_in_queue(run_id) for run_id in few] == [1, 3, 5] or [
        store.place_in_queue(run_id) for run_id in few
    ] == [2, 4, 6]
    order = []
    for _ in range(6):
        run = store.claim("w", runs_at_once=1)
        assert run is not None
        order.append(store.library.owner_of(run.id))
        store.set_state(run.id, "finished")
    assert Counter(order) == {"many": 3, "few": 3}


def test_no_more_of_a_visitors_runs_are_running_than_a_visitors_may(store: Store) -> None:
    store.limits = Limits(runs_a_visitor=2)
    mine = [store.create(SHORT, str(n), owner="me") for n in range(4)]
    claimed = [store.claim("w", 10) for _ in range(4)]
    assert [run.id if run else None for run in claimed] == [*mine[:2], None, None]
    assert store.is_held_back(mine[2])
    another = store.create(SHORT, "another's", owner="another")
    run = store.claim("w", 10)
    assert run is not None
    assert run.id == another
    store.set_state(mine[0], "finished")
    assert not store.is_held_back(mine[2])
    assert store.claim("w", 10) is not None


def test_a_paused_run_is_one_of_those_that_a_visitor_may_have(store: Store) -> None:
    store.limits = Limits(runs_a_visitor=1)
    mine = [store.create(SHORT, str(n), owner="me") for n in range(2)]
    assert store.claim("w", 10) is not None
    store.set_state(mine[0], "paused")
    assert store.claim("w", 10) is None


def test_two_workers_that_look_at_once_do_not_take_more_of_a_visitors_runs_than_allowed(store: Store) -> None:
    store.limits = Limits(runs_a_visitor=1)
    for n in range(2):
        store.create(SHORT, str(n), owner="me")

    def another_is_quicker(_: Experiment) -> bool:
        store.set_state(next(run.id for run in store.runs(("queued",))), "running", worker="quicker")
        return True

    assert store.claim("w", 10, another_is_quicker) is None


def test_what_is_everybodys_is_no_visitors(store: Store) -> None:
    store.limits = Limits(runs_a_visitor=1)
    ids = [store.create(SHORT, str(n)) for n in range(2)]
    assert [run.id for _ in ids for run in [store.claim("w", 10)] if run] == ids
    assert not store.is_held_back(ids[0])
