"""The frame of every lab's page, with a small lab in it: what a click does, and what the page says."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from playground.errors import SpecError
from playground.experiment import Flatten, Linear, Network, ReLU
from playground.labs.claims import Claim
from playground.labs.topic import Arm
from playground.runs.active import ActiveRun
from playground.runs.states import STATES
from playground.runs.store import Control, Run, Store
from playground.ui.lab import Controls
from playground.ui.lab_results import judged, sentence, standing
from playground.ui.widgets import number
from tests.lab_studies import BASE, LAB, WIDTHS, Widths, finish, studied
from tests.opened_pages import button, container, opened, texts

BROKEN = BASE.but(network=Network(layers=(Linear(units=2),)))
OTHER = replace(WIDTHS, name="other", title="Other", question="And the other?", guesses=())


@pytest.fixture(autouse=True)
def small_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = replace(LAB, topics=(WIDTHS, OTHER))
    controls = Controls(lambda keys, setup: number(keys, "narrow", setup, "Narrow", step=1, help="Units."))
    monkeypatch.setattr("playground.labs.overfitting.lab.LAB", lab)
    monkeypatch.setattr("playground.ui.labs.overfitting.CONTROLS", {"widths": controls, "other": controls})


def lab(**query: str) -> AppTest:
    return opened("overfitting.py", **query)


def trials(store: Store) -> list[Run]:
    return store.runs(STATES, with_trials=True)


def answer(app: AppTest) -> str:
    return texts(container(app, "answer"))


def ended(app: AppTest, store: Store) -> AppTest:
    finish(store, WIDTHS, app.query_params["study"])
    return app.run()


def test_before_the_first_run_there_is_a_question_and_no_answer(shared: Store) -> None:
    app = lab()
    assert [header.value for header in app.header] == ["Does width help?"]
    assert answer(app) == ""
    assert "not run yet" in texts(app.main)
    assert trials(shared) == []


def test_run_makes_the_runs_of_all_arms_and_puts_the_study_into_the_address(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    study = shared.studies.study(app.query_params["study"])
    assert study is not None
    assert (study.lab, study.topic) == (LAB.name, "widths")
    assert sorted(run.name for run in trials(shared)) == ["narrow", "wide"]
    assert answer(app) == ""


def test_a_queue_that_filled_since_run_was_drawn_is_said_beside_it(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise SpecError("run", "2 more in the queue would be too many")

    monkeypatch.setattr("playground.labs.study.begin", full)
    app = button(lab(), "Run").click().run()
    assert not app.exception
    assert "2 more in the queue would be too many" in texts(app.main)
    assert trials(shared) == []


def test_an_edit_and_a_click_in_one_go_run_with_the_edit(shared: Store) -> None:
    app = lab()
    app.number_input[0].set_value(5)
    button(app, "Run").click().run()
    sizes = {layer.units for run in trials(shared) for layer in run.experiment.network.layers if layer.kind == "Linear"}
    assert sizes == {16, 5}


def test_the_answer_says_what_was_measured_and_how_the_guess_did(shared: Store) -> None:
    app = lab()
    app.segmented_control(key="overfitting.widths.guess@0").set_value("narrow")
    button(app, "Run").click().run()
    app = ended(app, shared)
    assert "The wide one is ahead by +" in answer(app)
    assert "(1 seed)" in answer(app)
    assert "You guessed “narrow”. It was “wide”." in answer(app)


def test_a_failed_arm_is_shown_as_failed_and_the_others_stay(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = replace(WIDTHS, arms=lambda _: (Arm("wide", BASE), Arm("broken", BROKEN)))
    monkeypatch.setattr("playground.labs.overfitting.lab.LAB", replace(LAB, topics=(topic, OTHER)))
    app = lab()
    button(app, "Run").click().run()
    finish(shared, topic, app.query_params["study"])
    app.run()
    assert not app.exception
    assert "**failed**" in texts(app.main)
    assert ":green[finished]" in texts(app.main)
    assert "No answer" in answer(app)


def test_leaving_the_page_and_coming_back_finds_the_lab_as_it_was(shared: Store) -> None:
    app = lab()
    app.number_input[0].set_value(5)
    button(app, "Run").click().run()
    app = ended(app, shared)
    before = answer(app)
    app.switch_page("home.py").run()
    app.switch_page("overfitting.py").run()
    assert answer(app) == before != ""
    assert app.number_input[0].value == 5


def test_a_link_to_a_study_shows_it_with_its_set_up_to_whoever_opens_it(shared: Store) -> None:
    studied(shared, OTHER, narrow=7)
    (run, *_) = trials(shared)
    with shared.engine.connect() as connection:
        study = connection.exec_driver_sql("select study from trials where run = ?", (run.id,)).scalar_one()
    app = lab(study=study)
    assert [header.value for header in app.header] == ["And the other?"]
    assert app.number_input[0].value == 7
    assert "ahead by" in answer(app)


def test_a_link_to_no_study_says_so_and_the_page_works(shared: Store) -> None:
    app = lab(study="s-nothing")
    assert any("no study s-nothing" in warning.value for warning in app.warning)
    assert not button(app, "Run").disabled


def test_a_link_can_name_a_topic(shared: Store) -> None:
    assert [header.value for header in lab(topic="other").header] == ["And the other?"]


def test_each_topic_keeps_its_own_study(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    first = app.query_params["study"]
    app.segmented_control[0].set_value("Other").run()
    assert "study" not in app.query_params
    assert "not run yet" in texts(app.main)
    app.segmented_control[0].set_value("Widths").run()
    assert app.query_params["study"] == first


def test_a_knob_that_moves_after_the_run_is_told(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    assert all("knobs have moved" not in caption.value for caption in app.caption)
    app.number_input[0].set_value(9).run()
    assert any("knobs have moved" in caption.value for caption in app.caption)


def test_stop_ends_all_runs_of_the_study(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    button(app, "Stop").click().run()
    assert {run.state for run in trials(shared)} == {"stopped"}
    assert all(found.label != "Stop" for found in app.button)


def test_another_run_ends_what_goes_on_of_the_one_before(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    first = {run.id for run in trials(shared)}
    button(app, "Run").click().run()
    assert {run.state for run in trials(shared) if run.id in first} == {"stopped"}
    assert {run.state for run in trials(shared) if run.id not in first} == {"queued"}


def test_a_run_on_somebodys_link_leaves_their_study_alone(shared: Store) -> None:
    theirs = lab()
    button(theirs, "Run").click().run()
    before = {run.id for run in trials(shared)}
    mine = lab(study=theirs.query_params["study"])
    button(mine, "Run").click().run()
    assert mine.query_params["study"] != theirs.query_params["study"]
    assert {run.state for run in trials(shared) if run.id in before} == {"queued"}


def test_a_guess_is_its_readers_own(shared: Store) -> None:
    theirs = lab()
    theirs.segmented_control(key="overfitting.widths.guess@0").set_value("narrow")
    button(theirs, "Run").click().run()
    theirs = ended(theirs, shared)
    assert "You guessed" in answer(theirs)
    assert "You guessed" not in answer(lab(study=theirs.query_params["study"]))


def test_lost_runs_go_on_at_a_press(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    assert all("lost" not in found.label for found in app.button)
    for run in trials(shared):
        shared.set_state(run.id, "lost", "its worker was killed")
    button(app.run(), "Resume 2 lost").click().run()
    assert {run.state for run in trials(shared)} == {"queued"}


def test_an_arm_that_was_changed_while_it_ran_says_so(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    run = shared.claim("w", 2)
    assert run is not None
    ActiveRun(run, shared).obey(Control(0, run.id, "change", {"field": "optimizer.learning_rate", "value": 0.01}))
    assert "**changed**" in texts(app.run().main)


def test_an_arm_opens_in_train_as_a_set_up_before_it_runs_and_as_its_run_later(shared: Store) -> None:
    app = lab()
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Open in Train"]
    assert links == []
    [found for found in app.button if found.label == "Open in Train"][1].click().run()
    narrow = next(found for found in app.number_input if found.label == "units")
    assert narrow.value == 2
    app = lab()
    button(app, "Run").click().run()
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Open in Train"]
    assert {link.query_string for link in links} == {f"run={run.id}" for run in trials(shared)}


def test_what_can_not_be_trained_is_said_beside_run_which_is_disabled(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Widths) -> tuple[Arm, ...]:
        raise SpecError("narrow", "too narrow: widen it")

    topic = replace(WIDTHS, arms=refuse, charts=lambda *_: [])
    monkeypatch.setattr("playground.labs.overfitting.lab.LAB", replace(LAB, topics=(topic, OTHER)))
    app = lab()
    assert button(app, "Run").disabled
    assert any("too narrow" in error.value for error in app.error)


def test_the_sidebar_says_how_far_a_study_is(shared: Store) -> None:
    app = lab()
    button(app, "Run").click().run()
    study = app.query_params["study"]
    app.switch_page("home.py").run()
    (link,) = [link.proto for link in app.get("page_link") if "runs" in link.proto.label]
    assert link.label == "Overfitting · 0 of 2 runs"
    assert link.query_string == f"study={study}"


def test_many_arms_fold_into_a_list_that_still_names_what_failed(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = [BASE.but(network=Network(layers=(Flatten(), Linear(units=units), ReLU()))) for units in range(1, 10)]
    arms = (*(Arm(f"width {place}", one) for place, one in enumerate(wide)), Arm("broken", BROKEN))
    topic = replace(WIDTHS, arms=lambda _: arms)
    monkeypatch.setattr("playground.labs.overfitting.lab.LAB", replace(LAB, topics=(topic, OTHER)))
    app = lab()
    button(app, "Run").click().run()
    finish(shared, topic, app.query_params["study"])
    app.run()
    assert [expander.label for expander in app.expander] == ["The 10 arms"]
    assert any("**failed**" in text.value and "broken" in text.value for text in app.markdown)


def test_a_claim_that_came_out_otherwise_says_so() -> None:
    assert sentence(Claim("It rose.", False)) == ":orange[:material/close:] **It came out otherwise.** It rose."
    assert "otherwise" not in sentence(Claim("It rose.", True)) + sentence(Claim("It rose.", None))


def test_a_guess_is_judged_only_where_the_runs_decide_it() -> None:
    assert judged("up", "up").endswith("and so it was.")
    assert judged("up", "down").endswith("It was “down”.")
    assert judged("up", "").endswith("don't decide it.")


def test_an_arm_without_runs_says_so() -> None:
    assert standing([]) == ":gray[not run yet]"
