"""The Store on SQLAlchemy Core: transactions, the outbox, the journal and the records."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from scld_adapters.sql import schema
from scld_adapters.sql._sqlalchemy import DBAPIError, sa
from scld_adapters.sql.peer import Peer, fault
from scld_adapters.sql.statements import Prepared, Statements
from scld_adapters.sql.tables import instant_text
from scld_core import codecs
from scld_core.errors import BadInput, Conflict
from scld_core.runs.model import UNRESOLVED, JournalEntry, StepRecord
from scld_core.runs.ports import Journal, Records, StepLog

__all__ = ["SqlStore", "SqlUnit", "open_postgres", "open_sqlite"]


class SqlUnit:
    """One transaction. `connection` is for tables beside the store's own, such as the embedded ILS's."""

    def __init__(self, connection: sa.Connection, statements: Statements) -> None:
        self._connection = connection
        self.statements = statements

    @property
    def connection(self) -> sa.Connection:
        """The connection the transaction runs on; RuntimeError when the transaction is over."""
        if self._connection.closed:
            raise RuntimeError("this transaction is over")
        return self._connection

    @property
    def steps(self) -> StepLog:
        """The outbox."""
        return _Steps(self)

    @property
    def journal(self) -> Journal:
        """The audit trail."""
        return _Journal(self)

    def records(self, kind: str) -> Records:
        """The documents of `kind`."""
        return _Records(self, kind)

    def run(self, statement: Prepared, **values: Any) -> sa.CursorResult[*tuple[Any, ...]]:
        """Execute a statement with its parameters."""
        return statement.run(self.connection, values)


def _step(body: str) -> StepRecord:
    return codecs.load(StepRecord, body)


class _Steps:
    def __init__(self, unit: SqlUnit) -> None:
        self._unit = unit

    def get(self, step: str) -> StepRecord | None:
        body = self._unit.run(self._unit.statements.step, id=step).scalar_one_or_none()
        return None if body is None else _step(body)

    def put(self, record: StepRecord) -> None:
        step = record.step
        done = self._unit.run(
            self._unit.statements.put_step,
            id=step.id,
            run=record.run,
            area=step.area,
            action=step.action,
            subject=step.subject,
            state=record.state.value,
            updated_at=instant_text(record.updated_at),
            body=codecs.dump(record),
            is_open=int(record.state in UNRESOLVED),
        )
        if done.rowcount == 0:
            raise Conflict("store", "put", f"another step {step.action} of {step.subject} is still open")

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        if area is None:
            return self._all(self._unit.statements.unresolved)
        return self._all(self._unit.statements.unresolved_of_area, area=area)

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        return self._all(self._unit.statements.steps_of_run, run=run)

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        return self._all(self._unit.statements.history, area=area, since=instant_text(since))

    def _all(self, statement: Prepared, **values: Any) -> tuple[StepRecord, ...]:
        return tuple(_step(body) for body in self._unit.run(statement, **values).scalars())


class _Journal:
    def __init__(self, unit: SqlUnit) -> None:
        self._unit = unit

    def append(self, entry: JournalEntry) -> None:
        self._unit.run(self._unit.statements.append, run=entry.run, at=instant_text(entry.at), body=codecs.dump(entry))

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        statements = self._unit.statements
        found = (
            self._unit.run(statements.entries) if run is None else self._unit.run(statements.entries_of_run, run=run)
        )
        return tuple(codecs.load(JournalEntry, body) for body in found.scalars())


class _Records:
    def __init__(self, unit: SqlUnit, kind: str) -> None:
        self._unit = unit
        self._kind = kind

    def get(self, key: str) -> str | None:
        return self._unit.run(self._unit.statements.record, kind=self._kind, key=key).scalar_one_or_none()

    def put(self, key: str, body: str) -> None:
        self._unit.run(self._unit.statements.put_record, kind=self._kind, key=key, body=body)

    def delete(self, key: str) -> None:
        self._unit.run(self._unit.statements.delete_record, kind=self._kind, key=key)

    def items(self) -> Iterator[tuple[str, str]]:
        found = self._unit.run(self._unit.statements.records, kind=self._kind).all()
        return iter([(key, body) for key, body in found])


class SqlStore:
    """A district's memory in a database.

    Transactions write one at a time, over all processes and threads; within one thread they do not
    nest (RuntimeError). The first use checks the schema. Once closed, every use raises BadInput.
    Text that goes into columns (kinds, keys, runs, areas, actions, subjects) holds no NUL character,
    which PostgreSQL cannot keep. `notes` are warnings for people about where the store lies.
    """

    def __init__(self, peer: Peer, notes: tuple[str, ...] = ()) -> None:
        self._peer = peer
        self._statements = Statements.of(peer)
        self._here = threading.local()
        self._checked = False
        self._closed = False
        self.notes = notes

    @property
    def engine(self) -> sa.Engine:
        """For transactions that write; each begins by keeping all other writers out."""
        return self._peer.engine

    @contextmanager
    def transaction(self) -> Generator[SqlUnit]:
        """A serialised read-write transaction.

        Raises Unavailable when the database cannot be used (nothing was changed), OutcomeUnknown
        when the connection broke while COMMIT was under way.
        """
        self._ready()
        if getattr(self._here, "inside", False):
            raise RuntimeError("transactions do not nest")
        self._here.inside = True
        committing = False
        try:
            with self._peer.engine.begin() as connection:
                yield SqlUnit(connection, self._statements)
                committing = True
        except DBAPIError as error:
            raise fault(self._peer, error, committing=committing) from None
        finally:
            self._here.inside = False

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """A connection that sees one committed state and keeps no writer waiting."""
        self._ready()
        try:
            with self._peer.reader.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise fault(self._peer, error) from None

    @contextmanager
    def exclusive(self, what: str) -> Generator[None]:
        """Hold the district for one run; raises RunInProgress while anybody else holds it."""
        self._ready()
        with self._peer.hold(what):
            yield

    def check(self) -> None:
        """Raise BadInput unless the database is there and has the tables of this version of scld."""
        self._refuse_closed()
        self._refuse_absent()
        with self._faults(), self._peer.reader.begin() as connection:
            schema.refuse_other(self._peer.where, schema.revision(connection))
        self._checked = True

    def create(self) -> None:
        """Make the tables in an empty database; does nothing where they are already."""
        self._refuse_closed()
        self._peer.prepare()
        with self._faults():
            with self._peer.reader.begin() as connection:
                made = schema.revision(connection) is not None
            if not made:
                with self._peer.hold("create"), self._peer.engine.begin() as connection:
                    schema.create(connection, self._peer.where)
        self.check()

    def migrate(self) -> str:
        """Bring the tables to this version's schema; gives one sentence on what was done.

        An empty or missing database gets its tables. Raises BadInput for a schema that is newer than
        this scld, RunInProgress while a run is under way. Needs Alembic.
        """
        from scld_adapters.sql import _alembic  # noqa: PLC0415 - only migration needs Alembic

        self._refuse_closed()
        self._peer.prepare()
        with self._faults(), self._peer.hold("migrate"), self._peer.engine.begin() as connection:
            before = schema.revision(connection)
            schema.refuse_foreign(connection, self._peer.where, before)
            schema.refuse_newer(self._peer.where, before)
            _alembic.upgrade(connection)
        self.check()
        return schema.told(self._peer.where, before)

    def backup(self, target: Path) -> Path:
        """Write a consistent copy to the new file `target`, also while the store is in use.

        The schema may be of any version: a copy is what one wants before a migration. Raises BadInput
        when `target` exists, when the copy is damaged, and for a PostgreSQL store, with the command
        to run instead.
        """
        self._refuse_closed()
        self._refuse_absent()
        with self._faults(), self._peer.reader.begin() as connection:
            schema.refuse_none(self._peer.where, schema.revision(connection))
        if target.exists():
            raise BadInput(str(target), "exists already", "Give the name of a new file")
        self._peer.backup(target)
        return target

    def close(self) -> None:
        """Release connections; every later use raises BadInput."""
        self._closed = True
        self._peer.engine.dispose()

    @contextmanager
    def _faults(self) -> Generator[None]:
        try:
            yield
        except DBAPIError as error:
            raise fault(self._peer, error) from None

    def _ready(self) -> None:
        if self._closed or not self._checked:
            self.check()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise BadInput("store", "is closed", "Open the district again")

    def _refuse_absent(self) -> None:
        if not self._peer.present():
            raise BadInput(self._peer.where, "there is no store here", "Make the district with `scld init DIR`")


def open_sqlite(path: Path, *, create: bool = False, notes: tuple[str, ...] = ()) -> SqlStore:
    """The store in the file `path`, made when absent with `create`.

    Raises BadInput for a missing file, one that is no store, or one of another version's schema.
    """
    from scld_adapters.sql.sqlite import SqlitePeer  # noqa: PLC0415 - one engine's module is loaded, not both

    return _opened(SqlStore(SqlitePeer(path), notes), create=create)


def open_postgres(address: str, *, create: bool = False) -> SqlStore:
    """The store in the database at `address`, a libpq URL with its password; tables are made with `create`.

    Raises BadInput as `open_sqlite` does, and for a server that cannot be reached; no message holds
    any part of `address`.
    """
    from scld_adapters.sql.postgres import PostgresPeer  # noqa: PLC0415 - needs the extra `postgres`

    return _opened(SqlStore(PostgresPeer(address)), create=create)


def _opened(store: SqlStore, *, create: bool) -> SqlStore:
    try:
        if create:
            store.create()
        else:
            store.check()
    except BaseException:
        store.close()
        raise
    return store
