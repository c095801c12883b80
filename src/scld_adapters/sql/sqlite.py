"""SQLite: one file, one writer at a time, every commit on the disk before it is answered.

The driver's own transaction control is switched off (isolation_level None) and BEGIN is sent by us,
as SQLAlchemy's documentation of its SQLite dialect describes: IMMEDIATE, because a transaction that
reads first and writes later could otherwise lose its race, or fail with BUSY in the middle.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from scld_adapters.sql._sqlalchemy import DBAPIError, QueuePool, event, sa, sqlite
from scld_adapters.sql.peer import READ, reads_only
from scld_core.errors import BadInput, RunInProgress, Unavailable

__all__ = ["BUSY_SECONDS", "SqlitePeer"]

BUSY_SECONDS = 10.0
"""How long a transaction waits for another process's transaction to end, unless told otherwise."""


def _begin(connection: sa.Connection) -> None:
    """Straight to the driver: of all statements this one is sent most often."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    try:
        driver.execute("BEGIN" if reads_only(connection) else "BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        raise Unavailable("store", "begin", _said(error)) from None


def _said(error: BaseException | None) -> str:
    """SQLite's own sentence, which names tables and columns at most."""
    if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
        return "another process was writing all the time that this one waited"
    return str(error)


def _touch(path: Path) -> None:
    """Make an empty file that only its owner may read: it will hold personal data.

    An existing file is not even opened: closing it would drop this process's locks on it (fcntl(2)).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise BadInput(str(path), f"cannot be made ({error.strerror})", "Check the folder's permissions") from None


def _unlockable(lock: Path, error: sqlite3.Error) -> BadInput:
    return BadInput(str(lock), f"cannot be locked ({error})", "It must be a file that you may write")


class SqlitePeer:
    """The database file `path`, and beside it ``path.lock``, which holds nothing but the run's lock."""

    upsert: Any = staticmethod(sqlite.insert)

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        self._patience = patience
        self._path = path.absolute()
        self._lock = path.with_name(path.name + ".lock").absolute()
        self.engine = sa.create_engine("sqlite://", creator=self._connect, poolclass=QueuePool, hide_parameters=True)
        event.listen(self.engine, "begin", _begin)
        self.reader = self.engine.execution_options(**{READ: True})

    @property
    def where(self) -> str:
        """The file's path."""
        return str(self._path)

    def present(self) -> bool:
        """Whether the file exists."""
        return self._path.is_file()

    def prepare(self) -> None:
        """Make the file."""
        if not self._path.parent.is_dir():
            raise BadInput(str(self._path.parent), "is no folder", "Make the district's folder first")
        _touch(self._path)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",  # never makes a file: an empty store would know of no open step
            uri=True,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.DatabaseError as error:
            connection.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise BadInput(self.where, "is not an SQLite database", "Give the path of a store") from None
            raise
        if mode != "wal":
            connection.close()
            raise BadInput(self.where, "lies where SQLite's write-ahead log cannot work", "Move it to a local disk")
        return connection

    @contextmanager
    def hold(self, what: str) -> Generator[None]:
        """An EXCLUSIVE transaction on the lock file: the operating system ends it with the process."""
        with closing(self._locked(what)):
            yield

    def _locked(self, what: str) -> sqlite3.Connection:
        _touch(self._lock)
        try:
            connection = sqlite3.connect(self._lock, timeout=0, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise _unlockable(self._lock, error) from None
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise _unlockable(self._lock, error) from None
            problem = f"{what}: another run works on the district of {self._path}; wait until it has ended"
            raise RunInProgress(problem) from None
        return connection

    def backup(self, target: Path) -> None:
        """VACUUM INTO a file beside the target, checked and on the disk before it gets its name."""
        draft = target.with_name(target.name + ".part")
        try:
            draft.unlink(missing_ok=True)
            self._copy(draft)
            draft.replace(target)
        except (sqlite3.Error, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else _said(error)
            problem = f"the copy could not be written ({said})"
            raise BadInput(str(target), problem, "Check the disk's space and the folder's permissions") from None
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _copy(self, draft: Path) -> None:
        _touch(draft)
        with closing(self._connect()) as connection:
            connection.execute("VACUUM INTO ?", (str(draft),))
        with closing(sqlite3.connect(draft)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise BadInput(self.where, f"the copy is damaged ({verdict})", "Restore an older backup and check the disk")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())

    def explain(self, error: DBAPIError) -> str:
        """SQLite's own sentence."""
        return _said(error.orig)
