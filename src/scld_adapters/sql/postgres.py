"""PostgreSQL: the same tables for a district that keeps a server."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from scld_adapters.sql import _psycopg
from scld_adapters.sql._sqlalchemy import DBAPIError, event, postgresql, sa
from scld_adapters.sql.peer import READ, reads_only
from scld_core.errors import BadInput, RunInProgress

__all__ = ["PostgresPeer"]

# Advisory locks: the first number says which lock, the second which schema, as two districts may
# share a database by schema.
_WRITER = "SELECT pg_advisory_xact_lock(23581, hashtext(current_schema()))"
_RUN = "SELECT pg_try_advisory_lock(23582, hashtext(current_schema()))"


def _begin(connection: sa.Connection) -> None:
    """Let one writer in at a time, as SQLite does.

    Check-then-write is safe only when nobody writes between the two. The lock is taken first and
    falls with the transaction; under READ COMMITTED each statement after it sees all that earlier
    holders committed. Under REPEATABLE READ the snapshot would be as old as the wait for the lock.
    """
    if not reads_only(connection):
        connection.exec_driver_sql(_WRITER)


class PostgresPeer:
    """A schema of a database; its address, a secret, lives in this object's closure alone."""

    where = "the store's PostgreSQL"
    upsert: Any = staticmethod(postgresql.insert)

    def __init__(self, address: str) -> None:
        def connect() -> _psycopg.Connection:
            return _psycopg.connect(address)

        self._connect = connect
        self.engine = sa.create_engine(
            "postgresql+psycopg://", creator=self._connect, isolation_level="READ COMMITTED", hide_parameters=True
        )
        event.listen(self.engine, "begin", _begin)
        self.reader = self.engine.execution_options(**{READ: True}, isolation_level="REPEATABLE READ")

    def present(self) -> bool:
        """True: whether it can be reached is told by connecting."""
        return True

    def prepare(self) -> None:
        """Nothing: who keeps the server makes the database."""

    @contextmanager
    def hold(self, what: str) -> Generator[None]:
        """A session's advisory lock on a connection of its own: the server ends it when the process is gone."""
        with closing(self._connect()) as connection:
            connection.autocommit = True
            held = connection.execute(_RUN).fetchone()
            if held != (True,):
                raise RunInProgress(f"{what}: another run works on this district; wait until it has ended")
            yield

    def backup(self, target: Path) -> None:
        """Refused: a server's backup is its own tool's work."""
        raise BadInput(
            self.where,
            "is backed up with PostgreSQL's own tool",
            f"Run: pg_dump --format=custom --file={target} DATABASE",
        )

    def explain(self, error: DBAPIError) -> str:
        """The server's primary message."""
        return _psycopg.said(error.orig)
