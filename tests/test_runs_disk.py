"""Disk: what runs take, which go first where it is too much, and what stays."""

import os
import time
from pathlib import Path

import pytest

from playground.runs.imports import Imported
from playground.runs.janitor import UNDO_FOR, UNREAD_FOR, UNUSED_FOR, Janitor
from playground.runs.past import Origin
from playground.runs.states import STATES
from playground.runs.store import Store
from playground.runs.studies import Trial
from tests.held_runs import SHORT
from tests.opened_pages import trained

KILOBYTE = 1000


def ended(store: Store, name: str, trial: Trial | None = None) -> str:
    """A run with one file of a kilobyte, which ended after all before it."""
    run_id = store.create(SHORT, name, trial=trial)
    file = store.past.checkpoint(run_id)
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(KILOBYTE))
    store.set_state(run_id, "finished")
    return run_id


def keep_below(store: Store, most_bytes: int) -> None:
    janitor = Janitor(store, most_bytes)
    for _ in range(3):  # measure, make room, measure what is left
        janitor.turn()


def left(store: Store) -> set[str]:
    return set(store.overview.table()["name"])


def on_disk(folder: Path) -> int:
    """What the file system says: a file under several names is one."""
    files = {file.stat().st_ino: file.stat().st_size for file in (folder / "runs").rglob("*") if file.is_file()}
    return sum(files.values())


def test_the_oldest_go_first_and_no_more_than_needed_and_it_is_said(store: Store) -> None:
    for name in ("first", "second", "third", "fourth"):
        ended(store, name)
    keep_below(store, 2 * KILOBYTE)
    assert left(store) == {"third", "fourth"}
    assert on_disk(store.folder) == store.disk.used() == 2 * KILOBYTE
    ((_, text),) = store.disk.announced(0)
    assert text.startswith("The 2 oldest runs were deleted")


def test_nothing_goes_and_nothing_is_said_below_the_limit(store: Store) -> None:
    ended(store, "first")
    keep_below(store, KILOBYTE)
    assert left(store) == {"first"}
    assert store.disk.announced(0) == []


def test_a_run_that_goes_on_counts_once(store: Store) -> None:
    run_id = ended(store, "first")
    keep_below(store, 10 * KILOBYTE)
    assert store.requeue(run_id, ("finished",))
    assert store.disk.used() == KILOBYTE


def test_a_run_that_is_brought_back_or_starred_just_before_it_goes_stays(store: Store) -> None:
    starred, back = ended(store, "starred"), ended(store, "brought back")
    store.library.delete([back])
    janitor = Janitor(store, 1)
    janitor.turn()
    decide = store.disk.first_to_go

    def decide_before_the_click(excess: int) -> list[tuple[str, bool]]:
        going = decide(excess)
        store.library.star(starred, True)
        store.library.restore([back])
        return going

    store.disk.first_to_go = decide_before_the_click  # type: ignore[method-assign]
    janitor.turn()
    assert left(store) == {"starred", "brought back"}


def test_files_of_a_run_whose_server_was_killed_as_it_went_go_at_the_next_turn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ended(store, "run")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            store.library.purge([run_id])
    assert store.run(run_id) is None
    assert on_disk(store.folder) == KILOBYTE
    Janitor(store, 10**9).turn()
    assert on_disk(store.folder) == 0


def test_answers_that_nobody_fetched_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    nobodys, read_later = store.questions.ask("export", {}), store.questions.ask("measure", {})
    later = time.time() + UNREAD_FOR + 1
    monkeypatch.setattr(time, "time", lambda: later)
    Janitor(store, 10**9).turn()
    assert store.questions.get(nobodys) is None
    assert store.questions.get(read_later) is not None


def test_starred_and_live_runs_and_what_live_ones_belong_to_stay(store: Store) -> None:
    study = store.studies.create("overfitting", "dropout", "{}", 2)
    store.library.star(ended(store, "starred"), True)
    ended(store, "of a live study", Trial(study, "arm", 0))
    store.create(SHORT, "trial", trial=Trial(study, "arm", 1))
    parent = ended(store, "parent")
    store.create(SHORT, "fork", origin=Origin(parent, 0))
    ended(store, "old")
    keep_below(store, 1)
    assert {run.name for run in store.runs(STATES, with_trials=True)} == {
        *("starred", "of a live study", "trial", "parent", "fork")
    }


def test_what_was_deleted_goes_before_what_was_not_and_without_a_word(store: Store) -> None:
    ended(store, "old")
    newer = ended(store, "newer")
    store.library.delete([newer])
    keep_below(store, KILOBYTE)
    assert left(store) == {"old"}
    assert store.run(newer) is None
    assert store.disk.announced(0) == []


def test_a_deleted_run_can_be_restored_for_a_while_and_is_dropped_then(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ended(store, "run")
    store.library.delete([run_id])
    keep_below(store, 10 * KILOBYTE)
    assert store.run(run_id) is not None
    later = time.time() + UNDO_FOR + 1
    monkeypatch.setattr(time, "time", lambda: later)
    keep_below(store, 10 * KILOBYTE)
    assert store.run(run_id) is None
    assert on_disk(store.folder) == 0


def test_imported_weights_go_after_a_day_where_no_run_begins_with_them(store: Store) -> None:
    used, unused, fresh = (store.imports.tensors(name) for name in ("used", "unused", "fresh"))
    upload = store.imports.upload(store.imports.put(b"taken in by no worker")[0])
    store.create(SHORT, "run", imported=Imported("mine.pt", used.stem))
    for file in (used, unused, fresh):
        file.write_bytes(b"tensors")
    for file in (used, unused, upload):
        os.utime(file, (0, time.time() - UNUSED_FOR - 1))
    Janitor(store, 10**9).turn()
    assert used.exists()
    assert fresh.exists()
    assert not unused.exists()
    assert not upload.exists()


def test_files_that_a_fork_shares_count_once_before_and_after_its_run_is_gone(store: Store) -> None:
    parent = trained(store)
    step = store.past.kept(parent)[-1].step
    fork = store.create(SHORT, "fork", origin=Origin(parent, step))
    store.set_state(fork, "stopped")
    janitor = Janitor(store, 10**9)
    for _ in range(4):
        janitor.turn()
    assert store.disk.used() == pytest.approx(on_disk(store.folder), abs=5)
    store.library.purge([parent])
    store.disk.forget_shares()
    for _ in range(4):
        janitor.turn()
    assert store.disk.used() == pytest.approx(on_disk(store.folder), abs=5) != 0
