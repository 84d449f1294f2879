"""Train again with…: a new run of the same experiment with one setting changed."""

from streamlit.testing.v1 import AppTest

from playground.runs.store import Store
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


def test_train_again_with_what_it_was_or_cannot_be_is_refused(shared: Store) -> None:
    run_id = trained(shared)
    app = again(opened(run=run_id), run_id, "learning rate", "0.001")
    assert "learning rate 0.001 is what it was" in app.error[0].value
    assert app.button(key=f"again.{run_id}.train").disabled
    app = again(app, run_id, "batch size", "0")
    assert "batch size 0" in app.error[0].value
