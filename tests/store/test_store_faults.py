"""When the database, its server or a library is not there."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest
from worker import open_store, write

from scld_adapters.sql import _psycopg
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_core.errors import BadInput, OutcomeUnknown, Unavailable

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def url(postgres, empty_database):
    """A store's database of its own."""
    return postgres.database(empty_database)


def end_sessions(url: str) -> None:
    """What a restart of the server does to everybody connected."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(OTHERS)


def test_a_server_that_goes_away_before_the_commit_changed_nothing(url):
    """The next statement raises Unavailable, and the store goes on with a new connection."""
    store = open_store(url)
    with pytest.raises(Unavailable, match="the store's PostgreSQL"), store.transaction() as unit:
        write(unit, "lost")
        end_sessions(url)
        write(unit, "never sent")
    with store.transaction() as unit:
        assert unit.steps.unresolved() == ()
    store.close()


def test_a_connection_that_breaks_at_the_commit_leaves_the_outcome_unknown(url):
    """Once COMMIT was sent nobody can tell: that is said, not guessed."""
    store = open_store(url)
    with pytest.raises(OutcomeUnknown, match="commit"), store.transaction() as unit:
        write(unit, "perhaps")
        end_sessions(url)
    store.close()


def test_a_table_that_is_gone_is_a_fault_of_the_store(sql_store):
    """Neither the driver's exception nor SQL comes out of a read or a write."""
    with sql_store.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE journal"))
    with pytest.raises(Unavailable, match="journal"), sql_store.transaction() as unit:
        unit.journal.entries()
    with pytest.raises(Unavailable, match="journal"), sql_store.reading() as connection:
        connection.execute(sa.text("SELECT * FROM journal"))


def test_a_server_that_is_too_old_is_refused(postgres):
    """The version is asked before anything else, and the connection is closed again."""
    with pytest.raises(BadInput, match="older than version 99"):
        _psycopg.connect(postgres.database(), oldest=99)
    assert _psycopg.said(ValueError("secret")) == "ValueError"


def test_synchronous_commit_cannot_be_off(postgres, empty_database):
    """A database set to answer before the commit is on the disk is told otherwise for our sessions."""
    url = postgres.database(empty_database)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {postgres.name(url)} SET synchronous_commit = off")
    store = open_store(url)
    with store.transaction() as unit:
        assert unit.connection.execute(sa.text("SHOW synchronous_commit")).scalar_one() == "on"
    store.close()


def test_a_lock_file_that_cannot_be_used_is_explained(tmp_path):
    """A folder in its place is bad input; it does not look like a run in progress."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    (tmp_path / "s.sqlite.lock").unlink()
    (tmp_path / "s.sqlite.lock").mkdir()
    with pytest.raises(BadInput, match="cannot be locked"), store.exclusive("apply"):
        pass
    store.close()


def test_a_store_without_its_write_ahead_log_gets_it_back(tmp_path):
    """A file restored from a backup is not in WAL mode; while another program blocks the change, that is said."""
    path = tmp_path / "s.sqlite"
    open_sqlite(path, create=True).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        blocked = SqlStore(SqlitePeer(path, patience=0))
        with pytest.raises(Unavailable, match="another process"):
            blocked.check()
        blocked.close()
        connection.rollback()
    store = open_sqlite(path)
    with store.reading() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
    store.close()


@pytest.mark.parametrize(
    ("library", "module", "extra"),
    [
        ("sqlalchemy", "_sqlalchemy", "sql"),
        ("alembic", "_alembic", "sql"),
        ("psycopg", "_psycopg", "postgres"),
    ],
)
def test_a_missing_library_names_the_command_that_installs_it(library, module, extra):
    """Each door says which extra it needs."""
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        f"from scld_core.errors import MissingExtra\n"
        f"try:\n    import scld_adapters.sql.{module}\nexcept MissingExtra as e:\n    print(e)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'scld[{extra}]'" in said
