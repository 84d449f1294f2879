"""The page Race: what Run makes, and what stands there before, while and after."""

import pytest
from streamlit.testing.v1 import AppTest

from playground.labs.race.lab import LAB, RACE
from playground.labs.race.race import RaceSetup, Sweep
from playground.labs.study import begin
from playground.presets import TEMPLATES
from playground.runs.imports import Imported
from playground.runs.past import Origin
from playground.runs.store import Run, Store
from tests.lab_studies import BASE, finish
from tests.opened_pages import button, opened, trained

RATES = Sweep(setting="learning rate", values=(0.001, 0.01))


def page(**query: str) -> AppTest:
    return opened("race.py", **query)


def press(app: AppTest, label: str) -> AppTest:
    button(app, label).click().run()
    assert not app.exception
    return app


def values(app: AppTest, text: str, setting: str = "learning rate") -> AppTest:
    next(one for one in app.text_input if one.label == f"Values of {setting}").set_value(text).run()
    assert not app.exception
    return app


def choose(app: AppTest, label: str, option: str) -> AppTest:
    next(one for one in app.selectbox if one.label == label).set_value(option).run()
    assert not app.exception
    return app


def made(store: Store, app: AppTest) -> dict[str, Run]:
    trials = store.studies.trials(app.query_params["study"])
    return {trial.arm: run for run_id, trial in trials if (run := store.run(run_id))}


def said(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.markdown)


def test_it_begins_with_the_experiment_in_the_editors_and_run_makes_an_arm_for_each_value(shared: Store) -> None:
    app = page()
    assert shared.runs(with_trials=True) == []
    app = press(values(app, "0.1 0.001, 0.01"), "Run")
    base = TEMPLATES["CNN 16-32"]
    rates = (0.001, 0.01, 0.1)
    expected = {f"learning rate {rate}": base.but(optimizer=base.optimizer.but(learning_rate=rate)) for rate in rates}
    assert {name: run.experiment for name, run in made(shared, app).items()} == expected
    assert "learning rate 0.001" in "\n".join(str(one.proto.body) for one in app.get("html"))


def test_a_value_that_cannot_be_is_said_and_nothing_can_be_run(shared: Store) -> None:
    app = values(page(), "0.001, fast")
    assert "“fast” is no number" in app.error[0].value
    assert button(app, "Run").disabled
    app = values(app, "0.001")
    assert "learning rate 0.001 alone is no race" in app.error[0].value
    app = values(app, "0.001, 100")
    assert "learning rate 100: " in app.error[0].value
    app = values(app, "0.001, 0.01")
    assert not app.error
    assert not button(app, "Run").disabled


def test_another_setting_comes_with_values_to_try_and_a_second_one_makes_a_grid(shared: Store) -> None:
    app = choose(page(), "Setting", "optimizer")
    assert app.multiselect[0].value == ["SGD", "Momentum", "Adam", "AdamW", "RMSprop"]
    app = choose(app, "And", "batch size")
    app = values(app, "32, 64", "batch size")
    app = press(app, "Run")
    assert len(made(shared, app)) == 10
    assert made(shared, app)["optimizer AdamW, batch size 32"].experiment.optimizer.kind == "AdamW"
    assert [one.label for one in app.expander] == ["The 10 arms"]


def test_more_training_digits_than_there_are_is_said_before_it_runs(shared: Store) -> None:
    app = values(choose(page(), "Setting", "training digits"), "100, 4000", "training digits")
    assert "4,000" in app.error[0].value
    assert button(app, "Run").disabled


def test_a_link_from_a_run_races_its_experiment_and_the_editors_can_be_taken_instead(shared: Store) -> None:
    run_id = trained(shared, BASE)
    app = page(run=run_id)
    app = press(app, "Take the set-up in Train")
    assert "CNN 16-32" in said(app)
    app = press(page(run=run_id), "Run")
    run = shared.run(run_id)
    assert run is not None
    experiments = {run.experiment.optimizer.learning_rate: run.experiment for run in made(shared, app).values()}
    assert experiments[0.001] == run.experiment


def test_what_a_race_does_not_take_over_from_its_run_is_said(shared: Store) -> None:
    parent = trained(shared, BASE)
    imported = shared.create(BASE, "imported", imported=Imported("theirs.pt", "0" * 64))
    fork = shared.create(BASE, "fork", origin=Origin(parent, 1))
    for run_id, said in ((parent, ""), (imported, "the weights of theirs.pt."), (fork, "step 1 of trained.")):
        captions = [one.value for one in page(run=run_id).caption]
        found = [text for text in captions if "Not taken over" in text]
        assert [text.partition("from the run: ")[2] for text in found] == ([said] if said else [])


def test_a_study_of_the_address_is_found_again_with_its_answer(shared: Store) -> None:
    setup = RaceSetup(experiment=BASE, sweeps=(RATES,))
    study_id = begin(shared, LAB, RACE, setup)
    runs = {trial.arm: run_id for run_id, trial in shared.studies.trials(study_id)}
    app = page(study=study_id)
    assert "queued" in said(app)
    assert "What came out" not in [one.value for one in app.subheader]
    finish(shared, RACE, study_id)
    app = page(study=study_id)
    assert [one.value for one in app.subheader] == ["What came out"]
    assert "has the lowest validation loss" in said(app)
    shared.set_state(runs["learning rate 0.01"], "failed", "not enough memory")
    assert "not enough memory" in said(page(study=study_id))


@pytest.mark.parametrize("query", [{"study": "s0"}, {"run": "r0"}])
def test_what_is_not_there_is_said_and_the_editors_are_raced(shared: Store, query: dict[str, str]) -> None:
    app = page(**query)
    assert "There is no" in app.warning[0].value
    assert "CNN 16-32" in said(app)
