"""The account as an SQLite file: one transaction a request, so that effect and key are never apart."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from scld_core.errors import InvalidValue
from scld_core.hotspots.account import AccountLine, Effect, Request, RequestState, Verb
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Iccid, Imei, Msisdn
from scld_core.kernel.time import parse_instant
from scld_core.runs.model import AnswerKind

__all__ = ["FORMAT", "SqliteBook", "create", "format_of", "transaction"]

_PENDING = "state IN ('open', 'stuck')"

FORMAT = 1
"""The version of the file's tables, kept as SQLite's user_version."""

_BUSY_SECONDS = 30.0  # how long a process waits for another one's transaction
_SCHEMA = """
CREATE TABLE lines (
    id TEXT PRIMARY KEY, imei TEXT, iccid TEXT, msisdn TEXT,
    state TEXT NOT NULL, since TEXT NOT NULL, word TEXT NOT NULL, resumes_at TEXT
) WITHOUT ROWID;
CREATE TABLE requests (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, line TEXT NOT NULL,
    verb TEXT NOT NULL, state TEXT NOT NULL, answered TEXT NOT NULL
);
CREATE INDEX requests_key ON requests (key);
CREATE INDEX requests_pending ON requests (number) WHERE state IN ('open', 'stuck');
CREATE TABLE effects (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, line TEXT NOT NULL, verb TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX effects_line ON effects (line);
"""


class SqliteBook:
    """A `Book` inside one transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def size(self) -> int:
        """How many requests there are."""
        return int(self._connection.execute("SELECT count(*) FROM requests").fetchone()[0])

    def line(self, number: str) -> AccountLine | None:
        """The line filed under a number."""
        found = self._connection.execute("SELECT * FROM lines WHERE id = ?", (number,)).fetchone()
        return None if found is None else _line(found)

    def lines(self) -> Iterable[AccountLine]:
        """All lines by id."""
        return [_line(row) for row in self._connection.execute("SELECT * FROM lines ORDER BY id")]

    def put_line(self, line: AccountLine) -> None:
        """Insert or replace."""
        self._connection.execute("REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _line_row(line))

    def put_request(self, request: Request) -> None:
        """Insert or replace."""
        self._connection.execute(
            "REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?)",
            (
                request.number,
                request.key,
                request.line,
                request.verb.value,
                request.state.value,
                request.answered.value,
            ),
        )

    def requests(
        self, *, key: str | None = None, number: int | None = None, pending: bool = False
    ) -> Sequence[Request]:
        """Requests by number, narrowed."""
        wanted = [("key = ?", key)] if key is not None else []
        wanted += [("number = ?", str(number))] if number is not None else []
        terms = [term for term, _ in wanted] + ([_PENDING] if pending else [])
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        found = self._connection.execute(
            f"SELECT * FROM requests{where} ORDER BY number",  # noqa: S608 - made of the constants above
            [value for _, value in wanted],
        )
        return [_request(row) for row in found]

    def add_effect(self, effect: Effect) -> None:
        """Append."""
        self._connection.execute(
            "INSERT INTO effects (key, line, verb, at) VALUES (?, ?, ?, ?)",
            (effect.key, effect.line, effect.verb.value, effect.at.isoformat()),
        )

    def effects(self, line: str | None = None) -> Sequence[Effect]:
        """The ledger."""
        found = self._connection.execute(
            "SELECT key, line, verb, at FROM effects WHERE :line IS NULL OR line = :line ORDER BY number",
            {"line": line},
        )
        return [Effect(key, number, Verb(verb), parse_instant(at)) for key, number, verb, at in found]


def _line_row(line: AccountLine) -> tuple[str | None, ...]:
    return (
        line.id,
        None if line.imei is None else str(line.imei),
        None if line.iccid is None else str(line.iccid),
        None if line.msisdn is None else str(line.msisdn),
        line.state.value,
        line.since.isoformat(),
        line.word,
        None if line.resumes_at is None else line.resumes_at.isoformat(),
    )


def _line(row: Sequence[Any]) -> AccountLine:
    _, imei, iccid, msisdn, state, since, word, resumes_at = row
    return AccountLine(
        None if imei is None else Imei(imei),
        None if iccid is None else Iccid(iccid),
        ServiceState(state),
        parse_instant(since),
        None if msisdn is None else Msisdn(msisdn),
        word,
        None if resumes_at is None else parse_instant(resumes_at),
    )


def _request(row: Sequence[Any]) -> Request:
    number, key, line, verb, state, answered = row
    return Request(number, key, line, Verb(verb), RequestState(state), AnswerKind(answered))


@contextmanager
def transaction(path: Path) -> Generator[SqliteBook]:
    """One serialised transaction on the account file; what is raised inside rolls it back.

    The connection lives as long as the transaction, so that a process may fork between two of them.
    Raises FileNotFoundError when there is no file, and sqlite3.Error as SQLite does.
    """
    if not path.exists():
        raise FileNotFoundError(path.name)
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteBook(connection)
        except BaseException:
            if connection.in_transaction:  # SQLite ends it by itself when the disk is full
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def create(path: Path, lines: Iterable[AccountLine]) -> None:
    """Make the account file with `lines`; the file appears whole or not at all.

    Raises FileExistsError when there is one, InvalidValue when two lines have one number.
    """
    if path.exists():
        raise FileExistsError(path.name)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {FORMAT};")
            book = SqliteBook(connection)
            for line in lines:
                if book.line(line.id) is not None:
                    raise InvalidValue("AccountLine", "id", "is the number of another line too")
                book.put_line(line)
            connection.execute("COMMIT")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def format_of(path: Path) -> int:
    """The version of the tables in the file; 0 for a database that is no account. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
