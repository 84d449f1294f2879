"""The pages, without a browser: what a click does to the store, and what the page says of the store."""

from typing import Any

import pytest

from playground.experiment import Data, Linear, MaxPool2d, Network, Optimizer, ReLU
from playground.presets import TEMPLATES
from playground.runs.states import STATES
from playground.runs.store import Store
from playground.starts.points import STARTS
from playground.ui.running_now import duration
from tests.answered import answer_at_once
from tests.opened_pages import SMALL, button, opened, status, trained


def test_home_offers_every_starting_point_and_opens_it_on_the_page_train(shared: Store) -> None:
    app = opened("home.py")
    for start in STARTS:
        assert any(start.title in text.value for text in app.markdown)
        assert any(start.sentence == text.value for text in app.caption)
    start = next(start for start in STARTS if start.title == "Dropout against it")
    app.button(key=f"open.{start.name}").click().run()
    assert not app.exception
    assert app.session_state["draft"].experiment == start.experiment
    assert not button(app, "Train").disabled


def test_opening_a_page_starts_no_run(shared: Store) -> None:
    opened("home.py")
    opened("train.py")
    assert shared.runs(STATES) == []


def test_train_starts_what_the_editors_hold_and_puts_the_run_into_the_address(shared: Store) -> None:
    app = opened()
    button(app, "Train").click().run()
    (run,) = shared.runs(STATES)
    assert run.experiment == TEMPLATES["CNN 16-32"]
    assert app.query_params["run"] == run.id
    assert button(app, "Train").disabled
    assert not button(app, "Stop").disabled


def test_choosing_a_template_trains_that_network(shared: Store) -> None:
    app = opened()
    app.selectbox[0].set_value("MLP").run()
    button(app, "Train").click().run()
    assert shared.runs(STATES)[0].experiment == TEMPLATES["MLP"]


def test_an_edit_and_a_click_in_one_go_train_with_the_edit(shared: Store) -> None:
    app = opened()
    seed = next(found for found in app.number_input if found.label == "Seed")
    seed.set_value(41)
    button(app, "Train").click().run()
    assert shared.runs(STATES)[0].experiment.training.seed == 41


def test_step_starts_a_run_that_pauses_after_one_batch(shared: Store) -> None:
    app = opened()
    button(app, "Step").click().run()
    assert shared.runs(STATES)[0].begin == "batch"


