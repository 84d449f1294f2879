"""What is wrong with the store stands over every page."""

import sqlite3

import pytest

from playground.runs.store import Store
from tests.opened_pages import opened


@pytest.mark.parametrize("page", ["home.py", "train.py"])
def test_a_locked_database_is_said_on_each_page_with_a_way_out_and_on_none_when_all_is_well(
    shared: Store, page: str
) -> None:
    assert not opened(page).warning
    other = sqlite3.connect(shared.folder / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE held (id)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.runs.health.LOOK_EVERY", 0.0)
        said = [warning.value for warning in opened(page).warning]
    other.execute("ROLLBACK")
    other.close()
    assert len(said) == 1
    assert "locked by another program: close it" in said[0]


def test_what_was_wrong_as_the_store_was_opened_stays_on_the_pages(shared: Store) -> None:
    shared.note = "The database of runs was damaged."
    assert [warning.value for warning in opened("home.py").warning] == [shared.note]
