"""A press of Run: paired runs, the questions about them, and the disk that they share."""

import json
from dataclasses import replace

import pytest
import torch

from playground.errors import SpecError
from playground.experiment import Flatten, Linear, Network, ReLU
from playground.labs import study as studies
from playground.labs.duration import SHORTEST, left, slowness, wait
from playground.labs.outcome import Results
from playground.labs.topic import Arm, Topic, planned, with_seed
from playground.runs import tasks
from playground.runs.duration import foreseen_seconds, steps
from playground.runs.questions import Task
from playground.runs.settings import kept_bytes
from playground.runs.states import STATES
from playground.runs.store import Control, Store
from playground.training.events import Evaluated
from playground.training.trainer import Trainer, train
from tests.held_runs import claimed, held
from tests.lab_studies import BASE, LAB, WIDTHS, Widths, answer, came_true, charts, finish, studied


def begun(store: Store, topic: Topic = WIDTHS, **setup: object) -> str:
    return studies.begin(store, LAB, topic, topic.setup.but(**setup))


def found(store: Store, study_id: str, topic: Topic = WIDTHS) -> Results:
    study = store.studies.study(study_id)
    assert study is not None
    return studies.results(store, topic, study)


def test_run_makes_one_run_for_each_arm_and_seed_a_seed_after_the_other(store: Store) -> None:
    study_id = begun(store, seed=4, seeds=2)
    made = [(trial.arm, trial.seed) for _, trial in store.studies.trials(study_id)]
    assert made == [("wide", 4), ("narrow", 4), ("wide", 5), ("narrow", 5)]
    for run_id, trial in store.studies.trials(study_id):
        run = store.run(run_id)
        assert run is not None
        assert run.experiment.training.seed == trial.seed


def test_arms_of_a_seed_have_the_same_digits_batches_and_weights_where_shapes_match() -> None:
    deeper = BASE.but(network=Network(layers=(*BASE.network.layers, Linear(units=8), ReLU())))
    one, other = (Trainer(with_seed(experiment, 3)) for experiment in (BASE, deeper))
    assert torch.equal(one.dataset.train.x, other.dataset.train.x)
    assert torch.equal(one.weights[0], other.weights[0])
    for _ in range(10):
        assert torch.equal(one.next_batch()[0], other.next_batch()[0])
        for trainer in (one, other):
            trainer.advance()


def test_results_hold_what_the_runs_recorded(store: Store) -> None:
    results = studied(store, WIDTHS, seeds=2)
    assert results.is_over
    curves = results.curves()
    for outcome in results.outcomes:
        own = curves[(curves["arm"] == outcome.arm.name) & (curves["seed"] == outcome.seed)]
        events = [event for event in train(outcome.arm.experiment) if isinstance(event, Evaluated)]
        assert own["step"].tolist() == [event.step for event in events]
        assert own["validation_loss"].tolist() == [event.validation_loss for event in events]
        assert own["epoch"].iloc[-1] == 6
    finals = results.finals()
    assert len(finals) == 4
    assert set(finals["step"]) == {24}


def test_an_empty_study_has_empty_tables_and_charts_all_the_same() -> None:
    assert Results().curves().empty
    assert Results().finals().empty
    assert len(charts(Widths(), Results())) == 1
    assert answer(Widths(), Results()) == ()


def test_a_failed_arm_leaves_the_others_their_results(store: Store) -> None:
    broken = BASE.but(network=Network(layers=(Linear(units=2),)))
    topic = replace(WIDTHS, arms=lambda _: (Arm("wide", BASE), Arm("broken", broken)))
    results = studied(store, topic)
    assert [(outcome.arm.name, outcome.state) for outcome in results.outcomes] == [
        ("wide", "finished"),
        ("broken", "failed"),
    ]
    assert results.is_over
    assert len(results.finals()) == 1


