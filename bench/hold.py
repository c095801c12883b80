"""`hold`: a hold placed, a patron found by barcode in the embedded ILS, against raw sqlite3 with the same statements.

A hold is placed with everything that is decided about it in one transaction: its key, the patron, the
items, the queue, how many holds the patron has, then the hold itself. The baseline sends the very statements
that were recorded from a first pass, already compiled, with their values, to sqlite3, and fetches
every row. A hold waits for the disk at its commit; a patron does not, so that there it is all Python
against C: what is on our side is a whole patron, with cards, blocks and what was merged.

The folder is one that outlives a restart, where the system has one: in memory there is no disk to wait for.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.place import DISK, Raw, Sent, fresh
from bench.ratio import Result, duel, result
from scld_adapters.sql._sqlalchemy import event
from scld_adapters.sql.holds import EmbeddedHolds
from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.peer import reads_only
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_adapters.sql.statements import Prepared
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_core.circulation.model import Circulation, ItemState
from scld_core.holds.model import Copy, HoldRequest
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.patrons.person import Block, Card, Patron
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext

__all__ = ["run"]

PLACE_LIMIT = 0.4
FIND_LIMIT = 0.2
COUNT = 100
TITLES = 20
ROUNDS = 15
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
CHENEY = LocationId("cheney")
TABLES = ("ils_holds", "ils_hold_writes", "ils_cards")


def number(patron: int) -> Barcode:
    """A synthetic card."""
    return Barcode(f"2999900{patron:07d}")


def records() -> Seed:
    """Patrons with a card and a block each, and titles of two items."""
    items = [f"i{n}" for n in range(2 * TITLES)]
    return Seed(
        items=tuple(Circulation(ItemId("main", item), ItemState.CHECKED_IN, NOW) for item in items),
        homes=dict.fromkeys(items, str(CHENEY)),
        copies={item: Copy(TitleId("main", f"t{place // 2}"), f"FIC {place}") for place, item in enumerate(items)},
        patrons=tuple(
            Patron(
                id=PatronId("main", f"p{n}"),
                as_of=NOW,
                category="adult",
                home=CHENEY,
                cards=(Card(number=number(n)),),
                blocks=(Block("address", NOW, "jdoe"),),
            )
            for n in range(COUNT)
        ),
    )


def place_all(store: SqlStore) -> None:
    """One hold of each patron, five to a title."""
    holds = EmbeddedHolds(store, FixedClock(NOW), backend="main")
    for n in range(COUNT):
        title = TitleId("main", f"t{n % TITLES}")
        holds.place(HoldRequest(patron=PatronId("main", f"p{n}"), title=title, pickup=CHENEY, at_most=25), key=f"k{n}")


def find_all(store: SqlStore) -> list[str]:
    """Each patron by the card; gives the ids."""
    patrons = EmbeddedPatrons(store, FixedClock(NOW), backend="main")
    found = [patrons.find(number(n)) for n in range(COUNT)]
    return [patron.id.local for patron in found if patron is not None]


Work = Callable[[SqlStore], object]


def record(path: Path, work: Work) -> list[Sent]:
    """Do the work once, and give every statement that reached the driver, BEGIN and COMMIT included."""
    sent: list[Sent] = []

    fetch = Prepared.fetch

    def noted(self: Prepared, connection: Any, given: Any) -> list[Any]:
        sent.append((self.sql, self.bound(given)))
        return fetch(self, connection, given)

    def statement(connection: object, cursor: object, sql: str, values: Any, *rest: object) -> None:
        del connection, cursor, rest
        sent.append((sql, values))

    def begin(connection: Any) -> None:
        sent.append(("BEGIN" if reads_only(connection) else "BEGIN IMMEDIATE", ()))

    with closing(open_sqlite(path)) as store:
        event.listen(store.engine, "begin", begin)
        event.listen(store.engine, "commit", lambda _: sent.append(("COMMIT", ())))
        event.listen(store.engine, "before_cursor_execute", statement)
        Prepared.fetch = noted  # type: ignore[method-assign]  # what goes by the driver's own cursor
        try:
            work(store)
        finally:
            Prepared.fetch = fetch  # type: ignore[method-assign]
    return [one for one in sent if not one[0].startswith("PRAGMA")]


class Ours:
    """Does the work on a fresh copy of the filled store at each call; only the work is timed."""

    def __init__(self, folder: Path, filled: Path, work: Work) -> None:
        self.path = folder / "ours.sqlite"
        self.answer: object = None
        self._filled = filled
        self._work = work
        self._store: SqlStore | None = None

    def prepare(self) -> None:
        """Open a fresh copy; what opening does, and building each statement once, is done before the clock starts."""
        self.close()
        fresh(self._filled, self.path)
        self._store = open_sqlite(self.path)
        with self._store.transaction() as unit:
            unit.steps.unresolved()

    def __call__(self) -> None:
        assert self._store is not None
        self.answer = self._work(self._store)

    def close(self) -> None:
        """Release the store."""
        if self._store is not None:
            self._store.close()


def content(path: Path) -> list[list[tuple[Any, ...]]]:
    """Every row of the tables that the work is about."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]


def measured(folder: Path, filled: Path, work: Work) -> tuple[list[tuple[float, float]], Sequence[Sent], Ours, Raw]:
    """The rounds of one kind of work, and both sides as they stood after the last one."""
    fresh(filled, folder / "first.sqlite")
    sent = record(folder / "first.sqlite", work)
    mine, raw = Ours(folder, filled, work), Raw(folder, filled, sent)
    pairs = duel(mine, raw, rounds=ROUNDS, prepare=(mine.prepare, raw.prepare))
    mine.close()
    raw.close()
    return pairs, sent, mine, raw


def run() -> Iterator[Result]:
    """Rounds of a hundred on fresh copies of one filled store."""
    with tempfile.TemporaryDirectory(prefix="scld-bench-", dir=DISK if DISK.is_dir() else None) as name:
        folder = Path(name)
        filled = folder / "filled.sqlite"
        with closing(open_sqlite(filled, create=True)) as store:
            EMBEDDED.seed(
                EmbeddedConfig(), BackendContext("main", FixedClock(NOW), folder, str, store=store), records()
            )
        pairs, sent, mine, raw = measured(folder, filled, place_all)
        rows = content(mine.path)
        same = rows == content(raw.path) == content(folder / "first.sqlite") and len(rows[0]) == COUNT
        yield result(
            f"hold {COUNT} holds placed, one transaction and {len(sent) // COUNT} statements each",
            "the speed of raw sqlite3 with the same statements, both at synchronous FULL",
            pairs,
            limit=PLACE_LIMIT,
            at_most=False,
            same=same,
        )
        pairs, sent, mine, raw = measured(folder, filled, find_all)
        wanted = [f"p{n}" for n in range(COUNT)]
        with closing(sqlite3.connect(raw.path)) as connection:
            told = [connection.execute(sql, values).fetchall() for sql, values in sent if "ils_cards.number =" in sql]
        same = mine.answer == wanted == [row for ((row, *_),) in told]
        yield result(
            f"hold {COUNT} patrons found by barcode, {len(sent) // COUNT} statements each",
            "the speed of raw sqlite3 with the same statements, every row fetched",
            pairs,
            limit=FIND_LIMIT,
            at_most=False,
            same=same,
        )
