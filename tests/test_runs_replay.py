"""A replay trains a run again, with all that was done to it, and says whether the same came out."""

import json
from dataclasses import replace
from typing import Any

import pytest

from playground.errors import SpecError
from playground.experiment import Experiment, Optimizer
from playground.runs import control
from playground.runs.active import ActiveRun
from playground.runs.journal import encode
from playground.runs.past import Origin
from playground.runs.replays import Replay
from playground.runs.reproduced import Record, begin, record_of, verdict
from playground.runs.rewind import rewind
from playground.runs.schema import chunks
from playground.runs.store import Run, Store
from playground.training.events import Stepped
from tests.held_runs import LONG, SHORT, claimed, held, recorded, train_to

OVERSHOOTING = SHORT.but(
    optimizer=Optimizer(kind="SGD", learning_rate=0.5),
    regularization=SHORT.regularization.but(weight_decay=9),
    training=SHORT.training.but(epochs=40),
)
STOPPING_EARLY = SHORT.but(
    optimizer=Optimizer(learning_rate=0.3), training=SHORT.training.but(epochs=40, patience=3, seed=1)
)


def run_of(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def to_its_end(active: ActiveRun) -> str:
    while not active.has_ended:
        active.turn(1.0)
    return active.id


def ask(active: ActiveRun, name: str, value: Any = None) -> None:
    active.store.ask(active.id, name, value)
    for asked in active.store.open_controls([active.id]):
        active.obey(asked)
        active.store.take_control(asked.id)


def replayed(store: Store, run_id: str) -> str:
    """A whole replay; returns its id."""
    replay_id = begin(store, run_of(store, run_id), "me")
    assert to_its_end(claimed(store)) == replay_id
    return replay_id


def said(store: Store, replay_id: str) -> tuple[bool | None, str]:
    replay = store.replays.of(replay_id)
    assert replay is not None
    return verdict(store, run_of(store, replay.of), run_of(store, replay_id), replay)


def assert_identical(store: Store, run_id: str) -> str:
    """Said of the replay, and so by the digests, and by the records compared here."""
    replay_id = replayed(store, run_id)
    is_same, text = said(store, replay_id)
    assert is_same, text
    ours, theirs = recorded(store, run_id), recorded(store, replay_id)
    assert json.dumps([ours.stepped, ours.evaluated]) == json.dumps([theirs.stepped, theirs.evaluated])  # NaN is NaN
    finals = store.finals.of([run_id, replay_id])
    assert finals[run_id].digest == finals[replay_id].digest
    return text


def test_a_replay_of_a_finished_run_is_identical_and_a_run_of_its_own(store: Store) -> None:
    run_id = to_its_end(held(store, SHORT))
    store.library.rename(run_id, "MLP")
    steps, evaluations = len(recorded(store, run_id).stepped["step"]), len(recorded(store, run_id).evaluated["step"])
    replay_id = replayed(store, run_id)
    assert said(store, replay_id) == (
        True,
        f"identical: all {steps} steps and {evaluations} evaluations, bit for bit",
    )
    assert (run_of(store, replay_id).name, run_of(store, replay_id).state) == ("MLP, replayed", "finished")
    assert store.library.owner_of(replay_id) == "me"
    assert store.replays.latest(run_id) == replay_id


def test_a_replay_of_a_stopped_run_goes_as_far_as_that_one_did(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 17)
    ask(active, "stop")
    assert assert_identical(store, active.id).startswith("identical: all 17 steps")
    latest = run_of(store, store.replays.latest(active.id) or "")
    assert (latest.state, latest.step, latest.total_steps) == ("stopped", 17, 17)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimizer.learning_rate", 0.02),
        ("training.batch_size", 32),
        ("network.dropout", 0.5),
        ("regularization.weight_decay", 0.1),
    ],
)
def test_what_was_changed_while_a_run_lasted_is_changed_again_after_the_same_step(
    store: Store, field: str, value: float
) -> None:
    active = held(store, SHORT)
    train_to(active, 11)
    ask(active, "change", {"field": field, "value": value})
    assert_identical(store, to_its_end(active))


def test_changes_back_and_forth_and_before_the_first_step_are_replayed(store: Store) -> None:
    active = held(store, SHORT)
    for step, rate in ((0, 0.5), (0, 0.01), (13, 0.2), (13, 0.01), (13, 0.03), (20, 0.01)):
        train_to(active, step)
        ask(active, "change", {"field": "optimizer.learning_rate", "value": rate})
    assert_identical(store, to_its_end(active))


def test_a_fork_is_replayed_from_where_it_began_though_its_parent_is_gone(store: Store) -> None:
    parent = held(store, SHORT)
    train_to(parent, 5)
    ask(parent, "change", {"field": "optimizer.learning_rate", "value": 0.005})
    to_its_end(parent)
    step = next(one.step for one in store.past.kept(parent.id) if one.step > 10)
    fork = held(store, SHORT.but(network=SHORT.network.but(dropout=0.4)), origin=Origin(parent.id, step))
    train_to(fork, step + 4)
    ask(fork, "change", {"field": "network.dropout", "value": 0.1})
    to_its_end(fork)
    store.library.purge([parent.id])
    assert_identical(store, fork.id)


def test_a_run_that_was_killed_and_resumed_is_replayed_identically(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 8)
    ask(active, "change", {"field": "training.batch_size", "value": 40})
    train_to(active, 12)
    active.save()
    train_to(active, 17)
    store.crew.bury("w", "killed")
    store.requeue(active.id, ("lost",))
    assert_identical(store, to_its_end(claimed(store)))


