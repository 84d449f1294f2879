"""A press of Run: its runs are made and its questions asked; later, what has come of them."""

import json
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import pandas as pd

from playground.experiment import Experiment
from playground.labs.outcome import CURVE, Outcome, Results
from playground.labs.topic import Arm, Lab, Setup, Topic, planned, with_seed
from playground.runs import control
from playground.runs.journal import curves
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from playground.runs.studies import Study, Trial


class Tables(NamedTuple):
    """What a run's journal has, the evaluations with their epochs."""

    evaluated: pd.DataFrame
    stepped: pd.DataFrame
    layers: pd.DataFrame
    changed: pd.DataFrame


OVER = ("done", "failed")  # states of a question


def begin(store: Store, lab: Lab, topic: Topic, setup: Setup, owner: str = "") -> str:
    """Queue all runs of a set-up; returns the study's id. `owner`: whose runs they are.

    Raises `SpecError` where the host's limits have no room for all of them.
    """
    plan = planned(topic, setup)
    store.admit((with_seed(arm.experiment, seed) for arm, seed in plan), owner)
    asked = setup.model_dump(mode="json")
    task = store.questions.ask(topic.task, asked) if topic.task else None
    study_id = store.studies.create(lab.name, topic.name, json.dumps(asked), len(plan), task)
    for arm, seed in plan:
        trial = Trial(study_id, arm.name, seed)
        store.create(with_seed(arm.experiment, seed), arm.name, trial=trial, owner=owner, admitted=True)
    return study_id


def add(
    store: Store,
    study_id: str,
    arm: str,
    experiment: Experiment,
    seed: int,
    origin: Origin | None = None,
    owner: str | None = None,
) -> str:
    """Queue one more run of a study; returns the run's id. It is its study's owner's, where no other is given."""
    whose = owner_of(store, study_id) if owner is None else owner
    trial = Trial(study_id, arm, seed)
    return store.create(with_seed(experiment, seed), arm, origin=origin, trial=trial, owner=whose)


def owner_of(store: Store, study_id: str) -> str:
    """Whose a study's first run is; "" before there is one."""
    trials = store.studies.trials(study_id)
    return store.library.owner_of(trials[0][0]) if trials else ""


def stop(store: Store, study_id: str) -> None:
    """End all that goes on of a study."""
    for run_id, _ in reversed(store.studies.trials(study_id)):  # those that queue first: else they would begin
        if control.state_of(store, run_id) in ("queued", "running", "paused"):
            control.stop(store, run_id)


def lost(store: Store, study_id: str) -> list[str]:
    """The runs of a study whose worker ended before they did."""
    return [run_id for run_id, _ in store.studies.trials(study_id) if control.state_of(store, run_id) == "lost"]


def resume(store: Store, study_id: str) -> None:
    """Let all lost runs of a study go on from their last checkpoints."""
    for run_id in lost(store, study_id):
        store.requeue(run_id, ("lost",))


def setup_of(topic: Topic, study: Study) -> Setup:
    """What the reader had set; raises `ValidationError` where this version has other knobs."""
    return type(topic.setup).model_validate_json(study.setup)


def results(store: Store, topic: Topic, study: Study) -> Results:
    """What has come of a study so far; asks the workers what is due."""
    arms = {arm.name: arm for arm in topic.arms(setup_of(topic, study))}
    trials = store.studies.trials(study.id)
    runs = [(run, trial) for run_id, trial in trials for run in [store.run(run_id)] if run is not None]
    asked = store.studies.questions([run.id for run, _ in runs])
    outcomes, is_waiting = [], False
    for run, trial in runs:
        due = kinds_due(store, topic, run)
        for kind in due:
            if (run.id, kind) not in asked:
                asked[run.id, kind] = (store.questions.ask(kind, {}, run.id), "waiting")
        is_waiting |= run.is_live or any(asked[run.id, kind][1] not in OVER for kind in due)
        answers = {kind: asked[run.id, kind][0] for kind in due if asked[run.id, kind][1] in OVER}
        # Forks that a reader added are no arms of the plan.
        arm = arms.get(trial.arm) or Arm(trial.arm, run.experiment)
        outcomes.append(outcome_of(store, run, arm, trial.seed, answers))
    answered, problem = answer_to(store, study.task) if study.task is not None else (None, "")
    is_waiting |= study.task is not None and store.questions.state(study.task) not in OVER
    return Results(tuple(outcomes), answered, problem, is_over=not is_waiting)


def kinds_due(store: Store, topic: Topic, run: Run) -> tuple[str, ...]:
    """What workers can be asked about a run by now."""
    begun = topic.at_start if topic.at_start and store.past.kept(run.id) else ()
    return (*begun, *(topic.at_end if run.state == "finished" else ()))


def outcome_of(store: Store, run: Run, arm: Arm, seed: int, answers: dict[str, int]) -> Outcome:
    tables = tables_of(store, run)
    answered = {kind: answer_to(store, task) for kind, task in answers.items()}
    return Outcome(
        arm=replace(arm, experiment=run.experiment),
        seed=seed,
        run_id=run.id,
        state=run.state,
        message=run.message,
        step=run.step,
        total_steps=run.total_steps,
        seconds_left=run.seconds_left if run.is_live else None,
        evaluated=tables.evaluated,
        stepped=tables.stepped,
        layers=tables.layers,
        layer_names=run.layers,
        measured={kind: content for kind, (content, problem) in answered.items() if not problem},
        problems={kind: problem for kind, (_, problem) in answered.items() if problem},
        is_changed=len(tables.changed) > 0,
    )


def tables_of(store: Store, run: Run) -> Tables:
    if run.is_live:
        return read_tables(store, run.id)
    return ended_tables(store, run.id, run.attempt, run.step)


@lru_cache(maxsize=256)
def ended_tables(store: Store, run_id: str, attempt: int, step: int) -> Tables:
    """Of a run that writes no more: read once."""
    return read_tables(store, run_id)


def read_tables(store: Store, run_id: str) -> Tables:
    found = curves(events for _, events in store.chunks(run_id))
    stepped = found.table("stepped")
    evaluated = with_epochs(found.table("evaluated"), stepped)
    return Tables(evaluated, stepped, found.table("layers"), found.table("changed"))


def answer_to(store: Store, task: int) -> tuple[Any, str]:
    """(JSON, why there is none) of a question; both empty while it waits."""
    if store.questions.state(task) not in OVER:
        return None, ""
    return final_answer(store, task)


@lru_cache(maxsize=512)
def final_answer(store: Store, task: int) -> tuple[Any, str]:
    found = store.questions.get(task)
    if found is None or found.result is None:
        return None, found.message if found and found.message else "there is no answer"
    return json.loads(found.result), ""


def with_epochs(evaluated: pd.DataFrame, stepped: pd.DataFrame) -> pd.DataFrame:
    """The evaluations with how many epochs had been done by then."""
    epochs = dict(chain([(0, 0.0)], zip(stepped["step"], stepped["epoch"], strict=True)))
    return evaluated.assign(epoch=[epochs.get(step, float("nan")) for step in evaluated["step"]])[list(CURVE)]
