"""The page of the lab on overfitting: what Run makes, what stands there when it is over, and what can be added."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment import Experiment
from playground.labs.overfitting.lab import LAB
from playground.labs.overfitting.turning import branch_name
from playground.labs.study import setup_of
from playground.runs.store import Store
from playground.runs.studies import Study
from playground.ui.labs.overfitting_extras import source_of
from tests.lab_studies import finish
from tests.opened_pages import button, container, opened, walk


def page(**query: str) -> AppTest:
    return opened("overfitting.py", **query)


def text_of(block: Any) -> str:
    return "\n".join(str(getattr(one, "value", "")) for one in walk(block) if one.__class__.__name__ == "Markdown")


def answer(app: AppTest) -> str:
    return text_of(container(app, "answer"))


def study_of(store: Store, app: AppTest) -> Study:
    study = store.studies.study(app.query_params["study"])
    assert study is not None
    return study


def press(app: AppTest, label: str) -> AppTest:
    button(app, label).click().run()
    assert not app.exception
    return app


def knobs(app: AppTest, **values: float) -> AppTest:
    for name, value in values.items():
        next(one for one in app.select_slider if f".{name}@" in (one.key or "")).set_value(value)
    app.run()
    assert not app.exception
    return app


def over(store: Store, app: AppTest) -> AppTest:
    """The page after its study has ended."""
    study = study_of(store, app)
    finish(store, LAB.topic(study.topic), study.id)
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("topic", [topic.name for topic in LAB.topics])
def test_each_topic_opens_with_its_question_and_an_empty_answer(shared: Store, topic: str) -> None:
    app = page(topic=topic)
    assert app.header[0].value == LAB.topic(topic).question
    assert answer(app) == ""
    assert not button(app, "Run").disabled
    assert shared.runs(with_trials=True) == []


def test_run_makes_the_runs_that_the_arms_say_with_the_knobs_as_they_stand(shared: Store) -> None:
    app = press(knobs(page(), seeds=1, width=64, digits=100, epochs=5, label_noise=0.2), "Run")
    study = study_of(shared, app)
    runs = {trial.arm: shared.run(run_id) for run_id, trial in shared.studies.trials(study.id)}
    expected = LAB.topics[0].arms(setup_of(LAB.topics[0], study))
    experiments: dict[str, Experiment] = {name: run.experiment for name, run in runs.items() if run}
    assert experiments == {arm.name: arm.experiment for arm in expected}
    assert experiments["Overfit"].data.training_digits == 100
    assert experiments["Overfit"].data.label_noise == 0.2


def test_underfit_is_kept_from_learning_as_was_chosen(shared: Store) -> None:
    app = knobs(page(), seeds=1)
    group = next(one for one in app.button_group if ".underfit@" in (one.key or ""))
    group.set_value("learning rate 1e-5").run()
    study = study_of(shared, press(app, "Run"))
    runs = {trial.arm: shared.run(run_id) for run_id, trial in shared.studies.trials(study.id)}
    rates = {name: run.experiment.optimizer.learning_rate for name, run in runs.items() if run}
    assert rates == {"Overfit": 0.001, "Underfit": 1e-5, "Fit": 0.001}


def test_ended_runs_give_an_answer_in_measured_numbers(shared: Store) -> None:
    app = over(shared, press(knobs(page(), epochs=5, digits=30, seeds=1), "Run"))
    assert re.search(r"\d+\.\d % of the training digits are right.*\d+\.\d % of the validation digits", answer(app))
    assert "(1 seed)" in answer(app)


def test_branch_here_forks_a_run_at_the_turning_point_and_says_the_step(shared: Store) -> None:
    app = press(knobs(page(), epochs=120, digits=30, seeds=1), "Run")
    study = study_of(shared, app)
    for run_id, trial in shared.studies.trials(study.id):
        if trial.arm != "Overfit":  # of no interest here, and long
            shared.set_state(run_id, "failed", "left out")
    app.run()
    assert not [one for one in app.button if one.label == "with dropout"]  # not while it goes on
    over(shared, app)
    step = re.search(r"seed 0: step (\d+)", "\n".join(str(one.value) for one in app.markdown))
    assert step
    press(app, "with dropout")
    added = [run_id for run_id, trial in shared.studies.trials(study.id) if trial.arm == branch_name("dropout")]
    origin = shared.past.origin(added[0])
    assert origin is not None
    assert origin.step == int(step[1])
    run = shared.run(added[0])
    assert run is not None
    assert run.experiment.network.dropout == 0.5
    over(shared, app)
    assert "**Branch: dropout** changes validation accuracy by" in answer(app)
    assert button(app, "with dropout").disabled
    assert not button(app, "with more data").disabled


def test_a_failed_arm_is_shown_as_failed_and_the_others_keep_their_answer(shared: Store) -> None:
    app = press(knobs(page(), epochs=5, digits=30, seeds=1), "Run")
    runs = {trial.arm: run_id for run_id, trial in shared.studies.trials(study_of(shared, app).id)}
    shared.set_state(runs["Fit"], "failed", "not enough memory for this network")
    over(shared, app)
    words = "\n".join(str(one.value) for one in app.markdown)
    assert "failed" in words
    assert "not enough memory" in words
    assert "**Overfit**: 100.0 % of the training digits" in answer(app)
    assert "**Fit**" not in answer(app)


def test_the_remedies_that_were_picked_are_the_arms(shared: Store) -> None:
    app = page(topic="remedies")
    app.multiselect[0].set_value(["L1", "early stopping"]).run()
    press(app, "Run")
    arms = [trial.arm for _, trial in shared.studies.trials(study_of(shared, app).id)]
    assert arms == ["Overfit", "L1", "early stopping"] * 3  # seeds


def test_without_a_remedy_the_reason_stands_there_and_the_last_choice_holds(shared: Store) -> None:
    app = page(topic="remedies")
    app.multiselect[0].set_value([]).run()
    assert "at least 1" in app.error[0].value


def test_polynomials_are_answered_without_a_run_and_any_degree_can_be_looked_at(shared: Store) -> None:
    app = over(shared, press(page(topic="polynomials"), "Run"))
    assert "least at degree" in answer(app)
    assert shared.studies.trials(study_of(shared, app).id) == []
    app.slider[0].set_value(17).run()
    assert not app.exception


def test_folds_show_their_digits_before_any_run(shared: Store) -> None:
    app = page(topic="folds")
    captions = [caption.value for caption in app.caption]
    assert [f"fold {fold} · 250" in captions for fold in range(1, 6)] == [True] * 5
    assert "test · 3,750" in captions


def test_the_code_on_the_page_is_the_code_that_is_run(shared: Store) -> None:
    app = page(topic="scratch")
    assert app.code[0].value == source_of("from_scratch.py", "train_by_hand")
    assert "bernoulli_(1 - p) / (1 - p)" in app.code[0].value
    over(shared, press(knobs(app, width=8, epochs=5), "Run"))
    assert "Over 25 steps the loss of a batch differs by at most" in answer(app)
