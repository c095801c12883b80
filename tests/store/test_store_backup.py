"""Copies of a store that is in use."""

import sqlite3
from contextlib import closing

import pytest
from worker import write

from scld_adapters.sql.store import open_sqlite
from scld_core.errors import BadInput


def content(store):
    """All steps and audit lines."""
    with store.transaction() as unit:
        return unit.steps.unresolved(), unit.journal.entries()


def test_a_backup_holds_what_was_committed_and_nothing_else(tmp_path):
    """Made in the middle of another transaction, the copy opens as a store with the committed content."""
    store, second = (open_sqlite(tmp_path / "s.sqlite", create=True) for _ in range(2))
    with store.transaction() as unit:
        write(unit, "committed")
    before = content(store)
    with second.transaction() as unit:
        write(unit, "not yet")
        made = store.backup(tmp_path / "copy.sqlite")
    copy = open_sqlite(made)
    assert content(copy) == before
    with copy.transaction() as unit:
        write(unit, "and goes on")
    for each in (store, second, copy):
        each.close()
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_never_overwrites(tmp_path):
    """An existing file is refused and unchanged."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    target = tmp_path / "copy.sqlite"
    target.write_text("older backup")
    with pytest.raises(BadInput, match="exists already"):
        store.backup(target)
    store.close()
    assert target.read_text() == "older backup"


def test_a_damaged_store_gives_no_backup(tmp_path):
    """A copy that fails SQLite's integrity check is reported and never gets the backup's name."""
    path = tmp_path / "s.sqlite"
    store = open_sqlite(path, create=True)
    with closing(sqlite3.connect(path)) as connection:  # a row that breaks a rule its table turns out to have
        connection.execute("INSERT INTO journal (run, at, body) VALUES ('', '', 'a')")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'run TEXT', 'run TEXT CHECK (body > ''b'')')")
        connection.commit()
    with pytest.raises(BadInput, match="damaged"):
        store.backup(tmp_path / "copy.sqlite")
    store.close()
    assert not list(tmp_path.glob("copy*"))


def test_a_backup_that_cannot_be_written_is_explained(tmp_path):
    """A folder that is not there is bad input, not a traceback."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    with pytest.raises(BadInput, match="cannot be made"):
        store.backup(tmp_path / "absent" / "copy.sqlite")
    with pytest.raises(BadInput, match="could not be written"):
        store.backup(tmp_path / ("n" * 252))
    store.close()


def test_a_postgres_store_names_the_command_to_run(postgres, empty_database, tmp_path):
    """A server is backed up with its own tool."""
    from worker import open_store

    store = open_store(postgres.database(empty_database))
    with pytest.raises(BadInput, match=r"pg_dump --format=custom"):
        store.backup(tmp_path / "copy")
    store.close()
