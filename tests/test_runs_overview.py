"""The table of all runs: which are in it, and what it says of them."""

import json
from pathlib import Path

import pytest

from playground.presets import TEMPLATES
from playground.runs.engine import engine
from playground.runs.overview import Overview, Wanted
from playground.runs.states import STATES
from playground.runs.store import Store
from playground.runs.studies import Trial
from playground.runs.tasks import answer
from tests.held_runs import SHORT, held, train_to
from tests.opened_pages import trained


def names(store: Store, wanted: Wanted | None = None) -> list[str]:
    return store.overview.table(wanted)["name"].tolist()


def test_the_newest_run_is_the_first_and_a_deleted_one_is_not_there(store: Store) -> None:
    first, _, _ = (store.create(SHORT, name) for name in ("first", "second", "third"))
    store.library.delete([first])
    assert names(store) == ["third", "second"]
    store.library.restore([first])
    assert names(store) == ["third", "second", "first"]


def test_runs_of_labs_are_there_only_where_asked_for_or_named(store: Store) -> None:
    study = store.studies.create("overfitting", "dropout", "{}", 1)
    trial = store.create(SHORT, "arm", trial=Trial(study, "arm", 0))
    store.create(SHORT, "own")
    assert names(store) == ["own"]
    assert set(names(store, Wanted(of_labs=True))) == {"own", "arm"}
    assert names(store, Wanted(ids=(trial,))) == ["arm"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(text="WIDE"), {"wide net", "noted"}),
        (Wanted(text="50%"), {"noted"}),
        (Wanted(text="%"), {"noted"}),
        (Wanted(states=("stopped",)), {"wide net"}),
        (Wanted(starred=True), {"starred"}),
        (Wanted(owner="me"), {"starred"}),
        (Wanted(text="nothing like it"), set()),
    ],
)
def test_the_table_is_narrowed(store: Store, wanted: Wanted, found: set[str]) -> None:
    wide, noted, starred = (
        store.create(SHORT, "wide net"),
        store.create(SHORT, "noted"),
        store.create(SHORT, "starred", owner="me"),
    )
    store.set_state(wide, "stopped")
    store.library.note(noted, "as wide, with 50% dropout")
    store.library.star(starred, True)
    assert set(names(store, wanted)) == found


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_says_the_network_of_a_run_without_reading_its_experiment(store: Store, name: str) -> None:
    run_id = store.create(TEMPLATES[name].but(training=SHORT.training.but(seed=7)), name)
    with store.engine.begin() as connection:
        said = store.overview.table().iloc[0]
        connection.exec_driver_sql("UPDATE runs SET experiment = 'unread'")
    assert store.overview.table().iloc[0].equals(said)
    assert (said["id"], said["seed"]) == (run_id, 7)


def test_a_run_of_an_older_database_is_in_the_table_as_a_new_one_is(store: Store) -> None:
    store.create(SHORT, "run")
    new = store.overview.table()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM library")
        connection.exec_driver_sql("DELETE FROM outlines")
    assert store.overview.table().astype(object).equals(new.astype(object))


def test_the_experiment_of_an_older_databases_run_is_read_once(store: Store) -> None:
    store.create(SHORT, "run")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outlines")
    first = store.overview.table()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET experiment = 'unread'")
    assert store.overview.table().astype(object).equals(first.astype(object))


def test_a_run_that_this_version_can_not_read_says_so_and_the_rest_are_there(store: Store) -> None:
    readable, unreadable = store.create(SHORT, "run"), store.create(SHORT, "from the future")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outlines")
        connection.exec_driver_sql("UPDATE runs SET experiment = 'unread' WHERE id = ?", (unreadable,))
    for _ in range(2):
        table = store.overview.table().set_index("id")
        assert table.loc[unreadable, "network"] == "unreadable"
        assert table.loc[unreadable, ["parameters", "seed"]].isna().all()
        assert table.loc[readable, "network"] != "unreadable"


def test_an_older_database_that_can_not_be_written_to_is_shown(store: Store, tmp_path: Path) -> None:
    store.create(SHORT, "run")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outlines")
    read_only = Overview(engine(f"sqlite:///file:{tmp_path / 'runs.sqlite'}?mode=ro&uri=true", 0.1))
    assert len(read_only.table()) == 1
    read_only.engine.dispose()


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(text="a"), Wanted(states=("stopped",)), Wanted(of_labs=True)])
def test_as_many_are_counted_as_there_are_rows(store: Store, wanted: Wanted) -> None:
    for name in ("a", "b"):
        store.create(SHORT, name)
    store.set_state(store.create(SHORT, "c"), "stopped")
    assert store.overview.count(wanted) == len(store.overview.table(wanted)) > 0


def test_it_has_what_was_measured_at_a_runs_end_until_the_run_goes_on(store: Store) -> None:
    run_id = trained(store)
    final = store.finals.of([run_id])[run_id]
    row = store.overview.table().iloc[0]
    assert row["validation_accuracy"] == final.validation_accuracy
    assert row["lowest_validation_loss"] == final.lowest_validation_loss
    assert row["parameters"] == final.parameters
    store.set_state(run_id, "running")
    assert store.overview.table()["validation_accuracy"].isna().all()


def test_the_test_accuracy_is_there_once_measured_as_long_as_the_weights_are_the_same(store: Store) -> None:
    run_id = trained(store)
    assert store.overview.table()["test_accuracy"].isna().all()
    task_id = store.questions.ask("measure", {}, run_id)
    answer(store, "here")
    task = store.questions.get(task_id)
    assert task is not None
    assert task.result is not None
    assert store.overview.table()["test_accuracy"].tolist() == [json.loads(task.result)["accuracy"]]
    store.set_state(run_id, "stopped", step=99)
    assert store.overview.table()["test_accuracy"].isna().all()


def test_a_live_run_shows_how_far_it_is(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 5)
    active.write()
    row = store.overview.table().iloc[0]
    assert (row["state"], row["step"]) == ("running", 5)


def test_every_state_can_be_asked_for(store: Store) -> None:
    for state in STATES:
        store.set_state(store.create(SHORT, state), state)
    for state in STATES:
        assert names(store, Wanted(states=(state,))) == [state]
