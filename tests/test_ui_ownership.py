"""What another visitor's run and study let you do: look, and begin your own."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.experiment import Optimizer
from playground.labs.overfitting.lab import LAB as OVERFITTING
from playground.labs.study import begin
from playground.live.messages import understand
from playground.runs.states import STATES
from playground.runs.store import Run, Store
from playground.ui import ownership
from playground.ui.attach import follow_live_changes
from playground.ui.strip import Action, act
from tests.opened_pages import SMALL, button, opened, status, trained

CONTROLS = ("Pause", "Step", "Stop", "Restart")


@pytest.fixture
def me(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(ownership, "name_of", lambda token: "me")
    return "me"


def running(store: Store, owner: str) -> str:
    run_id = store.create(SMALL, f"run of {owner}", owner=owner)
    store.set_state(run_id, "running")
    return run_id


def found(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def is_read_only(app: AppTest) -> bool:
    return any("Read-only" in caption.value for caption in app.caption)


@pytest.mark.parametrize(("owner", "is_theirs"), [("another", True), ("me", False), ("", False)])
def test_only_a_runs_owner_finds_its_controls_enabled(shared: Store, me: str, owner: str, is_theirs: bool) -> None:
    run_id = running(shared, owner)
    for page in ("train.py", "inside.py"):
        app = opened(page, run=run_id)
        assert status(app).startswith("running")
        assert is_read_only(app) == is_theirs
        assert button(app, "Pause").disabled == is_theirs
        assert button(app, "Stop").disabled == is_theirs


def test_train_beside_another_visitors_run_begins_ones_own_and_leaves_theirs(shared: Store, me: str) -> None:
    theirs = running(shared, "another")
    app = opened(run=theirs)
    assert all(button(app, name).disabled for name in CONTROLS)
    button(app, "Train").click().run()
    assert found(shared, theirs).state == "running"
    assert shared.open_controls([theirs]) == []
    mine = app.query_params["run"]
    assert mine != theirs
    assert found(shared, mine).experiment == SMALL
    assert not button(app, "Stop").disabled


@pytest.mark.parametrize("action", ["pause", "resume", "step", "stop"])
@pytest.mark.parametrize("state", ["queued", "running", "paused", "lost"])
def test_no_click_that_comes_too_late_controls_another_visitors_run(
    store: Store, me: str, action: Action, state: str
) -> None:
    theirs = store.create(SMALL, "theirs", owner="another")
    store.set_state(theirs, state)  # type: ignore[arg-type]
    act(store, theirs, action)
    assert found(store, theirs).state == state
    assert store.open_controls([theirs]) == []


@pytest.mark.parametrize(("owner", "sent"), [("another", []), ("me", [0.01])])
def test_only_an_owners_edits_change_a_running_network(shared: Store, me: str, owner: str, sent: list[float]) -> None:
    run_id = running(shared, owner)
    app = opened(run=run_id)
    says_so = any("Changes take effect" in caption.value for caption in app.caption)
    assert says_so == (owner == "me")
    follow_live_changes(shared, found(shared, run_id), SMALL.but(optimizer=Optimizer(learning_rate=0.01)))
    assert [one.value["value"] for one in shared.open_controls([run_id])] == sent


def test_the_test_set_is_measured_by_a_runs_owner_alone(shared: Store, me: str) -> None:
    run_id = trained(shared)
    assert button(opened(run=run_id), "Measure on the test set")
    shared.library.write([run_id], owner="another")
    app = opened(run=run_id)
    assert all(one.label != "Measure on the test set" for one in app.button)


def test_the_sidebar_lists_ones_own_runs_and_everybodys(shared: Store, me: str) -> None:
    runs = {owner: running(shared, owner) for owner in ("me", "another", "")}
    stops = {one.key for one in opened("home.py").button if one.label == "Stop"}
    assert stops == {f"running.stop.{runs['me']}", f"running.stop.{runs['']}"}


def test_a_new_run_is_its_visitors(shared: Store, me: str) -> None:
    button(opened(), "Train").click().run()
    (run,) = shared.runs(STATES)
    assert shared.library.owner_of(run.id) == me


@pytest.mark.parametrize(("owner", "is_theirs"), [("another", True), ("me", False)])
def test_only_a_studys_owner_can_end_it(shared: Store, me: str, owner: str, is_theirs: bool) -> None:
    topic = OVERFITTING.topics[0]
    study = begin(shared, OVERFITTING, topic, topic.setup, owner)
    app = opened("overfitting.py", study=study)
    assert is_read_only(app) == is_theirs
    assert any(one.key == "lab.stop" for one in app.button) != is_theirs
    assert not button(app, "Run").disabled


def test_a_study_and_what_is_added_to_it_are_its_visitors(shared: Store, me: str) -> None:
    button(opened("overfitting.py"), "Run").click().run()
    runs = shared.runs(STATES, with_trials=True)
    assert {shared.library.owner_of(run.id) for run in runs} == {me}


@pytest.mark.parametrize("control", ["pause", "resume", "step", "stop", "change"])
def test_no_message_over_the_live_stream_is_a_control(control: str) -> None:
    looks: dict[str, Any] = {"windows": [], "at": None, "views": {}, "hidden": False}
    for message in ({"control": control}, {control: True}, {**looks, control: 1}, {"drawn": True, "name": control}):
        with pytest.raises(ValueError, match="not a message"):
            understand(json.dumps(message))