def test_a_replay_that_is_killed_and_resumed_is_still_identical(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 8)
    ask(active, "change", {"field": "network.dropout", "value": 0.5})
    to_its_end(active)
    replay_id = begin(store, run_of(store, active.id))
    again = claimed(store)
    train_to(again, 8)
    again.change_as_recorded()
    again.save()
    train_to(again, 10)
    store.crew.bury("w", "killed")
    store.requeue(replay_id, ("lost",))
    to_its_end(claimed(store))
    assert said(store, replay_id)[0]
    assert len(recorded(store, replay_id).changed["step"]) == 1


@pytest.mark.parametrize(("experiment", "state"), [(STOPPING_EARLY, "finished"), (OVERSHOOTING, "diverged")])
def test_a_run_that_ended_by_itself_before_its_planned_end_ends_there_again(
    store: Store, experiment: Experiment, state: str
) -> None:
    run = run_of(store, to_its_end(held(store, experiment)))
    assert run.state == state
    assert run.step < 400
    assert_identical(store, run.id)
    again = run_of(store, store.replays.latest(run.id) or "")
    assert (again.state, again.step, again.message) == (run.state, run.step, run.message)


def alter(store: Store, run_id: str, table: str, column: str, step: int) -> None:
    """Move one recorded number by one bit's worth."""
    with store.engine.begin() as connection:
        for row in connection.execute(chunks.select().where(chunks.c.run == run_id)).all():
            events = json.loads(row.events)
            if step in events.get(table, {}).get("step", []):
                values = events[table][column]
                place = events[table]["step"].index(step)
                values[place] *= 1 + 2**-52
                connection.execute(chunks.update().where(chunks.c.id == row.id).values(events=json.dumps(events)))
    record_of.cache_clear()


def test_a_record_that_grows_is_read_on_and_read_anew_where_its_run_went_back(store: Store) -> None:
    run = held(store, LONG)
    train_to(run, 3)
    run.write()
    record = Record(store, run.id)
    assert [*record.now().stepped["step"]] == [1, 2, 3]
    read = record.last
    train_to(run, 5)
    run.write()
    assert [*record.now().stepped["step"]] == [1, 2, 3, 4, 5]
    assert [chunk for chunk, _ in store.chunks(run.id) if chunk <= read]
    rewind(store, run.id, 2, run.holder, is_new_fork=False)
    store.record(run.id, 3, encode([Stepped(3, 0.3, 0.1, 0.0, 1.0, 0.1, 50)]))
    assert [*record.now().stepped["step"]] == [1, 2, 3]
    assert record.now().stepped["loss"][-1] == 0.1


def note_versions(store: Store, run_id: str, **versions: str) -> None:
    final = store.finals.of([run_id])[run_id]
    store.finals.write(run_id, replace(final, versions={**final.versions, **versions}))


@pytest.mark.parametrize(
    ("table", "column", "what"),
    [("stepped", "loss", "batch loss"), ("evaluated", "validation_loss", "validation loss")],
)
def test_a_record_that_was_altered_by_one_bit_differs_from_exactly_that_step(
    store: Store, table: str, column: str, what: str
) -> None:
    run_id = to_its_end(held(store, SHORT))
    replay_id = replayed(store, run_id)
    alter(store, run_id, table, column, 30)
    is_same, text = said(store, replay_id)
    assert is_same is False
    assert text.startswith(f"differs from step 30: {what} ")
    assert "altered after it ended" in text


def test_other_versions_are_named_where_they_may_be_why(store: Store) -> None:
    run_id = to_its_end(held(store, SHORT))
    other = held(store, SHORT.but(optimizer=Optimizer(learning_rate=0.0011)))  # as if other versions computed it
    to_its_end(other)
    note_versions(store, run_id, torch="2.14.0", processor="abacus")
    now = store.finals.of([other.id])[other.id].versions
    is_same, text = verdict(store, run_of(store, run_id), run_of(store, other.id), Replay(run_id, 40))
    assert is_same is False
    assert text.startswith("differs from step 2: batch loss")
    assert text.endswith(f"(other versions: torch 2.14.0 → {now['torch']}, processor abacus → {now['processor']})")


def test_an_identical_curve_with_other_versions_says_both(store: Store) -> None:
    run_id = to_its_end(held(store, SHORT))
    replay_id = replayed(store, run_id)
    note_versions(store, run_id, numpy="1.0")
    is_same, text = said(store, replay_id)
    assert is_same
    assert "with other versions (numpy 1.0 → " in text


def test_a_replay_that_goes_on_or_was_stopped_says_how_far_it_is_identical(store: Store) -> None:
    run_id = to_its_end(held(store, SHORT))
    replay_id = begin(store, run_of(store, run_id))
    assert said(store, replay_id) == (None, "the replay waits for a worker")
    active = claimed(store)
    train_to(active, 9)
    active.write()
    assert said(store, replay_id) == (None, "identical so far, step 9 of 40")
    ask(active, "stop")
    assert said(store, replay_id) == (
        None,
        "identical up to step 9 of 40; the replay ended there: stopped, at step 9",
    )


def test_a_replay_that_somebody_changes_is_told_so(store: Store) -> None:
    run_id = to_its_end(held(store, SHORT))
    replay_id = begin(store, run_of(store, run_id))
    active = claimed(store)
    train_to(active, 9)
    ask(active, "change", {"field": "optimizer.learning_rate", "value": 0.1})
    to_its_end(active)
    is_same, text = said(store, replay_id)
    assert is_same is False
    assert text.endswith("(the replay was changed while it ran, after step 9)")


def test_a_run_without_a_step_has_nothing_to_replay(store: Store) -> None:
    run_id = store.create(SHORT, "stopped in the queue")
    control.stop(store, run_id)
    with pytest.raises(SpecError, match="nothing to replay"):
        begin(store, run_of(store, run_id))
