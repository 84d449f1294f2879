"""Train again with…: a new run of the same experiment with one setting changed."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from playground.errors import SpecError
from playground.labs.race.settings import setting_of
from playground.runs.library import LONGEST_NAME
from playground.runs.past import Origin
from playground.runs.store import Store
from playground.ui.again import changed, title
from tests.held_runs import claimed, train_to, train_to_end
from tests.opened_pages import SMALL, opened, trained


def again(app: AppTest, run_id: str, setting: str, value: str) -> AppTest:
    app.selectbox(key=f"again.{run_id}.setting").set_value(setting).run()
    app.text_input(key=f"again.{run_id}.{setting}").set_value(value).run()
    assert not app.exception
    return app


def test_train_again_with_one_change_makes_a_paired_run_and_opens_it(shared: Store) -> None:
    run_id = trained(shared)
    app = again(opened(run=run_id), run_id, "learning rate", "0.003")
    app.button(key=f"again.{run_id}.train").click().run()
    assert not app.exception
    run = shared.run(app.query_params["run"])
    assert run is not None
    assert run.name == "trained with learning rate 0.003"
    assert run.experiment == SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.003))


def test_a_name_does_not_grow_without_end_and_says_what_was_changed_last(shared: Store) -> None:
    run = shared.run(shared.create(SMALL, "n"))
    assert run is not None
    for _ in range(9):
        run = replace(run, name=title(run, setting_of(SMALL, "learning rate"), 0.003))
        assert len(run.name) <= LONGEST_NAME
        assert run.name.startswith("n with learning")
        assert run.name.endswith(" with learning rate 0.003")


def test_train_again_with_what_it_was_or_cannot_be_is_refused(shared: Store) -> None:
    run_id = trained(shared)
    app = again(opened(run=run_id), run_id, "learning rate", "0.001")
    assert "learning rate 0.001 is what it was" in app.error[0].value
    assert app.button(key=f"again.{run_id}.train").disabled
    app = again(app, run_id, "batch size", "0")
    assert "batch size 0" in app.error[0].value


def test_what_was_changed_while_a_run_lasted_is_said_not_to_be_taken_over(shared: Store) -> None:
    shared.create(SMALL, "changed")
    active = claimed(shared)
    train_to(active, 1)
    active.change("optimizer.learning_rate", 0.0003)
    train_to_end(active)
    app = again(opened(run=active.id), active.id, "batch size", "32")
    assert any("but without what was changed while it ran: learning rate" in one.value for one in app.caption)


def test_a_fork_is_not_trained_again_with_what_its_weights_cannot_take(shared: Store) -> None:
    parent = trained(shared)
    fork_id = shared.create(SMALL, "fork", origin=Origin(parent, 1))
    fork = shared.run(fork_id)
    assert fork is not None
    longer, value = changed(shared, fork, setting_of(SMALL, "steps"), "6")
    assert (longer.training.steps, value) == (6, 6)
    with pytest.raises(SpecError, match="a fork keeps its run's layers"):
        changed(shared, fork, setting_of(SMALL, "width ×"), "2")
    with pytest.raises(SpecError, match="train longer"):
        changed(shared, fork, setting_of(SMALL, "steps"), "1")
