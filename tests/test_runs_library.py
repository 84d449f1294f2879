"""Whose runs are whose, what is said of them, and what came of them."""

import pytest
import torch

from playground.runs.library import Card
from playground.runs.states import STATES
from playground.runs.store import NotHeld, Store
from playground.training.digest import Digest
from playground.training.trainer import train
from tests.held_runs import SHORT, claimed, held, recorded, train_to
from tests.opened_pages import trained


def test_a_run_is_its_owners_and_without_one_everybodys(store: Store) -> None:
    mine, anybodys = store.create(SHORT, "mine", owner="me"), store.create(SHORT, "anybody's")
    assert store.library.owner_of(mine) == "me"
    assert store.library.owner_of(anybodys) == ""


def test_a_run_keeps_its_name_star_and_note(store: Store) -> None:
    run_id = store.create(SHORT, "first")
    store.library.rename(run_id, "second")
    store.library.star(run_id, True)
    store.library.note(run_id, "the one for Monday")
    run = store.run(run_id)
    assert run is not None
    assert run.name == "second"
    assert store.library.card(run_id) == Card("", True, "the one for Monday")


def test_a_name_can_not_bring_markup_or_pictures_from_elsewhere_onto_others_pages(store: Store) -> None:
    run_id = store.create(SHORT, "first")
    store.library.rename(run_id, "![x](https://example.org/x.png) <b>:red[mine]</b> $x$ `y`")
    run = store.run(run_id)
    assert run is not None
    assert not set(run.name) & set("[]<>`$*\\")


def test_a_run_of_an_older_database_has_no_card_and_gets_one_when_something_is_said_of_it(store: Store) -> None:
    run_id = store.create(SHORT, "old")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM library")
    assert store.library.card(run_id) == Card()
    store.library.star(run_id, True)
    assert store.library.card(run_id) == Card(starred=True)


def test_a_deleted_run_is_out_of_sight_until_it_is_restored(store: Store) -> None:
    first, second = store.create(SHORT, "first"), store.create(SHORT, "second")
    store.library.delete([first])
    assert [run.id for run in store.runs(STATES)] == [second]
    store.library.restore([first])
    assert {run.id for run in store.runs(STATES)} == {first, second}


def test_a_purged_run_leaves_no_row_and_no_file(store: Store) -> None:
    run_id = trained(store)
    folder = store.folder / "runs" / run_id
    assert folder.exists()
    store.library.purge([run_id])
    assert store.run(run_id) is None
    assert (store.chunks(run_id), store.past.kept(run_id), store.finals.of([run_id])) == ([], [], {})
    assert not folder.exists()


def test_a_final_says_what_the_last_evaluation_measured_and_where_the_validation_loss_was_lowest(store: Store) -> None:
    run_id = trained(store, SHORT)
    final = store.finals.of([run_id])[run_id]
    evaluated = recorded(store, run_id).table("evaluated")
    last, best = evaluated.iloc[-1], evaluated.sort_values("validation_loss").iloc[0]
    assert (final.train_loss, final.train_accuracy) == (last.train_loss, last.train_accuracy)
    assert (final.validation_loss, final.validation_accuracy) == (last.validation_loss, last.validation_accuracy)
    assert (final.lowest_validation_loss, final.best_step) == (best.validation_loss, best.step)
    assert (final.step, final.train_digits, final.validation_digits) == (last.step, 256, 256)
    assert final.parameters == 784 * 16 + 16 + 16 * 10 + 10
    assert final.versions["torch"] == torch.__version__


def test_a_run_that_was_killed_and_resumed_has_the_digest_of_an_undisturbed_one(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 12)
    active.save()
    train_to(active, 17)  # and no word more of it
    store.crew.bury("w", "killed")
    store.requeue(active.id, ("lost",))
    resumed = claimed(store)
    while not resumed.has_ended:
        resumed.turn(1.0)
    undisturbed = Digest()
    undisturbed.note(train(SHORT))
    assert store.finals.of([active.id])[active.id].digest == undisturbed.hexdigest()


def test_a_run_that_is_stopped_right_after_it_was_resumed_knows_its_last_evaluation(store: Store) -> None:
    active = held(store, SHORT)
    train_to(active, 16)
    active.save()
    store.crew.bury("w", "killed")
    store.requeue(active.id, ("lost",))
    store.ask(active.id, "stop")
    resumed = claimed(store)
    resumed.obey(store.open_controls([active.id])[0])
    last = recorded(store, active.id).table("evaluated").iloc[-1]
    assert store.finals.of([active.id])[active.id].validation_loss == last.validation_loss


def test_a_worker_that_lost_a_run_writes_nothing_about_its_end(store: Store) -> None:
    active = held(store, SHORT)
    store.crew.bury("w", "silent")
    with pytest.raises(NotHeld):
        active.note_final()
    assert store.finals.of([active.id]) == {}
