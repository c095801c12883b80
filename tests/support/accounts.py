"""Synthetic charges, and the embedded ILS graded by the kit. Nobody owes any of this."""

import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from attrs import evolve

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.fees import FeeDesk
from scld_adapters.sql.patrons import PatronDesk
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import (
    ils_blocks,
    ils_cards,
    ils_charges,
    ils_entries,
    ils_flags,
    ils_parts,
    ils_persons,
)
from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, cancellation, credit, reversal
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.plugins.guard import open_backend
from scld_core.testing.harness import FeesBench, Harness, PatronsBench

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
PATRON = PatronId("main", "p1")


def day(number):
    """So many days after the start."""
    return START + timedelta(days=number)


def terms(cents=1000, kind=ChargeKind.LOST_ITEM, legal_class=LegalClass.REPLACEMENT, *, branch="cheney", **more):
    """What is charged; by default for a lost item."""
    place = None if branch is None else LocationId(branch)
    more = {"assessed_at": START} | more
    return ChargeTerms(kind=kind, legal_class=legal_class, amount=Money(cents), branch=place, **more)


FEE = terms(1000, ChargeKind.AGENCY_FEE, LegalClass.COLLECTION_COST, branch=None)


class Book:
    """An account under the pen: each act is posted a day after the one before, unless it is told when."""

    def __init__(self, patron=PATRON):
        self.account = Account(patron=patron, as_of=day(365))

    def stamp(self, at=None, key="", reason=""):
        count = len(self.account.entries)
        return Stamp(
            id=EntryId("main", f"e{count}"), at=day(count) if at is None else at, by="desk", key=key, reason=reason
        )

    def post(self, entry):
        self.account = self.account.having(entry)
        return entry

    def charge(self, made_of=None, *, at=None, key=""):
        number = ChargeId("main", f"c{len(self.account.entries)}")
        made = Charge.of(made_of or terms(), number, self.account.patron)
        return self.post(assessment(made, self.stamp(at, key))).charge.id

    def pay(self, charge, cents, *, at=None, kind=EntryKind.PAYMENT):
        return self.post(credit(kind, Part(charge, Money(cents)), stamp=self.stamp(at)))

    def cancel(self, charge, *, at=None):
        return self.post(cancellation(self.account.standing(charge), self.stamp(at, reason="error")))

    def take_back(self, entry, *, at=None):
        return self.post(reversal(entry, self.stamp(at)))


class LosingStore(SqlStore):
    """A store in a file whose next commit is not heard of when `losing`, and that cannot be reached while `down`."""

    def __init__(self, path):
        super().__init__(SqlitePeer(path))
        self.losing = self.down = False

    @contextmanager
    def transaction(self):
        self._stand()
        with super().transaction() as unit:
            yield unit
        if self.losing:
            self.losing = False
            raise OutcomeUnknown("store", "commit", "the connection broke", "")

    @contextmanager
    def reading(self):
        self._stand()
        with super().reading() as connection:
            yield connection

    def lose(self):
        self.losing = True

    def fall(self):
        self.down = True

    def _stand(self):
        if self.down:
            raise Unavailable("store", "transaction", "no route")


@cache
def _blank():
    """The file of an empty store: a copy is made sooner than its tables are."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blank.sqlite"
        store = LosingStore(path)
        store.create()
        store.close()
        return path.read_bytes()


_filled = []
"""What was filled already: the seed, the instance's name, and the file afterwards."""


def _fill(path, world):
    """A store that holds the seed: a copy of one that was filled with it before."""
    made = next((file for seed, name, file in _filled if (seed, name) == (world.seed, world.context.instance)), None)
    path.write_bytes(made or _blank())
    if made is None:
        store = LosingStore(path)
        EMBEDDED.seed(EmbeddedConfig(), evolve(world.context, store=store), world.seed)
        store.close()
        _filled.append((world.seed, world.context.instance, path.read_bytes()))


def _embedded(world):
    path = world.context.folder / "district.sqlite"
    _fill(path, world)
    store = LosingStore(path)
    context = evolve(world.context, store=store)
    return store, open_backend(EMBEDDED, EmbeddedConfig(page_size=world.page_size), context), context


def fees_bench(world):
    """The embedded ledger in a new store."""
    store, opened, context = _embedded(world)

    def show(account):
        with store.transaction() as unit:
            mine = sa.select(ils_entries.c.id).where(ils_entries.c.patron == account.patron.local)
            for table in (ils_parts, ils_charges):
                unit.connection.execute(sa.delete(table).where(table.c.entry.in_(mine)))
            unit.connection.execute(sa.delete(ils_entries).where(ils_entries.c.patron == account.patron.local))
            FeeDesk(unit.connection, context.instance, context.clock.now()).file(account)

    return FeesBench(
        fees=opened.fees, close=opened.close, dispose=store.close, show=show, lose=store.lose, outage=store.fall
    )


def patrons_bench(world):
    """The embedded ILS's patrons in a new store."""
    store, opened, context = _embedded(world)

    def show(patron):
        with store.transaction() as unit:
            for table in (ils_persons, ils_cards, ils_flags, ils_blocks):
                unit.connection.execute(sa.delete(table).where(table.c.patron == patron.id.local))
            PatronDesk(unit.connection, context.instance).register(patron)

    return PatronsBench(
        patrons=opened.patrons, close=opened.close, dispose=store.close, show=show, lose=store.lose, outage=store.fall
    )


EMBEDDED_FEES = Harness.of(EMBEDDED, "fees", fees_bench, remembers_keys=True)
EMBEDDED_PATRONS = Harness.of(EMBEDDED, "patrons", patrons_bench, remembers_keys=True)
