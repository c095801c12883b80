"""The embedded ILS's ledger: `fees.ports.Fees` on the store's own database.

Entries are inserted and never changed. An account is put together from entries, charges and parts
read one after the other, and not from a join of them, in which a charge with two payments would be
there twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.owners import SERVICE, own, records_of, survivor, writing
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_charges, ils_entries, ils_parts, instant_text, read_instant
from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.fees.ledger import Account
from scld_core.fees.model import (
    Charge,
    ChargeId,
    ChargeKind,
    ChargeTerms,
    Entry,
    EntryId,
    EntryKind,
    LegalClass,
    Part,
)
from scld_core.fees.rules import Stamp, assessment, cancellation, credit, may_post, posting_time, refused_text, reversal
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import Clock

__all__ = ["EmbeddedFees", "FeeDesk"]

_Row = sa.Row[*tuple[Any, ...]]

_ENTRIES = (
    sa.select(ils_entries)
    .where(ils_entries.c.patron.in_(sa.bindparam("records", expanding=True)))
    .order_by(ils_entries.c.at, ils_entries.c.seq)
)
_OWN = sa.select(ils_entries.c.id).where(ils_entries.c.patron.in_(sa.bindparam("records", expanding=True)))
_PARTS = sa.select(ils_parts).where(ils_parts.c.entry.in_(_OWN)).order_by(ils_parts.c.place)
_CHARGES = sa.select(ils_charges).where(ils_charges.c.entry.in_(_OWN))
_WITH_KEY = sa.select(ils_entries.c.id, ils_entries.c.patron).where(ils_entries.c.key == sa.bindparam("key"))
_BY_ID = sa.select(ils_entries.c.patron).where(ils_entries.c.id == sa.bindparam("id"))
_OF_CHARGE = (
    sa.select(ils_entries.c.patron)
    .join(ils_charges, ils_charges.c.entry == ils_entries.c.id)
    .where(ils_charges.c.id == sa.bindparam("id"))
)
_LAST = sa.select(sa.func.coalesce(sa.func.max(ils_entries.c.seq), 0))


class FeeDesk:
    """What can be read of the ledger and posted to it within one transaction of the store.

    `connection` is `SqlUnit.connection`, so that several entries, or an entry and its audit line,
    commit together. Besides the port's writes there are those of staff: `settle` and `take_back`.
    """

    def __init__(self, connection: sa.Connection, backend: str, now: datetime) -> None:
        self._connection = connection
        self._backend = backend
        self._now = now

    def account(self, patron: PatronId) -> Account:
        """The patron's account with those of merged records; NotFound for a record that has none of its own."""
        known = patron.backend == self._backend
        if not known or survivor(self._connection, patron.local, self._backend, "account") != patron.local:
            raise NotFound(self._backend, "account", "this record is not known here, or was merged into another one")
        return self._account(records_of(self._connection, patron.local))

    def charge(self, patron: PatronId, terms: ChargeTerms, key: str) -> Charge:
        """Post a new charge."""
        known = self._posted_with(key)
        if known is not None:
            owner, entry = known
            if entry.charge is None or (owner, entry.charge.terms) != (patron.local, terms):
                raise Conflict(self._backend, "charge", "the key was used for something else")
            return entry.charge
        records = own(self._connection, patron, self._backend, "charge")
        if terms.item is not None and terms.item.backend != self._backend:
            raise Rejected(self._backend, "charge", "the item is another system's")
        made = Charge.of(terms, ChargeId(self._backend, self._free("charge", ils_charges)), patron)
        account = self._account(records)
        self._post(account, assessment(made, self._stamp(account, SERVICE, key)), "charge")
        return made

    def cancel(self, charge: ChargeId, key: str, reason: str) -> Entry:
        """Say of a charge that it was never owed."""
        known = self._posted_with(key)
        if known is not None:
            entry = known[1]
            if (entry.kind, entry.parts[0].charge, entry.reason) != (EntryKind.CANCELLATION, charge, reason):
                raise Conflict(self._backend, "cancel", "the key was used for something else")
            return entry
        account = self._account_of(charge, "cancel")
        stamp = self._stamp(account, SERVICE, key, reason)
        return self._post(account, cancellation(account.standing(charge), stamp), "cancel")

    def settle(self, kind: EntryKind, *parts: Part, by: str, key: str = "", reason: str = "") -> Entry:
        """Take a payment or grant a waiver for one or several charges of one patron."""
        account = self._account_of(parts[0].charge, "settle")
        return self._post(account, credit(kind, *parts, stamp=self._stamp(account, by, key, reason)), "settle")

    def take_back(self, entry: EntryId, *, by: str, key: str = "", reason: str = "") -> Entry:
        """Take back an entry, whole."""
        account = self._holding(_BY_ID, entry.local, "take_back")
        found = account.entry(entry)
        if found is None:
            raise NotFound(self._backend, "take_back", f"no entry {entry}")
        return self._post(account, reversal(found, self._stamp(account, by, key, reason)), "take_back")

    def file(self, account: Account) -> None:
        """Take over the entries of an account as they are, into an empty ledger of its patron."""
        for entry in account.entries:
            self._insert(account.patron.local, entry)

    def _account_of(self, charge: ChargeId, operation: str) -> Account:
        if charge.backend != self._backend:
            raise NotFound(self._backend, operation, f"no charge {charge}")
        return self._holding(_OF_CHARGE, charge.local, operation)

    def _holding(self, wanted: sa.Select[Any], local: str, operation: str) -> Account:
        owner = self._connection.execute(wanted, {"id": local}).scalar_one_or_none()
        if owner is None:
            raise NotFound(self._backend, operation, f"the ledger has no {local}")
        return self._account_with(owner, operation)

    def _account_with(self, owner: str, operation: str) -> Account:
        return self._account(records_of(self._connection, survivor(self._connection, owner, self._backend, operation)))

    def _account(self, records: Sequence[str]) -> Account:
        asked = {"records": list(records)}
        entries = self._connection.execute(_ENTRIES, asked).all()
        made = {row.entry: row for row in self._connection.execute(_CHARGES, asked)}
        parts: defaultdict[str, list[Part]] = defaultdict(list)
        for row in self._connection.execute(_PARTS, asked):
            part = Part(ChargeId(self._backend, row.charge), Money(row.cents, row.currency))
            parts[row.entry].append(part)
        patron = PatronId(self._backend, records[0])
        return Account(
            patron=patron,
            as_of=self._now,
            entries=tuple(self._entry(row, made.get(row.id), parts[row.id], patron) for row in entries),
        )

    def _entry(self, row: _Row, made: _Row | None, parts: Sequence[Part], patron: PatronId) -> Entry:
        total = sum((part.amount for part in parts), Money(0, parts[0].amount.currency))
        return Entry(
            id=EntryId(self._backend, row.id),
            kind=EntryKind(row.kind),
            at=read_instant(row.at),
            by=row.posted_by,
            amount=total,
            parts=tuple(parts),
            key=row.key or "",
            reason=row.reason,
            charge=None if made is None else self._charge(made, total, patron),
            reverses=None if row.reverses is None else EntryId(self._backend, row.reverses),
        )

    def _charge(self, row: _Row, amount: Money, patron: PatronId) -> Charge:
        return Charge(
            id=ChargeId(self._backend, row.id),
            patron=patron,
            kind=ChargeKind(row.kind),
            legal_class=LegalClass(row.legal_class),
            amount=amount,
            assessed_at=read_instant(row.assessed_at),
            item=None if row.item is None else ItemId(self._backend, row.item),
            branch=None if row.branch is None else LocationId(row.branch),
            note=row.note,
        )

    def _posted_with(self, key: str) -> tuple[str, Entry] | None:
        """The entry with that key, and the record it was posted to; its charge is the surviving patron's."""
        row = self._connection.execute(_WITH_KEY, {"key": key}).one_or_none()
        if row is None:
            return None
        found = self._account_with(row.patron, "read").posted_with(key)
        return None if found is None else (row.patron, found)

    def _stamp(self, account: Account, by: str, key: str, reason: str = "") -> Stamp:
        number = EntryId(self._backend, self._free("entry", ils_entries))
        return Stamp(id=number, at=posting_time(account, self._now), by=by, key=key, reason=reason)

    def _free(self, word: str, table: sa.Table) -> str:
        """An id that is not taken; where all of them are our own, the first that is tried."""
        number = self._connection.execute(_LAST).scalar_one() + 1
        while self._connection.execute(sa.select(table.c.id).where(table.c.id == f"{word}-{number}")).first():
            number += 1
        return f"{word}-{number}"

    def _post(self, account: Account, entry: Entry, operation: str) -> Entry:
        decision = may_post(account, entry)
        if not decision.permitted:
            raise Rejected(self._backend, operation, refused_text(decision))
        self._insert(account.patron.local, entry)
        return entry

    def _insert(self, patron: str, entry: Entry) -> None:
        connection, local = self._connection, entry.id.local
        connection.execute(
            sa.insert(ils_entries).values(
                id=local,
                patron=patron,
                kind=entry.kind.value,
                at=instant_text(entry.at),
                posted_by=entry.by,
                key=entry.key or None,
                reason=entry.reason,
                reverses=None if entry.reverses is None else entry.reverses.local,
            )
        )
        if entry.charge is not None:
            connection.execute(sa.insert(ils_charges).values(entry=local, **_charge_row(entry.charge)))
        for place, part in enumerate(entry.parts):
            row = {"place": place, "cents": part.amount.cents, "currency": part.amount.currency}
            connection.execute(sa.insert(ils_parts).values(entry=local, charge=part.charge.local, **row))


def _charge_row(charge: Charge) -> dict[str, Any]:
    return {
        "id": charge.id.local,
        "kind": charge.kind.value,
        "legal_class": charge.legal_class.value,
        "assessed_at": instant_text(charge.assessed_at),
        "item": None if charge.item is None else charge.item.local,
        "branch": None if charge.branch is None else str(charge.branch),
        "note": charge.note,
    }


class EmbeddedFees:
    """Live answers, each out of one consistent state of the database; each write in a transaction of its own.

    Of two writers with one key the second waits for the first, and then finds its entry.
    """

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend

    def account(self, patron: PatronId) -> Account:
        """The patron's account with those of merged records."""
        with self._store.reading() as connection:
            return FeeDesk(connection, self._backend, self._clock.now()).account(patron)

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Post a new charge."""
        with writing(self._store, self._backend, "charge", key) as connection:
            return FeeDesk(connection, self._backend, self._clock.now()).charge(patron, terms, key)

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Say of a charge that it was never owed."""
        with writing(self._store, self._backend, "cancel", key) as connection:
            return FeeDesk(connection, self._backend, self._clock.now()).cancel(charge, key, reason)
