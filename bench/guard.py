"""`guard`: reads of the embedded ILS through the guard around its ports, against the same ports without it.

The reads are a desk's: a patron by id and by card, an item's circulation, and the walk over every
overdue loan. The redactor is a registry's own, and a plugin with every hook counts how often one of
them is called meanwhile: never, however many records are read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.ratio import Result, duel, result
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_adapters.sql.store import open_sqlite
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.time import FixedClock
from scld_core.patrons.person import Card, Patron
from scld_core.plugins import (
    BackendContext,
    OpenBackend,
    OperationEvent,
    Registry,
    SecretRef,
    WriteNotice,
    hookimpl,
    open_backend,
)
from scld_core.plugins.hookspecs import Redactor
from scld_core.plugins.seed import Seed

__all__ = ["run"]

LIMIT = 1.2
RECORDS = 1000
READS = 200
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def card(number: int) -> Barcode:
    """A synthetic card number."""
    digits = f"2908200{number:06d}"
    return Barcode.parse(digits + luhn_digit(digits))


def seed() -> Seed:
    """Patrons with a card each, and as many items on loan, all of them overdue. Nobody lives or owes here."""
    loans = (
        Loan(LoanId("main", f"l{n}"), ItemId("main", f"i{n}"), NOW - timedelta(days=n % 60 + 1), NOW - timedelta(90))
        for n in range(RECORDS)
    )
    return Seed(
        items=tuple(Circulation(loan.item, ItemState.ON_LOAN, NOW, loan) for loan in loans),
        patrons=tuple(
            Patron(id=PatronId("main", f"p{n}"), as_of=NOW, cards=(Card(number=card(n)),)) for n in range(RECORDS)
        ),
    )


class Listener:
    """A plugin with every hook: `heard` are those that were called."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @hookimpl
    def scld_backends(self) -> list[object]:
        """None."""
        self.heard.append("scld_backends")
        return []

    @hookimpl
    def scld_declarations(self) -> list[object]:
        """None."""
        self.heard.append("scld_declarations")
        return []

    @hookimpl
    def scld_redactors(self) -> list[Redactor]:
        """One, as a district's own plugin offers it."""
        self.heard.append("scld_redactors")
        return [Redactor("bench", lambda text: text.replace("SYNTHETIC-SECRET", "[gone]"))]

    @hookimpl
    def scld_before_write(self, notice: WriteNotice) -> None:
        """No veto."""
        self.heard.append(f"scld_before_write {notice.action}")

    @hookimpl
    def scld_operation_done(self, event: OperationEvent) -> None:
        """Nothing to do."""
        self.heard.append(f"scld_operation_done {event.action}")

    @hookimpl
    def scld_resolve_secret(self, ref: SecretRef, folder: Path) -> None:
        """Knows none."""
        self.heard.append(f"scld_resolve_secret {ref} {folder}")


def by_id(opened: OpenBackend) -> list[object]:
    """Some patrons by their ids."""
    return [opened.patrons.get(PatronId("main", f"p{n}")) for n in range(READS)]


def by_card(opened: OpenBackend) -> list[object]:
    """Some patrons by their cards."""
    return [opened.patrons.find(card(n)) for n in range(READS)]


def items(opened: OpenBackend) -> list[object]:
    """Where some items are."""
    return [opened.loans.get(ItemId("main", f"i{n}")) for n in range(READS)]


def overdue(opened: OpenBackend) -> list[object]:
    """Every overdue loan, page by page."""
    return list(opened.loans.iter_overdue(NOW))


READING: dict[str, Callable[[OpenBackend], list[object]]] = {
    f"{READS} patrons by id": by_id,
    f"{READS} patrons by card": by_card,
    f"{READS} items' circulation": items,
    f"{RECORDS} overdue loans in pages": overdue,
}


def run() -> Iterator[Result]:
    """Each kind of read, guarded and bare, over one store."""
    listener = Listener()
    registry, heard = Registry.isolated([listener]), listener.heard
    with (
        tempfile.TemporaryDirectory(prefix="scld-bench-") as name,
        closing(open_sqlite(Path(name) / "district.sqlite", create=True)) as store,
    ):
        context = BackendContext(
            "main", FixedClock(NOW), Path(name), str, sleep=time.sleep, store=store, redact=registry.redact
        )
        EMBEDDED.seed(EmbeddedConfig(), context, seed())
        bare = EMBEDDED.open(EmbeddedConfig(), context)
        guarded = open_backend(EMBEDDED, EmbeddedConfig(), context)
        for what, read in READING.items():
            heard.clear()
            same = read(guarded) == read(bare)
            pairs = duel(lambda read=read: read(guarded), lambda read=read: read(bare))
            yield result(
                f"guard {what}, {len(heard)} hook calls",
                "the same port without the guard",
                pairs,
                limit=LIMIT,
                at_most=True,
                same=same and not heard,
            )