def test_stop_ends_all_that_goes_on(store: Store) -> None:
    study_id = begun(store, seeds=2)
    assert not found(store, study_id).is_over
    studies.stop(store, study_id)
    assert {outcome.state for outcome in found(store, study_id).outcomes} == {"stopped"}
    assert found(store, study_id).is_over


def test_a_question_about_each_run_is_asked_once_and_its_answer_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def weigh(store: Store, task: Task) -> bytes:
        asked.append(task.run)
        return json.dumps({"run": task.run}).encode()

    monkeypatch.setitem(tasks.ANSWERS, "weigh", weigh)
    results = studied(store, replace(WIDTHS, at_end=("weigh",)))
    assert len(asked) == len(results.outcomes)
    assert set(asked) == {outcome.run_id for outcome in results.outcomes}
    assert all(outcome.measured == {"weigh": {"run": outcome.run_id}} for outcome in results.outcomes)


def test_a_question_for_the_beginning_is_asked_as_soon_as_step_0_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tasks.ANSWERS, "weigh", lambda store, task: b"1")
    topic = replace(WIDTHS, at_start=("weigh",))
    study_id = begun(store, topic)
    found(store, study_id, topic)
    assert not store.studies.questions([run for run, _ in store.studies.trials(study_id)])
    active = claimed(store)
    found(store, study_id, topic)
    assert [*store.studies.questions([active.id])] == [(active.id, "weigh")]


def test_a_question_that_can_not_be_answered_says_why(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(store: Store, task: Task) -> bytes:
        raise SpecError("run", "no scales here")

    monkeypatch.setitem(tasks.ANSWERS, "weigh", refuse)
    results = studied(store, replace(WIDTHS, at_end=("weigh",)))
    assert results.is_over
    assert all(outcome.problems == {"weigh": "no scales here"} for outcome in results.outcomes)


def test_a_topic_of_its_own_question_gets_its_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.ANSWERS, "double", lambda store, task: str(2 * task.request["narrow"]).encode())
    results = studied(store, replace(WIDTHS, task="double", arms=lambda _: ()), narrow=21)
    assert results.answered == 42
    assert results.is_over


def test_the_kept_steps_of_a_studys_runs_share_the_room_of_one_run(store: Store) -> None:
    assert held(store, BASE).most_bytes == kept_bytes()
    begun(store, seeds=5)
    assert claimed(store).most_bytes == kept_bytes() // 10


def test_a_run_that_was_changed_while_it_ran_is_no_arm_any_more(store: Store) -> None:
    study_id = begun(store)
    first = claimed(store)
    first.obey(Control(0, first.id, "change", {"field": "optimizer.learning_rate", "value": 0.01}))
    while not first.has_ended:
        first.turn(1.0)
    finish(store, WIDTHS, study_id)
    results = found(store, study_id)
    assert [outcome.is_changed for outcome in results.outcomes] == [True, False]
    assert results.finals()["arm"].tolist() == ["narrow"]
    assert results.ended("wide") == ()
    assert answer(Widths(), results) == ()


def test_runs_whose_worker_ended_go_on_together(store: Store) -> None:
    study_id = begun(store)
    first = claimed(store)
    store.set_state(first.id, "lost", "killed")
    assert studies.lost(store, study_id) == [first.id]
    studies.resume(store, study_id)
    finish(store, WIDTHS, study_id)
    assert {outcome.state for outcome in found(store, study_id).outcomes} == {"finished"}


def test_no_question_is_asked_about_a_run_that_was_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.ANSWERS, "weigh", lambda store, task: b"1")
    topic = replace(WIDTHS, at_end=("weigh",))
    study_id = begun(store, topic)
    claimed(store)
    for run_id, _ in store.studies.trials(study_id):
        store.set_state(run_id, "stopped", step=5)
    assert found(store, study_id, topic).is_over
    assert not store.studies.questions([run for run, _ in store.studies.trials(study_id)])


def test_runs_of_studies_are_listed_apart(store: Store) -> None:
    alone = store.create(BASE, "alone")
    begun(store)
    assert [run.id for run in store.runs(STATES)] == [alone]
    assert len(store.runs(STATES, with_trials=True)) == 3


