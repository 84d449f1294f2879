"""What a host allows: what is within it begins, what exceeds it is refused with the number, and says the way out."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from playground.errors import SpecError
from playground.experiment import Conv2d, Data, Experiment, Flatten, Linear, Network, ReLU, Training
from playground.network.shapes import trace
from playground.presets import TEMPLATES
from playground.runs import control
from playground.runs.duration import steps, training_digits
from playground.runs.limits import MB, MOST_WAITING, NO_LIMITS, Limits, check, foreseen_end, needed
from playground.runs.memory import WORKER
from playground.runs.past import Origin
from playground.runs.settings import Settings, as_variables, settings
from playground.runs.store import Run, Store
from playground.runs.worker import Worker, reason
from playground.training.trainer import Trainer
from tests.benchmarks.bench_memory import CASES, growths
from tests.held_runs import LONG, SHORT, held, recorded, until
from tests.lab_studies import LAB, WIDTHS
from tests.strategies import networks

trainings = st.builds(
    Training,
    unit=st.sampled_from(["epochs", "steps"]),
    epochs=st.integers(1, 10_000),
    steps=st.integers(1, 10_000_000),
    batch_size=st.integers(2, 10_000),
)
experiments = st.builds(Experiment, network=networks, training=trainings)
CNN = TEMPLATES["CNN 32-64"]


def own_limits(experiment: Experiment, less: int = 0) -> dict[str, int]:
    """What the experiment takes, or so much less, as the three limits that are known before it starts."""
    return {
        "parameters": trace(experiment.network).parameters - less,
        "steps": steps(experiment, training_digits(experiment)) - less,
        "memory": WORKER + needed(experiment).total - less,
    }


def refusal(experiment: Experiment, limits: Limits) -> SpecError:
    with pytest.raises(SpecError) as caught:
        check(experiment, limits)
    return caught.value


# --- before the start -------------------------------------------------------------------------------------------------


@tries(max_examples=40)
@given(experiments)
def test_an_experiment_within_the_limits_is_never_refused(experiment: Experiment) -> None:
    check(experiment, Limits(**own_limits(experiment)))
    check(experiment, NO_LIMITS)


@tries(max_examples=40)
@given(experiments, st.sampled_from(["parameters", "steps"]))
def test_one_above_a_limit_is_refused_with_its_number_and_the_limit(experiment: Experiment, name: str) -> None:
    value, limit = (own_limits(experiment, less)[name] for less in (0, 1))
    message = refusal(experiment, Limits(**{name: limit})).message
    assert f"{value:,} {name} are more than this playground allows ({limit:,})" in message


@tries(max_examples=40)
@given(experiments)
def test_one_that_needs_more_memory_than_a_worker_may_have_is_refused_with_both(experiment: Experiment) -> None:
    message = refusal(experiment, Limits(memory=100 * MB)).message
    assert f"training needs about {(WORKER + needed(experiment).total) / MB:,.0f} MB" in message
    assert "a worker may have 100 MB" in message


@pytest.mark.parametrize("batch_size", [64, 512, 4096])
def test_the_epochs_that_a_refusal_names_are_the_most_that_fit(batch_size: int) -> None:
    experiment = CNN.but(training=CNN.training.but(epochs=1000, batch_size=batch_size))
    limits = Limits(steps=500)
    error = refusal(experiment, limits)
    assert error.field == "training.epochs"
    most = int(re.findall(r"at most (\d+) epochs", error.message)[0])
    check(experiment.but(training=experiment.training.but(epochs=most)), limits)
    refusal(experiment.but(training=experiment.training.but(epochs=most + 1)), limits)


def test_the_batch_size_that_a_refusal_names_is_the_largest_that_fits() -> None:
    experiment, limits = CNN.but(training=CNN.training.but(batch_size=2048)), Limits(memory=800 * MB)
    error = refusal(experiment, limits)
    assert error.field == "training.batch_size"
    most = int(re.findall(r"lower the batch size to ([\d,]+)", error.message)[0].replace(",", ""))
    check(experiment.but(training=experiment.training.but(batch_size=most)), limits)
    refusal(experiment.but(training=experiment.training.but(batch_size=most + 1)), limits)


def test_too_many_parameters_are_blamed_on_the_layer_with_the_most() -> None:
    network = Network(layers=(Conv2d(channels=4), Flatten(), Linear(units=500), ReLU()))
    assert "first Linear #1, which has 1,352,500" in refusal(Experiment(network=network), Limits(parameters=5)).message


def test_a_network_that_cannot_work_is_left_to_those_who_say_why() -> None:
    check(Experiment(network=Network(layers=(Conv2d(),))), Limits(parameters=1, steps=1, memory=MB))


def test_more_training_digits_than_there_are_are_left_to_those_who_say_why() -> None:
    check(Experiment(data=Data(training_digits=5000)), Limits(parameters=1, steps=1, memory=MB))


def test_nothing_that_is_refused_enters_the_queue(store: Store) -> None:
    store.limits = Limits(steps=39)
    with pytest.raises(SpecError, match=r"40 steps are more than this playground allows \(39\)"):
        store.create(SHORT, "refused")
    assert store.runs() == []


def test_a_study_is_refused_as_a_whole(store: Store) -> None:
    from playground.labs.study import begin

    store.limits = Limits(parameters=12_000)  # the narrow arm has 1,600
    with pytest.raises(SpecError, match="12,730 parameters"):
        begin(store, LAB, WIDTHS, WIDTHS.setup)
    assert store.runs(with_trials=True) == []
    assert store.studies.going_on() == []


def test_a_study_that_was_admitted_is_queued_whole_whatever_another_page_queues_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playground.labs.study import begin

    monkeypatch.setattr("playground.runs.limits.MOST_WAITING", 2)
    create = store.studies.create

    def beside_another(*asked: Any) -> str:
        store.create(SHORT, "of another page", owner="me")
        return create(*asked)

    monkeypatch.setattr(store.studies, "create", beside_another)
    begin(store, LAB, WIDTHS, WIDTHS.setup, "me")
    assert len(store.runs(with_trials=True)) == 1 + 2


def test_a_visitor_may_not_fill_the_queue(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.runs.limits.MOST_WAITING", 3)
    for _ in range(3):
        store.create(SHORT, "mine", owner="me")
    with pytest.raises(SpecError, match=r"where 3 of yours wait.*\(3\)"):
        store.create(SHORT, "one too many", owner="me")
    store.create(SHORT, "another's", owner="another")
    assert len(WIDTHS.arms(WIDTHS.setup)) < MOST_WAITING


def test_a_run_that_will_be_cut_short_is_warned_of() -> None:
    long = CNN.but(training=CNN.training.but(epochs=10_000))
    assert re.fullmatch(
        r"It would train for about [\d,]+ minutes; this playground gives a run 5 minutes of training, .* stops it.",
        foreseen_end(long, Limits(minutes=5)),
    )
    assert foreseen_end(CNN.but(training=CNN.training.but(epochs=1)), Limits(minutes=5)) == ""
    assert foreseen_end(long, NO_LIMITS) == ""


# --- in a worker ------------------------------------------------------------------------------------------------------


def claimed_by(worker: Worker, run_id: str) -> Run:
    worker.turn()
    run = worker.store.run(run_id)
    assert run is not None
    return run


def test_a_worker_refuses_what_a_server_with_wider_limits_has_queued(store: Store) -> None:
    run_id = store.create(SHORT, "wide")
    store.limits = Limits(parameters=100)
    run = claimed_by(Worker("narrow", store, 4), run_id)
    assert (run.state, run.step) == ("failed", 0)
    assert "more than this playground allows (100)" in run.message


def test_a_run_is_stopped_when_its_minutes_are_over_and_keeps_its_curve_and_checkpoint(store: Store) -> None:
    active = held(store, LONG)
    store.limits = Limits(minutes=1)
    active.turn(1e-9)
    assert not active.has_ended
    active.seconds = 60
    active.turn(1e-9)
    run = store.run(active.id)
    assert run is not None
    assert run.state == "stopped"
    assert run.message == "stopped at step 2: this playground gives a run 1 minute of training"
    assert len(recorded(store, run.id).stepped["step"]) == 2
    assert store.past.checkpoint(run.id).exists()
    assert store.finals.of([run.id])[run.id].step == 2


def test_a_run_whose_minutes_are_over_is_not_resumed(store: Store) -> None:
    active = held(store, LONG)
    store.limits = Limits(minutes=1)
    active.seconds = 60
    active.turn(1e-9)
    with pytest.raises(SpecError, match="it can't go on: this playground gives a run 1 minute"):
        control.resume(store, active.id)
    assert until(store, active.id, lambda run: True).state == "stopped"


def test_a_forks_minutes_begin_with_itself(store: Store) -> None:
    """That is the way out for a run whose minutes are over."""
    parent = held(store, LONG)
    store.limits = Limits(minutes=1)
    parent.seconds = 60
    parent.turn(1e-9)
    fork = held(store, LONG, origin=Origin(parent.id, 1))
    fork.turn(1e-9)
    assert fork.seconds > 60
    assert not fork.has_ended
    fork.seconds += 60
    fork.turn(1e-9)
    assert fork.has_ended


def test_a_batch_size_that_would_exceed_a_limit_is_refused_while_the_run_goes_on(store: Store) -> None:
    active = held(store, SHORT)
    store.limits = Limits(steps=100)
    with pytest.raises(SpecError, match=r"2,000 steps are more than this playground allows \(100\)"):
        active.change("training.batch_size", 1)
    assert active.trainer.live["training.batch_size"] == 50
    active.change("training.batch_size", 100)
    assert active.trainer.live["training.batch_size"] == 100


def test_a_worker_leaves_a_run_that_does_not_fit_beside_those_it_trains(store: Store) -> None:
    first, second = store.create(LONG, "first"), store.create(LONG, "second")
    worker = Worker("w", store, 4)
    one = needed(LONG).total
    store.limits = Limits(memory=WORKER + 2 * one - 1)
    worker.turn()
    worker.claimed = 0.0
    worker.turn()
    assert list(worker.active) == [first]
    store.limits = Limits(memory=WORKER + 2 * one)
    worker.claimed = 0.0
    worker.turn()
    assert list(worker.active) == [first, second]


def test_a_network_that_cannot_work_fails_beside_one_that_trains(store: Store) -> None:
    first = store.create(LONG, "first")
    second = store.create(LONG.but(network=Network(layers=(Linear(),))), "second")
    worker = Worker("w", store, 4)
    store.limits = Limits(memory=2000 * MB)
    worker.turn()
    worker.claimed = 0.0
    assert claimed_by(worker, second).state == "failed"
    assert list(worker.active) == [first]


OUT_OF_MEMORY = """
import numpy as np, torch
from playground.runs.machine import confine
from playground.runs.worker import reason
from tests.benchmarks.bench_memory import resident

