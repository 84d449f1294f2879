"""A damaged, read-only or locked database: a clear message, and what can be read stays."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from playground.runs import health
from playground.runs.health import Health, in_words, trouble
from playground.runs.opening import open_or_mend
from playground.runs.schema import metadata
from playground.runs.states import STATES
from playground.runs.store import Store
from tests.held_runs import SHORT


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'runs.sqlite'}"


def written(folder: Path, count: int) -> list[str]:
    """Runs in a database that no process has open; with long curves, so that each fills some pages."""
    store = Store(url_of(folder), folder)
    ids = [store.create(SHORT, f"run {n}") for n in range(count)]
    for run_id in ids:
        store.record(run_id, 0, '{"stepped":{}' + " " * 9000 + "}")
    store.close()
    return ids


def test_a_good_database_is_opened_as_it_is(tmp_path: Path) -> None:
    ids = written(tmp_path, 2)
    store = open_or_mend(url_of(tmp_path), tmp_path)
    assert (store.note, store.is_read_only, trouble(store)) == ("", False, "")
    assert {run.id for run in store.runs(STATES)} == set(ids)
    store.close()


@pytest.mark.parametrize("beginning", [b"no database at all", b""], ids=["its head is gone", "pages are gone"])
def test_a_damaged_database_is_set_aside_and_what_can_be_read_goes_into_a_new_one(
    tmp_path: Path, beginning: bytes
) -> None:
    ids = written(tmp_path, 20)
    file = tmp_path / "runs.sqlite"
    content = bytearray(file.read_bytes())
    middle = len(content) * 2 // 3  # among the curves, which were written last
    content[middle : middle + 20_000] = b"\xff" * 20_000
    content[: len(beginning)] = beginning
    file.write_bytes(content)
    store = open_or_mend(url_of(tmp_path), tmp_path)
    (aside,) = tmp_path.glob("runs.damaged-*.sqlite")
    assert aside.read_bytes() == content
    assert str(aside) in store.note
    found = {run.id for run in store.runs(STATES)}
    assert not found if beginning else found and found <= set(ids)
    chunks = sum(len(store.chunks(run_id)) for run_id in found)
    assert chunks == 0 if beginning else 0 < chunks < 20
    assert store.run(store.create(SHORT, "new"))
    store.close()


def test_where_no_folder_can_be_made_pages_open_on_an_empty_store_that_names_it_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "playground"
    store = open_or_mend(url_of(folder), folder)
    assert str(folder) in store.note
    assert "PLAYGROUND_DATA" in store.note
    assert store.is_read_only
    assert store.runs() == []
    with pytest.raises(OperationalError) as failure:
        store.create(SHORT, "lost")
    assert "can't be written" in in_words(failure.value)
    store.close()
    shutil.rmtree(Path(str(store.engine.url.database).removeprefix("file:").split("?")[0]).parent)


def test_the_runs_of_a_read_only_database_can_be_looked_at(tmp_path: Path) -> None:
    ids = written(tmp_path, 2)
    store = open_or_mend(f"sqlite:///file:{tmp_path / 'runs.sqlite'}?mode=ro&uri=true", tmp_path)
    assert str(tmp_path) in store.note
    assert store.is_read_only
    assert {run.id for run in store.runs(STATES)} == set(ids)
    store.close()


def test_a_database_that_is_locked_at_the_start_is_opened_and_called_locked_as_long_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 1)
    other = sqlite3.connect(tmp_path / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = open_or_mend(url_of(tmp_path), tmp_path)
    assert not store.note
    monkeypatch.setattr(health, "LOOK_EVERY", 0.0)
    health_now = Health(store)
    assert "locked" in health_now.now()[0]
    assert len(store.runs(STATES)) == 1
    other.execute("ROLLBACK")
    other.close()
    assert health_now.now() == ()
    store.close()


def test_a_disk_that_is_almost_full_is_told_before_writing_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(store.folder)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: usage._replace(free=3_000_000))
    assert "almost full: 3 MB" in trouble(store)


@pytest.mark.parametrize("reason", [*health.WORDS, "something else"])
def test_every_failure_of_the_store_is_told_in_whole_sentences_with_a_way_out(reason: str) -> None:
    words = in_words(SQLAlchemyError(reason))
    assert words.startswith("The ")
    assert words.endswith(".")


def test_a_database_that_is_full_is_called_so(tmp_path: Path) -> None:
    store = Store(url_of(tmp_path), tmp_path)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        full = [{"id": f"w{n}" * 3000, "seen": 0.0} for n in range(100)]
        with pytest.raises(SQLAlchemyError) as failure:
            connection.execute(metadata.tables["workers"].insert(), full)
    assert "The disk is full" in in_words(failure.value)
    store.close()
