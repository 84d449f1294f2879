"""A host's limits on the pages: why Train and Run are disabled stands there before they are pressed."""

from streamlit.testing.v1 import AppTest

from playground.presets import TEMPLATES
from playground.runs.limits import MB, Limits
from playground.runs.states import STATES
from playground.runs.store import Store
from tests.opened_pages import SMALL, button, opened, texts, trained
from tests.ui_page import control, run


def said(app: AppTest, field: str) -> str:
    (error,) = app.get_by_key(f"error.{field}").error
    return str(error.value)


def test_train_is_disabled_with_the_reason_until_the_set_up_is_within_the_limits(shared: Store) -> None:
    shared.limits = Limits(steps=100)
    app = opened()
    assert button(app, "Train").disabled
    assert "550 steps are more than this playground allows (100), 55 an epoch: train for at most 1 epochs" in said(
        app, "training.epochs"
    )
    control(app, "training.epochs").set_value(1)
    run(app)
    assert not button(app, "Train").disabled
    assert not app.error


def test_train_names_the_memory_that_a_batch_would_need(shared: Store) -> None:
    shared.limits = Limits(memory=600 * MB)
    app = opened()
    assert not button(app, "Train").disabled
    control(app, "training.batch_size").set_value(4096)
    run(app)
    assert button(app, "Train").disabled
    assert "a worker may have 600 MB: lower the batch size to" in said(app, "training.batch_size")


def test_a_run_that_the_limits_would_now_refuse_is_not_restarted_and_the_page_says_why(shared: Store) -> None:
    app = opened(run=trained(shared))
    shared.limits = Limits(parameters=10)
    button(app, "Restart").click()
    run(app)
    assert "parameters are more than this playground allows (10)" in texts(app.main)
    assert len(shared.runs(STATES)) == 1


def test_a_run_that_waits_for_another_of_its_visitor_says_so(shared: Store) -> None:
    shared.limits = Limits(runs_a_visitor=1)
    app = opened()
    button(app, "Train").click()
    run(app)
    (mine,) = shared.runs(("queued",))
    shared.claim("w", 4)
    waiting = shared.create(SMALL, "second", owner=shared.library.owner_of(mine.id))
    assert "It waits: this playground holds 1 of a visitor's runs at once, paused ones too." in texts(
        opened(run=waiting).main
    )


def test_a_run_that_would_be_cut_short_is_warned_of_beside_train(shared: Store) -> None:
    shared.limits = Limits(minutes=1)
    app = opened()
    assert "It would train for about" not in texts(app.main)
    control(app, "training.epochs").set_value(10_000)
    run(app)
    assert "this playground gives a run 1 minute of training, and then stops it." in texts(app.main)
    assert not button(app, "Train").disabled


def test_a_lab_that_exceeds_a_limit_says_so_beside_run(shared: Store) -> None:
    shared.limits = Limits(steps=10)
    app = opened("overfitting.py")
    assert button(app, "Run").disabled
    assert "steps are more than this playground allows (10)" in said(app, "lab")


def test_every_template_fits_into_the_least_memory_that_a_host_may_give(shared: Store) -> None:
    shared.limits = Limits(memory=600 * MB)
    shared.admit(TEMPLATES.values())
