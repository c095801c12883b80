"""The reference ILS for fees: what `fees.ports.Fees` means."""

from __future__ import annotations

from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeTerms, Entry, EntryId, EntryKind, Part
from scld_core.fees.rules import (
    Stamp,
    assessment,
    cancellation,
    credit,
    may_post,
    posting_time,
    refused_text,
    reversal,
)
from scld_core.kernel.ids import PatronId
from scld_core.kernel.time import Clock
from scld_core.memory.patrons import MemoryPatrons

__all__ = ["MemoryFees"]

_SERVICE = "scld"


class MemoryFees:
    """A ledger in memory, of the patrons of `patrons`; each answer is true at the clock's present.

    The writers below the port's methods stand for staff at the desk.
    """

    live = True

    def __init__(self, clock: Clock, patrons: MemoryPatrons, *, backend: str = "main") -> None:
        self._clock = clock
        self._patrons = patrons
        self._backend = backend
        self._entries: list[tuple[PatronId, Entry]] = []

    def account(self, patron: PatronId) -> Account:
        """The patron's account with those of merged records."""
        if self._patrons.survivor(patron) != patron:
            raise NotFound(self._backend, "account", "this record was merged into another one")
        own = [entry for owner, entry in self._entries if self._patrons.survivor(owner) == patron]
        own.sort(key=lambda entry: entry.at)
        return Account(patron=patron, as_of=self._clock.now(), entries=tuple(_owned(entry, patron) for entry in own))

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Post a new charge."""
        known = self._posted_with(key)
        if known is not None:
            owner, entry = known
            if entry.charge is None or (owner, entry.charge.terms) != (patron, terms):
                raise Conflict(self._backend, "charge", "the key was used for something else")
            return evolve(entry.charge, patron=self._patrons.survivor(owner))
        if self._patrons.survivor(patron) != patron:
            raise Rejected(self._backend, "charge", "this record was merged into another one")
        if terms.item is not None and terms.item.backend != self._backend:
            raise Rejected(self._backend, "charge", "the item is another system's")
        made = Charge.of(terms, ChargeId(self._backend, self._free("charge")), patron)
        self._post(self.account(patron), assessment(made, self._stamp(patron, _SERVICE, key)), "charge")
        return made

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Say of a charge that it was never owed."""
        known = self._posted_with(key)
        if known is not None:
            entry = known[1]
            if (entry.kind, entry.parts[0].charge, entry.reason) != (EntryKind.CANCELLATION, charge, reason):
                raise Conflict(self._backend, "cancel", "the key was used for something else")
            return entry
        account = self._account_of(charge, "cancel")
        stamp = self._stamp(account.patron, _SERVICE, key, reason)
        return self._post(account, cancellation(account.standing(charge), stamp), "cancel")

    def put(self, account: Account) -> None:
        """File an account as a sample or a test describes it, replacing what was known of the patron."""
        others = [row for row in self._entries if self._patrons.survivor(row[0]) != account.patron]
        self._entries = [*others, *((account.patron, entry) for entry in account.entries)]

    def settle(self, kind: EntryKind, *parts: Part, by: str = "desk", key: str = "", reason: str = "") -> Entry:
        """Take a payment or grant a waiver for one or several charges of one patron."""
        account = self._account_of(parts[0].charge, "settle")
        stamp = self._stamp(account.patron, by, key, reason)
        return self._post(account, credit(kind, *parts, stamp=stamp), "settle")

    def take_back(self, entry: EntryId, *, by: str = "desk", key: str = "", reason: str = "") -> Entry:
        """Take back an entry, whole."""
        for owner, known in self._entries:
            if known.id == entry:
                patron = self._patrons.survivor(owner)
                stamp = self._stamp(patron, by, key, reason)
                return self._post(self.account(patron), reversal(known, stamp), "take_back")
        raise NotFound(self._backend, "take_back", f"no entry {entry}")

    def _posted_with(self, key: str) -> tuple[PatronId, Entry] | None:
        return next((row for row in self._entries if key and row[1].key == key), None)

    def _account_of(self, charge: ChargeId, operation: str) -> Account:
        for owner, entry in self._entries:
            if entry.charge is not None and entry.charge.id == charge:
                return self.account(self._patrons.survivor(owner))
        raise NotFound(self._backend, operation, f"no charge {charge}")

    def _stamp(self, patron: PatronId, by: str, key: str, reason: str = "") -> Stamp:
        at = posting_time(self.account(patron), self._clock.now())
        return Stamp(id=EntryId(self._backend, self._free("entry")), at=at, by=by, key=key, reason=reason)

    def _free(self, word: str) -> str:
        """A local id that neither an entry nor a charge has."""
        taken = {entry.id.local for _, entry in self._entries}
        taken |= {entry.charge.id.local for _, entry in self._entries if entry.charge is not None}
        number = len(self._entries) + 1
        while f"{word}-{number}" in taken:
            number += 1
        return f"{word}-{number}"

    def _post(self, account: Account, entry: Entry, operation: str) -> Entry:
        decision = may_post(account, entry)
        if not decision.permitted:
            raise Rejected(self._backend, operation, refused_text(decision))
        self._entries.append((account.patron, entry))
        return entry


def _owned(entry: Entry, patron: PatronId) -> Entry:
    """A charge of a merged record is the surviving patron's."""
    return entry if entry.charge is None else evolve(entry, charge=evolve(entry.charge, patron=patron))