def test_a_run_of_its_own_goes_before_the_runs_of_studies_that_queue(store: Store) -> None:
    study_id = begun(store)
    first, second = (run for run, _ in store.studies.trials(study_id))
    alone, later = store.create(BASE, "alone"), store.create(BASE, "later")
    assert [store.place_in_queue(run) for run in (alone, later, first, second)] == [1, 2, 3, 4]
    claimed_runs = [run.id for _ in range(4) for run in [store.claim("w", 4)] if run is not None]
    assert claimed_runs == [alone, later, first, second]


def test_studies_that_go_on_say_how_far_they_are(store: Store) -> None:
    study_id = begun(store)
    (first, _), _ = store.studies.trials(study_id)
    store.set_state(first, "finished")
    (progress,) = store.studies.going_on()
    assert (progress.study, progress.ended, progress.runs) == (study_id, 1, 2)
    finish(store, WIDTHS, study_id)
    assert store.studies.going_on() == []


def test_the_set_up_is_read_back_as_it_was(store: Store) -> None:
    study = store.studies.study(begun(store, narrow=7, guess="narrow"))
    assert study is not None
    assert studies.setup_of(WIDTHS, study) == Widths(narrow=7, guess="narrow")


def test_a_guess_is_judged_by_what_was_measured(store: Store) -> None:
    assert came_true(Widths(), studied(store, WIDTHS)) == "wide"


# --- how long -------------------------------------------------------------------------------------------------------


def test_the_steps_foreseen_are_those_that_are_made() -> None:
    for experiment in (BASE, BASE.but(training=BASE.training.but(unit="steps", steps=7))):
        trainer = Trainer(experiment)
        assert steps(experiment, 200) == trainer.total_steps


def test_more_work_is_foreseen_to_take_longer_and_more_workers_less(store: Store) -> None:
    wider = BASE.but(network=Network(layers=(Flatten(), Linear(units=512), ReLU())))
    assert foreseen_seconds(wider) > foreseen_seconds(BASE)
    runs = [BASE] * 8
    assert wait(store, runs, 2) == pytest.approx(wait(store, runs, 1) / 2)
    assert wait(store, [BASE], 4) == wait(store, [BASE], 1)


def test_a_slow_machine_is_known_by_its_latest_runs(store: Store) -> None:
    assert slowness(store) == 1
    long = BASE.but(training=BASE.training.but(epochs=1000))
    for _ in range(3):
        run_id = store.create(long, "slow")
        store.set_state(run_id, "finished", seconds=3 * foreseen_seconds(long))
    assert 3 * foreseen_seconds(long) > SHORTEST
    assert slowness(store) == pytest.approx(3)


@pytest.mark.usefixtures("no_mnist")
def test_runs_on_full_mnist_say_how_slow_a_machine_is_where_full_mnist_is_absent(store: Store) -> None:
    whole = BASE.but(data=BASE.data.but(source="mnist", training_digits=None))
    run_id = store.create(whole, "trained elsewhere")
    store.set_state(run_id, "finished", seconds=2 * foreseen_seconds(whole))
    assert slowness(store) == pytest.approx(2)


def test_what_is_left_shrinks_as_runs_end(store: Store) -> None:
    study_id = begun(store)
    before = left(store, found(store, study_id).outcomes, 1)
    (first, _), (second, _) = store.studies.trials(study_id)
    store.set_state(first, "finished")
    assert 0 < left(store, found(store, study_id).outcomes, 1) < before
    store.set_state(second, "finished")
    assert left(store, found(store, study_id).outcomes, 1) == 0


def test_planned_is_each_arm_with_each_seed() -> None:
    assert [(arm.name, seed) for arm, seed in planned(WIDTHS, Widths(seed=1, seeds=2))] == [
        ("wide", 1),
        ("narrow", 1),
        ("wide", 2),
        ("narrow", 2),
    ]
