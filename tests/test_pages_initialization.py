"""Page Initialization, without a browser: its topics, Run, answers, a failed arm, and permuted units."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.labs.initialization.deep import STARTS
from playground.labs.initialization.lab import LAB
from playground.labs.initialization.numbers import NUMBERS
from playground.labs.initialization.signal import SIGNAL
from playground.labs.initialization.symmetry import SYMMETRY
from playground.labs.study import begin, results
from playground.runs import control, tasks
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.ui.labs.initialization import CONTROLS
from tests.lab_studies import finish, run_study
from tests.opened_pages import button, container, has_key, opened, texts, walk

PAGE = "initialization.py"
SMALL = {"layers": 2, "width": 16, "seeds": 1}


def control_of(app: AppTest, label: str) -> Any:
    return next(found for found in walk(app.main) if getattr(found, "label", None) == label)


def test_each_topic_has_its_controls_and_opens_with_an_empty_answer(shared: Store) -> None:
    assert [*CONTROLS] == [topic.name for topic in LAB.topics]
    for topic in LAB.topics:
        app = opened(PAGE, topic=topic.name)
        assert app.title[0].value == "Initialization"
        assert app.header[0].value == topic.question
        assert not container(app, "answer").children


def test_run_makes_a_run_of_each_chosen_initialization_with_each_seed(shared: Store) -> None:
    app = opened(PAGE)
    control_of(app, "Initializations").set_value(["zeros", "He"])
    control_of(app, "Hidden layers").set_value(3)
    control_of(app, "Repeat over seeds").set_value(2)
    button(app, "Run").click().run()
    assert not app.exception
    (progress,) = shared.studies.going_on()
    trials = shared.studies.trials(progress.study)
    assert [(trial.arm, trial.seed) for _, trial in trials] == [("He", 0), ("zeros", 0), ("He", 1), ("zeros", 1)]
    for run_id, trial in trials:
        run = shared.run(run_id)
        assert run is not None
        assert run.experiment.network.initialization == STARTS["He" if trial.arm == "He" else "zeros"]
        assert sum(layer.kind == "ReLU" for layer in run.experiment.network.layers) == 3


def test_without_an_initialization_the_last_choice_stays_and_the_reason_is_said(shared: Store) -> None:
    app = opened(PAGE)
    control_of(app, "Initializations").set_value([]).run()
    assert not app.exception
    assert app.error[0].value.startswith("no initialization is chosen: choose one or more")
    assert [any(has_key(one, f"arm-{place}") for one in walk(app.main)) for place in range(5)] == [True] * 4 + [False]


def test_the_answer_has_the_numbers_of_the_runs(shared: Store) -> None:
    study_id = run_study(shared, SIGNAL, LAB, **SMALL, starts=("too small", "He"))
    study = shared.studies.study(study_id)
    assert study is not None
    finals = results(shared, SIGNAL, study).finals().set_index("arm")["validation_accuracy"]
    said = texts(container(opened(PAGE, study=study_id), "answer"))
    assert "on 500 training digits, eval mode, 1 seed" in said
    assert f"He {100 * finals['He']:.1f} % (1 seed)" in said
    assert f"too small {100 * finals['too small']:.1f} % (1 seed)" in said


def test_a_failed_arm_is_shown_as_failed_and_the_others_stay(shared: Store) -> None:
    study_id = begin(shared, LAB, SIGNAL, SIGNAL.setup.but(**SMALL, starts=("too small", "He")))
    broken = next(run for run, trial in shared.studies.trials(study_id) if trial.arm == "too small")
    shared.set_state(broken, "failed", "the disk is full")
    finish(shared, SIGNAL, study_id)
    app = opened(PAGE, study=study_id)
    cards = [texts(container(app, f"arm-{place}")) for place in range(2)]
    assert ["failed" in card for card in cards] == [False, True]
    assert "the disk is full" in cards[1]
    assert "**He**: signal from layer 1 to 2" in texts(container(app, "answer"))


def test_products_need_no_run_and_their_answer_says_the_norm(shared: Store) -> None:
    study_id = run_study(shared, NUMBERS, LAB)
    assert not shared.studies.trials(study_id)
    assert "10 to the power of" in texts(container(opened(PAGE, study=study_id), "answer"))


# --- permuted units -------------------------------------------------------------------------------------------------


def permuted_here(store: Store, run_id: str, layer: str, draw: int) -> Task | None:
    task = store.questions.ask("permutation", {"layer": layer, "draw": draw}, run_id)
    tasks.answer(store, "here")
    return store.questions.get(task)


def test_permuting_units_shows_the_order_and_each_press_another(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "permute_units", permuted_here)
    app = opened(PAGE, study=run_study(shared, SYMMETRY, LAB, width=8, steps=50, seeds=1))
    assert not app.metric
    orders = []
    for _ in range(2):
        button(app, "Permute at random").click().run()
        assert not app.exception
        change, control_change, largest = (float(metric.value) for metric in app.metric)
        assert change < 1e-4 * largest < control_change
        orders.append(next(text.value for text in app.markdown if "before: `0 1 2 3 4 5 6 7`" in text.value))
    assert orders[0] != orders[1]
    assert all("Units of Linear #1" in order for order in orders)


def test_a_busy_crew_is_said_to_be_busy(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "permute_units", lambda *asked: None)
    app = opened(PAGE, study=run_study(shared, SYMMETRY, LAB, width=8, steps=50, seeds=1))
    button(app, "Permute at random").click().run()
    assert "No worker was free in time" in app.error[0].value
    assert not app.metric


def test_before_any_run_there_is_nothing_to_permute(shared: Store) -> None:
    app = opened(PAGE, topic="symmetry")
    assert all(found.label != "Permute at random" for found in app.button)
