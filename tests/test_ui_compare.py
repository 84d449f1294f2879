"""The comparison as a page draws it, without a browser."""

import json
from collections.abc import Sequence
from typing import Any

from streamlit.testing.v1 import AppTest

from playground.experiment import Loss
from playground.runs.store import Store
from tests.held_runs import claimed, train_to
from tests.opened_pages import SMALL, opened, trained
from tests.ui_page import labelled, run


def script() -> None:
    import streamlit as st

    from playground.runs.settings import shared_store
    from playground.ui.compare import comparison

    comparison(shared_store(), st.query_params.get("compare", "").split(","))


def compared(run_ids: Sequence[str]) -> AppTest:
    app = AppTest.from_function(script, default_timeout=30)
    app.query_params["compare"] = ",".join(run_ids)
    return run(app)


def seeds(store: Store, count: int) -> list[str]:
    return [trained(store, SMALL.but(training=SMALL.training.but(seed=seed))) for seed in range(count)]


def charts(app: AppTest) -> dict[str, Any]:
    """Title → figure of each chart that the browser gets."""
    (component,) = app.get("bidi_component")
    figures = [json.loads(text) for text in json.loads(component.proto.json)["figures"]]
    return {figure["layout"]["meta"]["title"]: figure for figure in figures}


def tables(app: AppTest) -> str:
    return "\n".join(found.proto.body for found in app.get("html"))


def test_seeds_fold_into_a_line_with_a_band_and_unfold_at_a_toggle(shared: Store) -> None:
    ids = [*seeds(shared, 2), trained(shared, SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1)))]
    app = compared(ids)
    assert "trained · learning rate 0.001 · 2 seeds" in tables(app)
    assert "Student, 2 seeds" in tables(app)
    assert len(charts(app)["Validation loss"]["data"]) == 3  # a band and two lines
    labelled(app.toggle, "Fold seeds").set_value(False)
    run(app)
    assert "2 seeds" not in tables(app)
    assert len(charts(app)["Validation loss"]["data"]) == 3  # three lines
    assert [trace["name"] for trace in charts(app)["Difference"]["data"]] == [
        "trained · learning rate 0.001 · seed 1 − trained · learning rate 0.001 · seed 0",
        "trained · learning rate 0.1 − trained · learning rate 0.001 · seed 0",
    ]


def test_what_is_chosen_is_drawn(shared: Store) -> None:
    app = compared(seeds(shared, 2))
    labelled(app.toggle, "Fold seeds").set_value(False)
    labelled(app.get("button_group"), "Measure").set_value("Accuracy")
    labelled(app.get("button_group"), "Curves").set_value(["Batch"])
    labelled(app.get("button_group"), "Over").set_value("seconds")
    labelled(app.slider, "Smoothing").set_value(0.5)
    run(app)
    found = charts(app)
    assert list(found) == ["Batch accuracy", "Difference"]
    assert len(found["Batch accuracy"]["data"]) == 4  # each with its raw line
    assert found["Difference"]["layout"]["xaxis"]["title"]["text"].startswith("seconds of training")


def test_losses_stand_on_a_log_scale_until_it_is_switched_off_and_differences_never(shared: Store) -> None:
    app = compared([*seeds(shared, 1), trained(shared, SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.1)))])

    def scales() -> dict[str, str | None]:
        return {title: figure["layout"]["yaxis"].get("type") for title, figure in charts(app).items()}

    assert scales() == {"Validation loss": "log", "Train loss": "log", "Difference": None}
    labelled(app.toggle, "Log scale").set_value(False)
    run(app)
    assert set(scales().values()) == {None}
    labelled(app.get("button_group"), "Measure").set_value("Accuracy")
    run(app)
    assert set(scales().values()) == {None}
    assert [toggle.label for toggle in app.toggle if toggle.label == "Log scale"] == []


def test_the_one_that_others_are_compared_with_can_be_chosen(shared: Store) -> None:
    ids = [trained(shared, SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=rate))) for rate in (0.1, 0.2)]
    app = compared(ids)
    labelled(app.selectbox, "Difference from").set_value("trained · learning rate 0.2")
    run(app)
    (trace,) = charts(app)["Difference"]["data"]
    assert trace["name"] == "trained · learning rate 0.1 − trained · learning rate 0.2"


def hint(app: AppTest, title: str) -> str:
    return str(charts(app)[title]["layout"]["meta"]["look_for"])


def test_losses_of_different_kinds_are_not_subtracted_and_said_not_to_compare(shared: Store) -> None:
    ids = [trained(shared, SMALL.but(loss=Loss(kind=kind))) for kind in ("cross-entropy", "MSE")]
    app = compared(ids)
    assert list(charts(app)) == ["Validation accuracy", "Train accuracy", "Difference"]
    assert any("only accuracies compare" in found.value for found in app.caption)
    labelled(app.get("button_group"), "Measure").set_value("Loss")
    run(app)
    assert list(charts(app)) == ["Validation loss", "Train loss"]
    assert "only accuracies compare" in hint(app, "Train loss")


def test_charts_say_how_many_pairs_a_difference_has_and_which_labels_were_wrong(shared: Store) -> None:
    noisy = SMALL.but(data=SMALL.data.but(label_noise=0.2))
    again = [trained(shared, noisy.but(training=SMALL.training.but(seed=seed))) for seed in (0, 1)]
    app = compared([*seeds(shared, 3), *again])
    assert "paired over 2 shared seeds" in hint(app, "Difference")
    assert "by its noisy labels" in hint(app, "Train loss")
    assert "noisy" not in hint(app, "Validation loss")
    assert not any("only accuracies compare" in found.value for found in app.caption)


def test_a_name_can_hold_no_markup(shared: Store) -> None:
    ids = seeds(shared, 2)
    with shared.engine.begin() as connection:  # past what renaming lets through
        connection.exec_driver_sql("UPDATE runs SET name = '<img src=x>'")
    app = compared(ids)
    assert "<img" not in tables(app)
    assert "&lt;img" in tables(app)


def test_fewer_than_two_that_are_there_say_so_and_more_go_on_without_the_missing(shared: Store) -> None:
    first, second = seeds(shared, 2)
    app = compared([first, "gone"])
    assert [found.value for found in app.info] == ["Choose 2 to 12 runs to compare."]
    assert [found.value for found in app.warning] == ["1 of 2 runs aren't here: they may have been deleted."]
    app = compared([first, "gone", second])
    assert not app.info
    assert "Validation loss" in charts(app)


def test_runs_that_have_not_begun_or_go_on_are_compared_too(shared: Store) -> None:
    ended = trained(shared)
    queued = shared.create(SMALL.but(training=SMALL.training.but(seed=1, steps=9)), "goes on")
    app = compared([ended, queued])
    assert "queued" in tables(app)
    active = claimed(shared)
    train_to(active, 5)
    active.write()
    run(app)
    assert "running" in tables(app)
    assert len(charts(app)["Validation loss"]["data"]) == 2


def test_the_page_runs_compares_what_the_address_names(shared: Store) -> None:
    app = opened("runs.py", compare=",".join([*seeds(shared, 2), "gone"]))
    assert "Student, 2 seeds" in tables(app)
    assert any("1 of 3 runs aren't here" in found.value for found in app.warning)
