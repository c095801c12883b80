"""The account as an SQLite file: one transaction a request, so that effect and key are never apart."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from scld_core.hotspots.account import AccountLine, Effect, Request, RequestState, Verb
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Iccid, Imei, Msisdn
from scld_core.kernel.time import parse_instant
from scld_core.runs.model import AnswerKind

__all__ = ["FORMAT", "SqliteBook", "create", "transaction"]

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

    def requests(self, *, key: str | None = None, number: int | None = None, pending: bool = False) -> Sequence[Request]:
        """Requests by number, narrowed."""
        found = self._connection.execute(
            "SELECT * FROM requests WHERE state IN ('open', 'stuck') ORDER BY number"
            if pending and number is None
            else "SELECT * FROM requests WHERE number = ?1"
            if number is not None
            else "SELECT * FROM requests WHERE key = ?2 ORDER BY number"
            if key is not None
            else "SELECT * FROM requests ORDER BY number",
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
            "SELECT key, line, verb, at FROM effects WHERE ?1 IS NULL OR line = ?1 ORDER BY number", (line,)
        )
        return [Effect(key, number, Verb(verb), parse_instant(at)) for key, number, verb, at in found]
