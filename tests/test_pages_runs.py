"""The page Runs, without a browser."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.runs.janitor import Janitor
from playground.runs.limits import NO_LIMITS
from playground.runs.states import STATES
from playground.runs.store import Store
from tests.opened_pages import SMALL, button, opened


def ended(store: Store, name: str, owner: str = "") -> str:
    run_id = store.create(SMALL, name, owner=owner)
    store.set_state(run_id, "finished", step=3)
    return run_id


def names(app: AppTest) -> list[str]:
    return app.dataframe[0].value["name"].tolist() if app.dataframe else []


def select(app: AppTest, *shown: str) -> AppTest:
    """Tick the boxes of the runs with these names."""
    rows = [names(app).index(name) for name in shown]
    app.session_state[str(app.dataframe[0].key)] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    button(app, label).click()
    return run(app)


def labels(app: AppTest) -> set[str]:
    return {found.label for found in app.main.button} | {link.proto.label for link in app.main.get("page_link")}


def test_without_runs_the_page_leads_to_train(shared: Store) -> None:
    app = opened("runs.py")
    assert not app.dataframe
    assert "Train a network" in labels(app)


def test_all_runs_are_there_and_nothing_can_be_done_before_one_is_selected(shared: Store) -> None:
    ended(shared, "first"), ended(shared, "second")
    app = opened("runs.py")
    assert names(app) == ["second", "first"]
    assert not {"Compare", "Delete", "Star"} & labels(app)


def test_one_selected_run_can_be_opened_named_noted_and_starred(shared: Store) -> None:
    run_id, _ = ended(shared, "first"), ended(shared, "second")
    app = select(opened("runs.py"), "first")
    links = {link.proto.label: link.proto.query_string for link in app.main.get("page_link")}
    assert links["Open in Train"] == links["Look inside"] == f"run={run_id}"
    next(field for field in app.text_input if field.label == "Name").set_value("the wide one")
    run(app)
    app.text_area[0].set_value("for Monday")
    run(app)
    press(app, "Star")
    card = shared.library.card(run_id)
    assert (card.note, card.starred) == ("for Monday", True)
    assert names(app) == ["second", "the wide one"]
    press(app, "Unstar")
    assert not shared.library.card(run_id).starred


@pytest.mark.parametrize("empty", ["   ", "**", " [] "])
def test_a_run_keeps_its_name_where_nothing_is_left_of_the_one_given(shared: Store, empty: str) -> None:
    ended(shared, "first")
    app = select(opened("runs.py"), "first")
    next(field for field in app.text_input if field.label == "Name").set_value(empty)
    assert names(run(app)) == ["first"]


def test_what_is_deleted_is_gone_and_undo_brings_it_back(shared: Store) -> None:
    for name in ("first", "second", "third"):
        ended(shared, name)
    app = press(select(opened("runs.py"), "first", "third"), "Delete")
    assert names(app) == ["second"]
    assert "Star" not in labels(app)
    press(app, "Undo")
    assert names(app) == ["third", "second", "first"]
    assert "Undo" not in labels(app)


def test_a_live_run_that_is_deleted_is_stopped(shared: Store) -> None:
    run_id = shared.create(SMALL, "waiting")
    press(select(opened("runs.py"), "waiting"), "Delete")
    deleted = shared.run(run_id)
    assert deleted is not None
    assert deleted.state == "stopped"


def test_compare_puts_the_selected_runs_into_the_address_which_shows_these_alone(shared: Store) -> None:
    first, _, third = (ended(shared, name) for name in ("first", "second", "third"))
    app = press(select(opened("runs.py"), "third", "first"), "Compare")
    assert app.query_params["compare"] == f"{third},{first}"
    assert set(names(app)) == {"third", "first"}
    press(app, "All runs")
    assert "compare" not in app.query_params
    assert len(names(app)) == 3


def test_runs_that_are_gone_take_no_place_among_the_twelve_that_are_compared(shared: Store) -> None:
    first, second = ended(shared, "first"), ended(shared, "second")
    app = opened("runs.py", compare=",".join([*(f"gone{place}" for place in range(12)), first, second]))
    assert set(names(app)) == {"first", "second"}
    assert [found.value for found in app.warning] == ["12 of 14 runs aren't here: they may have been deleted."]


@pytest.mark.parametrize("asked", ["", "r1", "r1,r2", ",,,", "'; DROP TABLE runs; --"])
def test_an_address_that_names_no_two_runs_shows_all_of_them(shared: Store, asked: str) -> None:
    ended(shared, "first")
    app = opened("runs.py", compare=asked)
    assert names(app) == ["first"]
    assert "compare" not in app.query_params or not asked


def test_a_run_of_somebody_else_can_be_looked_at_and_not_changed(shared: Store) -> None:
    ended(shared, "theirs", owner="somebody")
    app = select(opened("runs.py"), "theirs")
    assert {"Open in Train", "Race it", "Replay", "Export", "Train"} <= labels(app)
    assert button(app, "Star").disabled
    assert button(app, "Delete").disabled
    assert all(field.disabled for field in (*app.text_input, *app.text_area) if field.label in ("Name", "Note"))


@pytest.mark.parametrize("label", ["Name", "Note"])
def test_what_became_anothers_keeps_its_name_and_note_whatever_a_browser_sends(shared: Store, label: str) -> None:
    run_id = ended(shared, "theirs")
    app = select(opened("runs.py"), "theirs")
    shared.library.write([run_id], owner="somebody")
    field = next(field for field in (*app.text_input, *app.text_area) if field.label == label)
    field.set_value("mine")
    run(app)
    assert (names(app), shared.library.card(run_id).note) == (["theirs"], "")


def test_what_became_anothers_is_neither_starred_nor_deleted(shared: Store) -> None:
    run_id = ended(shared, "theirs")
    for label in ("Star", "Delete"):
        shared.library.write([run_id], owner="")
        app = select(opened("runs.py"), "theirs")
        shared.library.write([run_id], owner="somebody")
        press(app, label)
    card = shared.library.card(run_id)
    assert (card.starred, card.deleted) == (False, None)


def train_again(run_id: str, name: str) -> AppTest:
    """The page after that run was trained again with another learning rate."""
    app = select(opened("runs.py"), name)
    app.text_input(key=f"again.{run_id}.learning rate").set_value("0.003")
    run(app).button(key=f"again.{run_id}.train").click()
    return run(app)


def test_mine_are_those_that_this_session_trained(shared: Store) -> None:
    app = train_again(ended(shared, "theirs", owner="somebody"), "theirs")
    press(app, "All runs")
    assert len(names(app)) == 2
    next(toggle for toggle in app.toggle if toggle.label == "Mine").set_value(True)
    assert names(run(app)) == ["theirs with learning rate 0.003"]
    assert app.dataframe[0].value["state"].tolist() == ["queued"]


def test_train_again_with_another_value_puts_both_runs_side_by_side(shared: Store) -> None:
    run_id = ended(shared, "first")
    app = train_again(run_id, "first")
    newest = shared.runs(STATES)[0]
    assert newest.experiment == SMALL.but(optimizer=SMALL.optimizer.but(learning_rate=0.003))
    assert app.query_params["compare"] == f"{run_id},{newest.id}"
    assert set(names(app)) == {"first", "first with learning rate 0.003"}


def test_what_a_host_refuses_is_said_and_not_replayed(shared: Store) -> None:
    ended(shared, "first")
    shared.limits = replace(NO_LIMITS, steps=1)
    app = press(select(opened("runs.py"), "first"), "Replay")
    assert any("steps" in error.value for error in app.error)
    assert len(shared.runs(STATES)) == 1


@pytest.mark.parametrize(
    ("label", "value", "found"),
    [("Find", "econ", ["second"]), ("State", "Live", ["first"]), ("Starred", True, ["third"]), ("Find", "x", [])],
)
def test_the_controls_narrow_the_table(shared: Store, label: str, value: Any, found: list[str]) -> None:
    shared.create(SMALL, "first")
    ended(shared, "second")
    shared.library.star(ended(shared, "third"), True)
    app = opened("runs.py")
    fields = [*app.text_input, *app.selectbox, *app.toggle]
    next(field for field in fields if field.label == label).set_value(value)
    assert names(run(app)) == found


def test_what_is_selected_stays_selected_when_a_newer_run_comes(shared: Store) -> None:
    ended(shared, "first"), ended(shared, "second")
    app = select(opened("runs.py"), "first")
    ended(shared, "third")
    assert names(run(app)) == ["second", "first", "third"]
    press(app, "Delete")
    assert names(app) == ["third", "second"]


def test_a_deletion_elsewhere_leaves_nothing_selected_rather_than_another_run(shared: Store) -> None:
    ended(shared, "first")
    second = ended(shared, "second")
    app = select(opened("runs.py"), "first")
    shared.library.delete([second])
    assert names(run(app)) == ["first"]
    assert "Delete" not in labels(app)


@pytest.mark.parametrize("page", ["train.py", "inside.py"])
def test_a_link_to_a_deleted_run_says_so_until_it_is_restored(shared: Store, page: str) -> None:
    run_id = ended(shared, "first")
    shared.library.delete([run_id])
    assert any("was deleted" in warning.value for warning in opened(page, run=run_id).warning)
    shared.library.restore([run_id])
    assert not opened(page, run=run_id).warning


def test_the_page_says_how_much_disk_is_taken_and_what_was_deleted_for_room(shared: Store) -> None:
    run_id = ended(shared, "first")
    file = shared.past.checkpoint(run_id)
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(3_000_000))
    Janitor(shared, 10**9).turn()
    shared.disk.announce("The oldest run was deleted.")
    app = opened("runs.py")
    assert any("3 MB of 10 GB" in caption.value for caption in app.caption)
    assert any("The oldest run was deleted." in info.value for info in app.info)
    assert app.dataframe[0].value["megabytes"].tolist() == [3.0]