def test_restart_runs_the_same_experiment_again(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    button(app, "Restart").click().run()
    newest = shared.runs(STATES)[0]
    assert newest.id != run_id
    assert newest.experiment == SMALL


def test_stop_ends_a_run_that_still_queues(shared: Store) -> None:
    run_id = shared.create(SMALL, "waiting")
    app = opened(run=run_id)
    assert status(app).startswith("queued")
    button(app, "Stop").click().run()
    run = shared.run(run_id)
    assert run is not None
    assert run.state == "stopped"
    assert status(app).startswith("stopped")


@pytest.mark.parametrize("state", STATES)
def test_the_status_begins_with_the_word_of_the_state(shared: Store, state: Any) -> None:
    run_id = shared.create(SMALL, "any")
    shared.set_state(run_id, state, "diverged at step 3: too fast" if state == "diverged" else "")
    assert status(opened(run=run_id)).startswith(state)


@pytest.mark.parametrize("state", ["lost", "stopped", "failed", "paused"])
def test_a_run_that_can_go_on_offers_resume(shared: Store, state: Any) -> None:
    run_id = shared.create(SMALL, "any")
    shared.set_state(run_id, state)
    app = opened(run=run_id)
    assert not button(app, "Resume").disabled
    if state != "paused":
        button(app, "Resume").click().run()
        run = shared.run(run_id)
        assert run is not None
        assert run.state == "queued"


def test_a_link_to_a_run_brings_its_set_up_into_the_editors(shared: Store) -> None:
    app = opened(run=trained(shared, TEMPLATES["MLP"].but(training=SMALL.training.but(seed=9))))
    assert app.selectbox[0].value == "MLP"
    assert next(found for found in app.number_input if found.label == "Seed").value == 9


def test_a_link_to_no_run_says_so_and_the_page_works(shared: Store) -> None:
    app = opened(run="r-nothing")
    assert any("no run r-nothing" in warning.value for warning in app.warning)
    assert not button(app, "Train").disabled


def test_a_network_that_can_not_work_disables_train_and_its_fix_enables_it(shared: Store) -> None:
    broken = TEMPLATES["MLP"].but(network=Network(layers=(MaxPool2d(), Linear(units=8), ReLU())))
    run_id = shared.create(broken, "broken")
    shared.set_state(run_id, "failed", "why")
    app = opened(run=run_id)
    assert button(app, "Train").disabled
    assert any("Flatten" in error.value for error in app.error)
    next(found for found in app.button if "Flatten" in found.label).click().run()
    assert not button(app, "Train").disabled


@pytest.mark.parametrize(
    "refused",
    [{"optimizer": Optimizer(kind="Nesterov", momentum=0.0)}, {"data": Data(training_digits=5000)}],
    ids=["Nesterov without momentum", "more training digits than there are"],
)
def test_a_setting_that_the_trainer_refuses_disables_train(shared: Store, refused: dict[str, Any]) -> None:
    run_id = shared.create(SMALL.but(**refused), "refused")
    shared.set_state(run_id, "failed", "why")
    app = opened(run=run_id)
    assert button(app, "Train").disabled
    assert app.error


def test_what_differs_from_the_run_is_named_and_can_be_trained_anew(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    assert all("takes a new run" not in caption.value for caption in app.caption)
    next(found for found in app.number_input if found.label == "Seed").set_value(5).run()
    assert any("training. It takes a new run" in caption.value for caption in app.caption)
    button(app, "Train anew with this").click().run()
    assert shared.runs(STATES)[0].experiment.training.seed == 5


def test_the_test_split_is_measured_only_at_a_press_and_shown_with_its_interval(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    assert not app.metric
    answer_at_once(shared, monkeypatch)
    button(app, "Measure on the test set").click().run()
    assert not app.exception
    assert [metric.label for metric in app.metric] == ["Accuracy", "Precision", "Recall", "F1"]
    assert any("95% interval" in caption.value for caption in app.caption)
    assert all(" %" not in caption.value for caption in app.caption)
    assert all(found.label != "Measure on the test set" for found in app.button)


def test_a_run_that_was_stopped_in_the_queue_has_nothing_to_measure(shared: Store) -> None:
    run_id = shared.create(SMALL, "waiting")
    shared.set_state(run_id, "stopped")
    assert all(found.label != "Measure on the test set" for found in opened(run=run_id).button)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.2, "1 s"), (59.4, "59 s"), (196, "3 min 16 s"), (3600, "1 h 0 min"), (7530, "2 h 5 min")],
)
def test_the_sidebar_says_a_time_as_the_status_line_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("page", ["home.py", "train.py", "inside.py"])
def test_the_sidebars_links_lead_to_the_run_that_was_looked_at(shared: Store, page: str) -> None:
    run_id = trained(shared)
    links = {link.proto.label: link.proto for link in opened(page, run=run_id).get("page_link")}
    assert links["Train"].query_string == f"run={run_id}"
    assert links["Inside"].query_string == f"run={run_id}"
    assert links["Home"].query_string == ""


def test_the_sidebar_says_how_long_a_run_takes_yet(shared: Store) -> None:
    run_id = shared.create(SMALL, "long")
    shared.set_state(run_id, "running")
    shared.record(run_id, 0, None, step=1, total_steps=99, seconds=2.0)
    (link,) = [found for found in opened("home.py").get("page_link") if "long" in found.proto.label]
    assert link.proto.label == "long · running · 3 min 16 s left"
