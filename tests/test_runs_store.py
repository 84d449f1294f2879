"""The store keeps what it is told, and moves runs only along the ways they may go."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, select, update

from playground.experiment import Experiment, Training
from playground.runs import control
from playground.runs.journal import curves, encode, slim_curves, until
from playground.runs.rewind import rewind
from playground.runs.schema import INDEXES, runs
from playground.runs.states import ACTIVE, RESUMABLE
from playground.runs.store import NotHeld, Store
from playground.training.events import Changed, Evaluated, Event, LayersMeasured, Stepped

EXPERIMENT = Experiment(training=Training(seed=7))


def test_a_run_comes_back_as_it_was_put_in(store: Store) -> None:
    run = store.run(store.create(EXPERIMENT, "mine"))
    assert run is not None
    assert (run.experiment, run.name, run.state, run.step) == (EXPERIMENT, "mine", "queued", 0)


def test_an_unknown_run_is_none(store: Store) -> None:
    assert store.run("r-nothing") is None


def test_a_run_is_claimed_by_one_worker_only_however_many_ask_at_once(store: Store) -> None:
    store.create(EXPERIMENT, "one")
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: store.claim(f"w{n}", runs_at_once=8), range(8)))
    assert sum(claim is not None for claim in claims) == 1


def test_no_more_runs_are_running_than_are_allowed_at_once(store: Store) -> None:
    ids = [store.create(EXPERIMENT, str(n)) for n in range(3)]
    claimed = [store.claim("w", runs_at_once=2) for _ in range(3)]
    assert [run.id if run else None for run in claimed] == [*ids[:2], None]
    assert store.place_in_queue(ids[2]) == 1
    store.set_state(ids[0], "finished")
    third = store.claim("w", runs_at_once=2)
    assert third is not None
    assert third.id == ids[2]


def test_the_queue_is_first_come_first_served_and_says_the_place(store: Store) -> None:
    ids = [store.create(EXPERIMENT, str(n)) for n in range(3)]
    assert [store.place_in_queue(run_id) for run_id in ids] == [1, 2, 3]


def test_a_worker_with_more_to_do_leaves_a_run_to_one_with_less(store: Store) -> None:
    for worker in ("busy", "idle"):
        store.crew.sign_of_life(worker, ready=True)
    store.create(EXPERIMENT, "first")
    assert store.claim("busy", 4)
    store.create(EXPERIMENT, "second")
    assert store.claim("busy", 4) is None
    assert store.claim("idle", 4)


def test_a_worker_without_room_for_the_next_run_keeps_no_other_from_it(store: Store) -> None:
    store.crew.sign_of_life("idle", ready=True)
    store.crew.sign_of_life("busy", ready=True)
    ids = [store.create(EXPERIMENT, name) for name in ("first", "second")]
    store.set_state(ids[0], "running", worker="busy")
    assert store.claim("idle", 4, lambda _: False) is None
    assert store.claim("busy", 4) is None
    store.crew.sign_of_life("idle", ready=True, is_full=True)
    assert store.crew.ready() == 2
    assert store.claim("busy", 4) is not None


def of_a_newer_version(store: Store, name: str) -> str:
    run_id = store.create(EXPERIMENT, name)
    with store.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(experiment='{"quantum": true}'))
    return run_id


def test_a_queued_run_that_cannot_be_read_fails_and_the_next_one_begins(store: Store) -> None:
    unreadable, good = of_a_newer_version(store, "newer"), store.create(EXPERIMENT, "good")
    claimed = [run.id for _ in range(2) if (run := store.claim("w", 4))]
    assert claimed == [good]
    with store.engine.connect() as connection:
        state, message = connection.execute(select(runs.c.state, runs.c.message).where(runs.c.id == unreadable)).one()
    assert state == "failed"
    assert message.startswith("this version can't read its experiment: quantum")


def test_a_run_that_cannot_be_read_is_not_among_the_others(store: Store) -> None:
    unreadable, good = of_a_newer_version(store, "newer"), store.create(EXPERIMENT, "good")
    assert [run.id for run in store.runs()] == [good]
    assert store.run(unreadable) is None


def test_the_owners_runs_are_found_among_however_many_of_others(store: Store) -> None:
    mine, all_of_us = store.create(EXPERIMENT, "mine", owner="me"), store.create(EXPERIMENT, "everybody's")
    for n in range(3):
        store.create(EXPERIMENT, str(n), owner="other")
    assert {run.id for run in store.runs(limit=2, owner="me")} == {mine, all_of_us}


def test_a_deleted_run_that_goes_on_is_in_sight_again(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "run")
    store.set_state(run_id, "stopped")
    store.library.delete([run_id])
    assert store.requeue(run_id, RESUMABLE)
    assert [run.id for run in store.runs()] == [run_id]


def test_an_older_database_gets_the_indexes_that_came_later(store: Store) -> None:
    for index in INDEXES:
        index.drop(store.engine)
    again = Store(store.url, store.folder)
    names = {
        index["name"] for table in ("runs", "controls", "tasks") for index in inspect(again.engine).get_indexes(table)
    }
    again.close()
    assert {index.name for index in INDEXES} <= names


def test_a_state_changes_only_from_where_it_may(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "run")
    assert not store.set_state(run_id, "paused", only_from=("running",))
    assert not store.requeue(run_id, RESUMABLE)
    assert store.set_state(run_id, "lost", "gone")
    assert store.requeue(run_id, RESUMABLE)
    run = store.run(run_id)
    assert run is not None
    assert (run.state, run.attempt, run.worker, run.ended) == ("queued", 1, None, None)


def test_burying_a_worker_loses_its_runs_and_no_others(store: Store) -> None:
    mine, other = store.create(EXPERIMENT, "mine"), store.create(EXPERIMENT, "other")
    store.claim("dead", 4)
    store.set_state(other, "running", worker="alive")
    store.crew.bury("dead", "was killed")
    states = {run_id: run.state for run_id in (mine, other) if (run := store.run(run_id))}
    assert states == {mine: "lost", other: "running"}


def test_runs_of_a_worker_nobody_knows_are_found_lost(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "orphan")
    store.set_state(run_id, "running", worker="never seen")
    store.crew.bury_the_silent("gone")
    assert [run.id for run in store.runs(("lost",))] == [run_id]
    assert store.runs(ACTIVE) == []


@pytest.mark.parametrize("next_worker", ["other", "first", None])
def test_who_lost_a_run_can_not_write_to_it_whoever_holds_it_now(store: Store, next_worker: str | None) -> None:
    run_id = store.create(EXPERIMENT, "run")
    first = store.claim("first", 4)
    assert first is not None
    store.record(run_id, 1, encode([Stepped(1, 0, 0, 0, 0, 0, 1)]), first.holder, step=1)
    store.crew.bury("first", "silent")
    if next_worker:
        store.requeue(run_id, RESUMABLE)
        assert store.claim(next_worker, 4)
    before = store.run(run_id)
    with pytest.raises(NotHeld):
        store.record(run_id, 2, encode([Stepped(2, 0, 0, 0, 0, 0, 1)]), first.holder, step=2, state="paused")
    with pytest.raises(NotHeld):
        rewind(store, run_id, -1, first.holder)
    assert store.run(run_id) == before
    assert curves(text for _, text in store.chunks(run_id)).stepped["step"] == [1]


def test_what_was_asked_of_a_run_before_it_ended_is_void_when_it_goes_on(store: Store) -> None:
    run_id, other = store.create(EXPERIMENT, "run"), store.create(EXPERIMENT, "other")
    asked, asked_of_other = store.ask(run_id, "pause"), store.ask(other, "pause")
    store.set_state(run_id, "lost")
    store.requeue(run_id, RESUMABLE)
    assert store.control_outcome(asked) == (True, "the run had ended")
    assert [left.id for left in store.open_controls([run_id, other])] == [asked_of_other]


@pytest.mark.parametrize(("step", "message"), [(0, "stopped before its first step"), (1994, "stopped at step 1,994")])
def test_a_run_that_is_stopped_in_the_queue_says_how_far_it_came(store: Store, step: int, message: str) -> None:
    run_id = store.create(EXPERIMENT, "run")
    store.record(run_id, 0, None, step=step, state="lost")
    store.requeue(run_id, RESUMABLE)
    control.stop(store, run_id)
    run = store.run(run_id)
    assert run is not None
    assert (run.state, run.message) == ("stopped", message)


def test_events_come_back_bit_for_bit_in_their_order(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "run")
    events: list[Event] = [
        Evaluated(0, 2.302585092994046, 0.1, 2.3, 1 / 3),
        Stepped(1, 0.1 + 0.2, 1e-300, 0.0, 0.5, 1e-3, 64),
        LayersMeasured(1, (1e-12, 0.0), (float("inf"), 3.0)),
        Changed(1, "optimizer.learning_rate", 1e-3, 5e-4),
        Stepped(2, 0.7, 2.5, 0.25, 0.75, 5e-4, 64),
    ]
    store.record(run_id, 0, encode(events[:2]))
    store.record(run_id, 1, encode(events[2:]))
    result = curves(text for _, text in store.chunks(run_id))
    assert result.stepped["loss"] == [1e-300, 2.5]
    assert result.stepped["epoch"] == [0.1 + 0.2, 0.7]
    assert result.evaluated["validation_accuracy"] == [1 / 3]
    assert result.layers["update"] == [[float("inf"), 3.0]]
    assert result.changed == {"step": [1], "field": ["optimizer.learning_rate"], "old": [1e-3], "new": [5e-4]}
    assert list(result.table("stepped").columns) == list(result.stepped)


def test_curves_for_display_hold_the_same_numbers_to_seven_digits() -> None:
    slim = slim_curves()
    slim.extend(encode([Stepped(3, 0.5, 1 / 3, 0.0, 0.25, 1e-3, 64), Evaluated(3, 2.0, 0.5, float("inf"), 0.75)]))
    assert slim.stepped["loss"][0] == pytest.approx(1 / 3, rel=1e-7)
    assert (slim.stepped["step"][0], slim.stepped["batch_size"][0]) == (3, 64)
    assert slim.evaluated["validation_loss"][0] == float("inf")


def test_only_chunks_after_the_last_one_seen_are_read(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "run")
    for step in range(1, 4):
        store.record(run_id, step, encode([Stepped(step, 0, 0, 0, 0, 0, 1)]))
    seen = store.chunks(run_id)[1][0]
    assert [curves([text]).stepped["step"] for _, text in store.chunks(run_id, after=seen)] == [[3]]


def test_going_on_from_a_checkpoint_forgets_what_came_after_it(store: Store) -> None:
    run_id = store.create(EXPERIMENT, "run")
    for step in range(1, 5):
        store.record(run_id, step, encode([Stepped(step, 0, 0, 0, 0, 0, 1)]))
    rewind(store, run_id, 2)
    assert curves(text for _, text in store.chunks(run_id)).stepped["step"] == [1, 2]


@pytest.mark.parametrize(("result", "state"), [(b"42", "done"), (None, "failed")])
def test_a_task_is_taken_once_and_answered(store: Store, result: bytes | None, state: str) -> None:
    task_id = store.questions.ask("measure", {"a": 1}, "r1")
    task = store.questions.take("w")
    assert task is not None
    assert (task.id, task.request) == (task_id, {"a": 1})
    assert store.questions.take("other") is None
    store.questions.answer(task_id, result, "why")
    answered = store.questions.latest("measure", "r1")
    assert answered is not None
    assert (answered.state, answered.result, answered.message) == (state, result, "why")


def test_the_task_of_a_dead_worker_goes_back_to_the_queue(store: Store) -> None:
    store.questions.ask("measure", {})
    assert store.questions.take("dead")
    store.crew.bury("dead", "gone")
    assert store.questions.take("alive")


def test_a_task_can_be_left_to_others_for_a_while(store: Store) -> None:
    task_id = store.questions.ask("look", {})
    assert store.questions.take("busy", waited=0.05) is None
    time.sleep(0.06)
    task = store.questions.take("busy", waited=0.05)
    assert task is not None
    assert task.id == task_id


def test_a_question_that_nobody_answers_in_time_is_taken_back_where_its_answer_is_read_once(store: Store) -> None:
    assert control.ask(store, "augmentation", {}, "r1", patience=0.0) is None
    assert control.ask(store, "measure", {}, "r1", patience=0.0) is None
    assert store.questions.latest("augmentation", "r1") is None
    assert store.questions.latest("measure", "r1") is not None


def test_a_dropped_task_is_gone_and_a_late_answer_to_it_is_let_go(store: Store) -> None:
    task_id = store.questions.ask("look", {}, "r1")
    assert store.questions.take("slow")
    store.questions.drop(task_id)
    store.questions.answer(task_id, b"too late")
    assert store.questions.get(task_id) is None
    assert store.questions.latest("look", "r1") is None


@pytest.mark.parametrize("next_worker", ["other", None])
def test_a_hold_is_checked_without_changing_anything(store: Store, next_worker: str | None) -> None:
    run_id = store.create(EXPERIMENT, "run")
    run = store.claim("first", 4)
    assert run is not None
    store.check_hold(run_id, run.holder)
    assert store.run(run_id) == run
    store.crew.bury("first", "silent")
    if next_worker:
        store.requeue(run_id, RESUMABLE)
        assert store.claim(next_worker, 4)
    with pytest.raises(NotHeld):
        store.check_hold(run_id, run.holder)


@given(st.lists(st.integers(0, 30), min_size=1, unique=True).map(sorted), st.integers(0, 30))
def test_a_chunk_cut_at_a_step_keeps_the_steps_until_it_but_not_what_a_fork_says_anew(
    numbers: list[int], at: int
) -> None:
    chunk = encode(event for step in numbers for event in all_events(step))
    cut, before = curves([until(chunk, at)]), [step for step in numbers if step <= at]
    assert cut.stepped["step"] == cut.layers["step"] == before
    assert cut.evaluated["step"] == cut.changed["step"] == [step for step in before if step < at]
    whole = curves([chunk])
    for name in ("stepped", "layers", "evaluated", "changed"):
        table, full = getattr(cut, name), getattr(whole, name)
        assert table == {column: values[: len(table["step"])] for column, values in full.items()}


def all_events(step: int) -> list[Event]:
    return [
        Stepped(step, step / 7, 1 / (step + 3), 0.1, 0.5, 1e-3, 64),
        LayersMeasured(step, (step / 3, 0.0), (float("inf"), 3.0)),
        Evaluated(step, 1 / (step + 1), 0.1, 2.3, 1 / 3),
        Changed(step, "optimizer.learning_rate", 1e-3, step / 100),
    ]


def test_a_question_over_which_two_workers_end_is_not_put_to_a_third(store: Store) -> None:
    task_id = store.questions.ask("look", {})
    for worker in ("first", "second"):
        assert store.questions.take(worker) is not None
        store.crew.bury(worker, "killed")
    assert store.questions.take("third") is None
    task = store.questions.get(task_id)
    assert task is not None
    assert (task.state, task.result) == ("failed", None)
    assert "memory" in task.message


def test_questions_of_a_server_that_is_gone_are_dropped_and_fresh_ones_stay(store: Store) -> None:
    old = store.questions.ask("look", {})
    time.sleep(0.02)
    store.questions.drop_old(["look"], age=0.01)
    assert store.questions.get(old) is None
    fresh, other = store.questions.ask("look", {}), store.questions.ask("measure", {})
    store.questions.drop_old(["look"], age=60)
    assert store.questions.state(fresh) == store.questions.state(other) == "waiting"
