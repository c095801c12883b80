"""Making, checking and migrating the tables."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from worker import write

from scld_adapters.sql import schema
from scld_adapters.sql._alembic import scripts
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.postgres import PostgresPeer
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.store import SqlStore, open_postgres, open_sqlite
from scld_adapters.sql.tables import REVISION, REVISIONS, version
from scld_core.errors import BadInput, RunInProgress

# Columns with their types, defaults and collations, indexes with their conditions, and constraints, in words.
POSTGRES_SCHEMA = """
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, c.collation_name, c.is_identity,
       c.ordinal_position::text
FROM information_schema.columns c WHERE c.table_schema = current_schema()
UNION ALL SELECT tablename, indexname, indexdef, '', '', '', '' FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', ''
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
ORDER BY 1, 2, 3
"""


def sqlite_schema(path):
    """The text of every CREATE statement, in any order."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall())


def postgres_schema(url):
    """Every fact about the tables."""
    with psycopg.connect(url) as connection:
        return connection.execute(POSTGRES_SCHEMA).fetchall()


def test_migrating_an_empty_sqlite_makes_what_creating_makes(tmp_path):
    """The revisions lead to exactly the tables of the code; a second migration changes nothing."""
    open_sqlite(tmp_path / "made.sqlite", create=True).close()
    store = SqlStore(SqlitePeer(tmp_path / "migrated.sqlite"))
    assert "now has schema" in store.migrate()
    assert "nothing was changed" in store.migrate()
    store.close()
    assert sqlite_schema(tmp_path / "migrated.sqlite") == sqlite_schema(tmp_path / "made.sqlite") != []


def test_migrating_an_empty_postgres_makes_what_creating_makes(postgres):
    """The same on PostgreSQL: columns, collations, indexes and constraints."""
    made, migrated = postgres.database(), postgres.database()
    open_postgres(made, create=True).close()
    store = SqlStore(PostgresPeer(migrated))
    store.migrate()
    store.close()
    facts = postgres_schema(made)
    assert postgres_schema(migrated) == facts
    assert ("steps", "action", "text", "NO", "C", "NO", "5") in facts


def test_the_revisions_are_the_ones_in_the_package():
    """The list in the code names every migration script, oldest first."""
    found = [script.revision for script in scripts().walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_creating_again_and_migrating_keep_what_is_there(address):
    """A store that exists is opened, not emptied."""
    from worker import open_store

    first = open_store(address)
    with first.transaction() as unit:
        write(unit, "kept")
    first.create()
    first.migrate()
    with first.transaction() as unit:
        assert len(unit.steps.unresolved()) == 1
    first.close()


def test_migration_waits_for_no_run(address):
    """While a run holds the district, a migration is refused."""
    from worker import open_store

    store = open_store(address)
    with store.exclusive("apply"), pytest.raises(RunInProgress, match="migrate"):
        store.migrate()
    store.close()


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (None, "holds no tables of scld.*scld migrate"),
        ("0001", "older scld.*schema 0001, this is 0002.*Run `scld migrate DIR`"),
        ("0003", "newer scld.*Upgrade scld, then run `scld migrate DIR`"),
    ],
)
def test_every_revision_but_the_newest_is_refused(found, problem):
    """The refusal says which schema was found and what to run."""
    with pytest.raises(BadInput, match=problem):
        schema.refuse_other("district.sqlite", found, ("0001", "0002"))
    assert schema.refuse_other("district.sqlite", "0002", ("0001", "0002")) is None


def test_a_store_of_a_newer_scld_is_neither_opened_nor_migrated(sql_store):
    """A revision this version does not know stops it before it reads a row."""
    with sql_store.engine.begin() as connection:
        connection.execute(sa.update(version).values(version_num="9999"))
    for use in (sql_store.check, sql_store.migrate, sql_store.create):
        with pytest.raises(BadInput, match=f"newer scld .schema 9999, this one knows up to {REVISION}"):
            use()


def test_a_missing_file_is_not_made_by_opening_it(tmp_path):
    """An empty store would know of no open step, so a wrong path must not make one."""
    path = tmp_path / "absent.sqlite"
    with pytest.raises(BadInput, match=r"there is no store here.*scld init"):
        open_sqlite(path)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_store_are_refused_and_left_alone(tmp_path):
    """Not a database, an empty database, another program's database: each is told apart."""
    text = tmp_path / "district.toml"
    text.write_text("[district]\n" * 50)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE holds (id)")
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    with pytest.raises(BadInput, match="is not an SQLite database"):
        open_sqlite(text, create=True)
    with pytest.raises(BadInput, match="holds no tables of scld"):
        open_sqlite(empty)
    with pytest.raises(BadInput, match="tables of another program"):
        open_sqlite(other, create=True)
    store = SqlStore(SqlitePeer(other))
    with pytest.raises(BadInput, match="tables of another program"):
        store.migrate()
    store.close()
    assert text.read_text().startswith("[district]")
    assert [name for name, _ in sqlite_schema(other)] == ["holds"]


def test_an_empty_postgres_database_is_no_store(postgres):
    """The message says how to make the tables."""
    with pytest.raises(BadInput, match=r"holds no tables of scld.*scld migrate"):
        open_postgres(postgres.database())


@pytest.mark.parametrize(
    "address", ["postgresql://scld:hunter2@127.0.0.1:1/hunter2db", "postgresql:/hunter2", "hunter2", ""]
)
def test_a_wrong_address_is_refused_without_being_repeated(address):
    """Neither message nor repr of a store holds a part of the secret address."""
    with pytest.raises(BadInput, match="PostgreSQL") as refused:
        open_postgres(address)
    assert "hunter2" not in f"{refused.value} {refused.value.__cause__!r}"
    peer = PostgresPeer(address)
    assert "hunter2" not in f"{peer!r} {peer.engine!r} {vars(peer)!r}"
    peer.engine.dispose()


def test_only_the_owner_may_read_the_files_of_a_store(tmp_path):
    """The database and its lock hold personal data, or tell of it."""
    folder = tmp_path / "d"
    with pytest.raises(BadInput, match="is no folder"):
        open_sqlite(folder / "district.sqlite", create=True)
    folder.mkdir()
    store = open_sqlite(folder / "district.sqlite", create=True)
    with store.transaction() as unit:
        write(unit, "x")
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert "district.sqlite-wal" in modes
