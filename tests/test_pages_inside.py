"""Page Inside and forks, without a browser."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.data.digits import Digits, load_digits
from playground.data.splits import split
from playground.errors import SpecError
from playground.experiment import Data, Experiment, Flatten, Linear, ReLU, Training
from playground.live import inside
from playground.live.inside import digits_of
from playground.runs.journal import curves
from playground.runs.past import Origin
from playground.runs.states import STATES
from playground.runs.store import Store
from playground.ui import session
from playground.ui.fork import trainer_of, with_room
from tests.opened_pages import SMALL, button, opened, trained

TITLES = ["Activations", "Gradients", "Weights", "Receptive field", "Your digit", "Mistakes", "Map"]
LONGER = SMALL.but(training=SMALL.training.but(steps=6))


def forking(store: Store, run: Experiment = SMALL, fork: Experiment = LONGER) -> tuple[AppTest, str]:
    """Page Train as "Fork here" leaves it at step 2 of a run, and that run."""
    run_id = trained(store, run)
    app = opened()
    app.session_state["draft"] = session.Draft(fork, (0, 1, 2), edition=1)
    app.session_state["kept.origin"] = Origin(run_id, 2)
    app.run()
    assert not app.exception
    return app, run_id


def test_the_page_has_its_seven_sections_for_a_run(shared: Store) -> None:
    app = opened("inside.py", run=trained(shared))
    assert [header.value for header in app.header] == TITLES
    assert app.title[0].value == "Inside trained"


def test_digits_that_were_not_there_are_offered_as_soon_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(source: str) -> Digits:
        raise SpecError("data.source", "full MNIST is not here yet: download it")

    with monkeypatch.context() as patch:
        patch.setattr(inside, "load_digits", absent)
        assert digits_of(Data(train_share=72, validation_share=14, test_share=14), 3)["count"] == 0
    assert digits_of(Data(train_share=72, validation_share=14, test_share=14), 3)["count"] == 5000


def test_a_split_is_offered_by_its_first_digits(shared: Store) -> None:
    found = digits_of(SMALL.data, 3)["splits"]
    parts = split(load_digits(SMALL.data.source).labels, SMALL.data, 3)
    for name in ("train", "validation", "test"):
        assert found[name] == getattr(parts, name)[:500].tolist()


def test_without_a_run_it_offers_the_latest_ones_and_leads_to_train(shared: Store) -> None:
    assert "Train one first" in opened("inside.py").caption[0].value
    trained(shared)
    app = opened("inside.py")
    assert "latest runs" in app.caption[0].value
    assert app.header == []


def test_a_link_to_no_run_says_so(shared: Store) -> None:
    app = opened("inside.py", run="r-nothing")
    assert "r-nothing" in app.warning[0].value


@pytest.mark.parametrize(
    ("state", "step", "is_there"),
    [
        ("queued", 0, False),
        ("running", 0, True),
        ("paused", 2, True),
        ("queued", 2, False),
        ("finished", 3, True),
        ("stopped", 0, False),
        ("diverged", 1, True),
    ],
)
def test_the_strip_of_page_train_leads_inside_as_soon_as_the_run_has_begun(
    shared: Store, state: Any, step: int, is_there: bool
) -> None:
    run_id = shared.create(SMALL, "any")
    shared.record(run_id, 0, None, state=state, step=step, total_steps=3)
    links = {link.proto.label: link.proto for link in opened(run=run_id).get("page_link")}
    assert ("Look inside" in links) == is_there
    if is_there:
        link = links["Look inside"]
        assert (link.page, link.query_string) == ("inside", f"run={run_id}")


def test_without_a_run_the_strip_leads_nowhere(shared: Store) -> None:
    assert all(link.proto.label != "Look inside" for link in opened().get("page_link"))


def test_looking_inside_starts_and_changes_no_run(shared: Store) -> None:
    run_id = trained(shared)
    before = shared.run(run_id)
    opened("inside.py", run=run_id)
    assert shared.runs(STATES) == [before]


def test_a_fork_begins_with_its_runs_curve_and_says_whose(shared: Store) -> None:
    app, parent = forking(shared)
    assert any("Fork of trained at step 2" in caption.value for caption in app.caption)
    button(app, "Train").click().run()
    run = next(run for run in shared.runs(STATES) if run.id != parent)
    assert shared.past.origin(run.id) == Origin(parent, 2)
    past = curves(events for _, events in shared.chunks(run.id))
    assert list(past.stepped["step"]) == [1, 2]
    assert [one.step for one in shared.past.kept(run.id)] == [0, 1, 2]
    assert any("Fork of trained at step 2" in caption.value for caption in app.caption)
    button(app, "Restart").click().run()
    assert shared.past.origin(app.query_params["run"]) == Origin(parent, 2)


def test_what_a_fork_can_not_change_disables_train_until_it_begins_with_initial_weights(shared: Store) -> None:
    app, _ = forking(shared)
    other = LONGER.but(network=LONGER.network.but(layers=(Flatten(), Linear(units=9), ReLU())))
    app.session_state["draft"] = session.Draft(other, (0, 1, 2), edition=2)
    app.run()
    assert "keeps its run's layers" in app.error[0].value
    assert button(app, "Train").disabled
    app.button(key="origin.drop").click().run()
    assert app.error == []
    assert not button(app, "Train").disabled
    button(app, "Train").click().run()
    assert shared.past.origin(app.query_params["run"]) is None


@pytest.mark.parametrize(("step", "steps"), [(2, 3), (3, 6)])
def test_a_fork_from_the_very_end_gets_as_many_steps_again(shared: Store, step: int, steps: int) -> None:
    run = shared.run(trained(shared))
    assert run is not None
    assert with_room(run.experiment, shared, run, step).training.steps == steps


def test_a_fork_that_would_end_where_it_begins_is_told_to_train_longer_before_train_is_pressed(shared: Store) -> None:
    in_epochs = SMALL.but(data=Data(training_digits=64), training=Training(epochs=3, batch_size=32, device="cpu"))
    app, _ = forking(shared, in_epochs, in_epochs)
    assert not app.error
    too_short: list[tuple[dict[str, Any], str]] = [
        ({"epochs": 1}, "epoch 1"),
        ({"unit": "steps", "steps": 2}, "step 2"),
    ]
    for edition, (changes, end) in enumerate(too_short, 2):
        shorter = in_epochs.but(training=in_epochs.training.but(**changes))
        app.session_state["draft"] = session.Draft(shorter, (0, 1, 2), edition)
        app.run()
        assert f"begins at step 2, but its training ends with {end}: train longer" in app.error[0].value
        assert button(app, "Train").disabled


def test_a_fork_of_a_fork_from_before_it_gets_the_settings_that_trained_there(shared: Store) -> None:
    parent = shared.run(trained(shared))
    assert parent is not None
    other = LONGER.but(optimizer=LONGER.optimizer.but(kind="SGD"))
    child = shared.run(shared.create(other, "child", origin=Origin(parent.id, 2)))
    assert child is not None
    assert [trainer_of(shared, child, step).id for step in (1, 2, 3)] == [parent.id, parent.id, child.id]
