"""Replay on page Train, without a browser."""

from playground.runs.store import Store
from tests.held_runs import SHORT, claimed
from tests.opened_pages import SMALL, button, opened, trained


def texts(app: object) -> str:
    return "\n".join(found.value for kind in ("markdown", "caption") for found in getattr(app, kind))


def test_replay_is_offered_for_a_run_that_has_ended_with_its_digest_and_versions(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    assert not button(app, "Replay").disabled
    final = shared.finals.of([run_id])[run_id]
    assert f"`{final.digest[:12]}`" in texts(app)
    assert f"torch {final.versions['torch']}" in texts(app)


def test_a_run_that_goes_on_is_not_offered_for_replay(shared: Store) -> None:
    run_id = shared.create(SHORT, "goes on")
    app = opened(run=run_id)
    assert not [found for found in app.button if found.label == "Replay"]


def test_a_press_of_replay_trains_it_again_and_the_page_says_identical(shared: Store) -> None:
    run_id = trained(shared)
    app = opened(run=run_id)
    button(app, "Replay").click().run()
    assert not app.exception
    assert "waits for a worker" in texts(app)
    active = claimed(shared)
    while not active.has_ended:
        active.turn(1.0)
    app.run()
    assert not app.exception
    assert f"identical: all {SMALL.training.steps} steps" in texts(app)
    assert app.query_params["run"] == run_id  # the page still shows the run itself
    other = opened(run=active.id)
    assert "**This is a replay** · identical" in texts(other)
