"""`place`: one applied step's local transactions, against raw sqlite3 with the same statements and bodies.

The step is what a morning does most: a hotspot's suspension with its reason and two pieces of evidence.
`Engine.execute` admits it, writes it ahead of the call and settles it, each in a transaction of its
own, with the audit lines; the carrier is an action that answers at once. The baseline sends the very
statements that were recorded from a first pass, already compiled, with their values, to sqlite3.

Both wait for the disk at every commit. In a folder in memory there is no disk, and what is left is
Python against C; so the folder is one that outlives a restart, where the system has one.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bench.ratio import Result, duel, result
from scld_adapters.sql._sqlalchemy import event
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_core import codecs
from scld_core.hotspots.model import LineOrder
from scld_core.kernel.actor import Actor
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.decision import Reason, permit
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.ids import ItemId
from scld_core.kernel.time import FixedClock
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, Evidence, ReadBack, Risk, Step

__all__ = ["run"]

LIMIT = 0.4
STEPS = 100
ROUNDS = 15
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SUSPEND = "hotspots.suspend"
DISK = Path("/var/tmp")
"""Kept between restarts, says the Filesystem Hierarchy Standard; /tmp may lie in memory."""

TABLES = ("steps", "journal", "records")

Sent = tuple[str, Any]
"""A statement as the driver gets it, and its values."""


def order(number: int) -> LineOrder:
    """A synthetic line."""
    imei, sim = f"35{number:012d}", f"8914800000{number:08d}"
    return LineOrder(
        ItemId("main", f"i{number}"), Line(Imei(imei + luhn_digit(imei)), Iccid(sim + luhn_digit(sim))), "carrier"
    )


def step(number: int) -> Step:
    """The suspension of that line."""
    return Step(
        action=SUSPEND,
        subject=f"main:i{number}",
        cause=f"main:l{number} due 2026-03-06T08:00:00Z",
        area="hotspots",
        business_day=date(2026, 3, 10),
        payload=codecs.dump(order(number)),
        label=f"39999000{number:06d} (cheney)",
        reasons=(
            Reason("overdue", (("due", "Thu Mar 5"), ("days", "4"), ("grace", "2")), "hotspots", "spokane-county"),
        ),
        evidence=(Evidence("main", "item is overdue", NOW), Evidence("carrier", "line is active", NOW)),
        risk=Risk.RISKY,
    )


def suspend() -> Action[LineOrder]:
    """A carrier that has nothing to do."""
    return Action(
        SUSPEND,
        LineOrder,
        recheck=lambda *_: permit(),
        do=lambda *_, **__: Answer(AnswerKind.DONE),
        read_back=lambda *_: ReadBack.DONE,
    )


def engine(store: SqlStore) -> Engine:
    """The one write path, over the store."""
    return Engine(store, {SUSPEND: suspend()}, FixedClock(NOW), Actor("jdoe"), time.sleep)


def record(path: Path, steps: Sequence[Step]) -> list[Sent]:
    """Apply the steps once, and give every statement that reached the driver, BEGIN and COMMIT included."""
    sent: list[Sent] = []

    def statement(connection: object, cursor: object, sql: str, values: Any, *rest: object) -> None:
        del connection, cursor, rest
        sent.append((sql, values))

    with closing(open_sqlite(path)) as store:
        event.listen(store.engine, "begin", lambda _: sent.append(("BEGIN IMMEDIATE", ())))
        event.listen(store.engine, "commit", lambda _: sent.append(("COMMIT", ())))
        event.listen(store.engine, "before_cursor_execute", statement)
        acting = engine(store)
        for one in steps:
            acting.execute(one, "bench")
    return sent


class Ours:
    """Applies the steps to a fresh copy of the empty store at each call; only the steps are timed."""

    def __init__(self, folder: Path, empty: Path, steps: Sequence[Step]) -> None:
        self.path = folder / "ours.sqlite"
        self._empty = empty
        self._steps = steps
        self._store: SqlStore | None = None

    def prepare(self) -> None:
        """Open a fresh copy; what opening does is done before the clock starts."""
        self.close()
        fresh(self._empty, self.path)
        self._store = open_sqlite(self.path)
        with self._store.transaction() as unit:
            unit.steps.unresolved()
        self._engine = engine(self._store)

    def __call__(self) -> None:
        for one in self._steps:
            self._engine.execute(one, "bench")

    def close(self) -> None:
        """Release the store."""
        if self._store is not None:
            self._store.close()


class Raw:
    """Sends the recorded statements to sqlite3, likewise."""

    def __init__(self, folder: Path, empty: Path, sent: Sequence[Sent]) -> None:
        self.path = folder / "raw.sqlite"
        self._empty = empty
        self._sent = sent
        self._connection: sqlite3.Connection | None = None

    def prepare(self) -> None:
        """Open a fresh copy."""
        self.close()
        fresh(self._empty, self.path)
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("SELECT count(*) FROM steps").fetchall()

    def __call__(self) -> None:
        execute = self._connection.execute
        for sql, values in self._sent:
            execute(sql, values).fetchall()

    def close(self) -> None:
        """Release the connection."""
        if self._connection is not None:
            self._connection.close()


def fresh(empty: Path, path: Path) -> None:
    """A copy of the empty store, without what an earlier round left beside it."""
    for old in path.parent.glob(path.name + "*"):
        old.unlink()
    shutil.copyfile(empty, path)


def content(path: Path) -> list[list[tuple[Any, ...]]]:
    """Every row of the store's own tables."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]


def run() -> Iterator[Result]:
    """Rounds of a hundred steps on fresh copies of one empty store."""
    with tempfile.TemporaryDirectory(prefix="scld-bench-", dir=DISK if DISK.is_dir() else None) as name:
        folder = Path(name)
        empty = folder / "empty.sqlite"
        open_sqlite(empty, create=True).close()
        steps = [step(number) for number in range(STEPS)]
        fresh(empty, folder / "first.sqlite")
        sent = record(folder / "first.sqlite", steps)
        mine, raw = Ours(folder, empty, steps), Raw(folder, empty, sent)
        pairs = duel(mine, raw, rounds=ROUNDS, prepare=(mine.prepare, raw.prepare))
        mine.close()
        raw.close()
        rows = content(mine.path)
        same = rows == content(raw.path) == content(folder / "first.sqlite") and len(rows[0]) == STEPS
        count = sum(sql == "COMMIT" for sql, _ in sent) // STEPS
        yield result(
            f"place {STEPS} applied steps, {count} transactions and {len(sent) // STEPS} statements each",
            "the speed of raw sqlite3 with the same statements and bodies, both at synchronous FULL",
            pairs,
            limit=LIMIT,
            at_most=False,
            same=same,
        )