kept = torch.ones(25_000_000)
confine(resident("RssAnon") + 300_000_000)
for ask in (lambda: torch.ones(100_000_000), lambda: np.ones(50_000_000)):
    try:
        ask()
    except Exception as error:
        print(reason(error, 500_000_000))
print(int((kept + 1).sum()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process holds")
def test_a_process_that_is_confined_gets_an_error_for_what_is_too_much_and_lives_on() -> None:
    done = subprocess.run([sys.executable, "-c", OUT_OF_MEMORY], capture_output=True, text=True, check=True)
    refused = "not enough memory for this network and batch size (a worker may have 500 MB): make one of them smaller"
    assert done.stdout.splitlines() == [refused, refused, "50000000"]


def test_a_run_without_memory_fails_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = store.create(LONG, "too large"), store.create(SHORT, "small")
    worker = Worker("w", store, 4)
    store.limits = Limits(memory=2000 * MB)
    advance = Trainer.advance

    def fail(trainer: Trainer) -> object:
        if trainer.experiment == LONG:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000 bytes.")
        return advance(trainer)

    monkeypatch.setattr(Trainer, "advance", fail)
    assert control.wait(lambda: claimed_by(worker, second).state == "finished", 60)
    run = claimed_by(worker, first)
    assert run.state == "failed"
    assert run.message == reason(MemoryError(), 2000 * MB)


# --- settings ---------------------------------------------------------------------------------------------------------

VARIABLES = {
    "PLAYGROUND_PARAMETERS": "2000000",
    "PLAYGROUND_STEPS": "10000",
    "PLAYGROUND_MINUTES": "10",
    "PLAYGROUND_WORKER_MB": "2000",
    "PLAYGROUND_RUNS_A_VISITOR": "2",
}


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    return monkeypatch


def test_limits_are_read_from_the_environment(unset: pytest.MonkeyPatch) -> None:
    for variable, value in VARIABLES.items():
        unset.setenv(variable, value)
    assert settings().limits == Limits(2_000_000, 10_000, 10, 2_000_000_000, 2)


def test_without_a_word_from_the_host_only_memory_is_limited_so_that_all_workers_fit(
    unset: pytest.MonkeyPatch,
) -> None:
    unset.setattr("playground.runs.settings.memory_bytes", lambda: 16_000 * MB)
    unset.setenv("PLAYGROUND_WORKERS", "4")
    assert settings().limits == Limits(memory=3_000 * MB)
    unset.setattr("playground.runs.settings.memory_bytes", lambda: None)
    assert settings().limits == NO_LIMITS


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "1e3"])
def test_a_limit_that_makes_no_sense_ends_the_start_with_a_sentence(
    unset: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    unset.setenv(variable, value)
    with pytest.raises(SystemExit, match=rf"{variable} is '{re.escape(value)}': give a whole number from \d+ up"):
        settings()


def test_a_worker_that_is_started_reads_the_same_settings(unset: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for limits in (Limits(2_000_000, 10_000, 10, 2_000_000_000, 2), Limits(memory=700 * MB)):
        chosen = Settings(tmp_path, "sqlite:///here.sqlite", 3, 5, limits)
        for variable, value in as_variables(chosen).items():
            unset.setenv(variable, value)
        assert settings() == chosen


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_foreseen_is_near_what_runs_take() -> None:
    cases = [CASES[name] for name in ("CNN 32-64, batch 1,024", "MLP 2,048-2,048, SGD")]
    short = [case.but(training=case.training.but(steps=2)) for case in cases]
    for experiment, real in zip(short, growths(short), strict=True):
        assert 0.6 < needed(experiment).total / real < 1.9


def test_more_of_anything_takes_more_memory() -> None:
    wider = CNN.but(network=Network(layers=(*CNN.network.layers, Linear(units=500), ReLU())))
    larger = CNN.but(training=CNN.training.but(batch_size=128))
    amsgrad = CNN.but(optimizer=CNN.optimizer.but(kind="AMSGrad"))
    sgd = CNN.but(optimizer=CNN.optimizer.but(kind="SGD"))
    assert needed(wider).weights > needed(CNN).weights
    assert needed(larger).batch == 2 * needed(CNN).batch
    for less, more in pairwise((sgd, CNN, amsgrad)):
        assert needed(less).weights < needed(more).weights
