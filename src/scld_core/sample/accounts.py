"""The sample's patrons who are in the ILS snapshot, and their ledgers, which come to what the snapshot says.

Every value is synthetic. A credit has no ledger of its own here: the house's accounts never fall below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from attrs import field, frozen

from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, credit
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.person import Card, CollectionFlag, Patron
from scld_core.sample.agency import FEE, Person, people
from scld_core.sample.hotspots import LIBRARIES

__all__ = ["SampleAccounts", "make_accounts"]

_BEFORE = 3500  # cents owed before a payment, where no file tells
_LOST, _AGAIN, _SETTLED = timedelta(days=160), timedelta(days=20), timedelta(days=5)
_LISTED = 60  # days since the youngest referral
_CLASSES = {ChargeKind.LOST_ITEM: LegalClass.REPLACEMENT, ChargeKind.AGENCY_FEE: LegalClass.COLLECTION_COST}


@frozen
class SampleAccounts:
    """The patrons, and the account of each who owes something or did."""

    patrons: tuple[Patron, ...]
    accounts: tuple[Account, ...]


def make_accounts(*, ils: str, now: datetime) -> SampleAccounts:
    """Everybody in the sample's ILS snapshot of `now`; the same arguments always give the same records."""
    taken: set[str] = set()
    patrons: list[Patron] = []
    accounts: list[Account] = []
    for person in people():
        patrons.append(_patron(person, ils, now, taken))
        account = _Ledger(ils, person, now).account()
        accounts.extend((account,) if account.entries else ())
    return SampleAccounts(tuple(patrons), tuple(accounts))


def _patron(person: Person, ils: str, now: datetime, taken: set[str]) -> Patron:
    """With every card that no patron before has: what two records claim is only a card of the first."""
    numbers = [number for number in person.cards if number not in taken]
    taken.update(numbers)
    flag = CollectionFlag("agency", now - timedelta(days=_LISTED)) if person.story.flagged else None
    return Patron(
        id=PatronId(ils, person.number),
        as_of=now,
        birth_date=date(1945 + person.index % 50, 1 + person.index % 12, 1 + person.index % 28),
        category="adult",
        home=LocationId(_library(person)),
        cards=tuple(Card(number=Barcode(number), present=at == 0) for at, number in enumerate(numbers)),
        merged_from=(PatronId(ils, person.merged),) if person.merged else (),
        flag=flag,
        contact=_contact(person),
    )


def _contact(person: Person) -> Contact:
    """The name that the agency's list has too; two live at each address, and the telephone numbers are fictitious."""
    street = f"{100 + person.index // 2} Nowhere St"
    return Contact(
        name=PersonName("Sample", f"Patron {person.index}"),
        address=Address(lines=(street,), city="Nowhere", region="WA", postcode="99001"),
        emails=(Email(f"patron{person.index}@example.org"),),
        phones=(Phone(f"509-555-{100 + person.index:04}"),),
    )


def _library(person: Person) -> str:
    return LIBRARIES[person.index % len(LIBRARIES)]


@frozen
class _Ledger:
    """Makes the entries of one patron."""

    ils: str
    person: Person
    now: datetime
    entries: list[Entry] = field(factory=list[Entry])

    def account(self) -> Account:
        """What was lost and charged, the referral fees, and what has been paid or waived since."""
        person, patron = self.person, PatronId(self.ils, self.person.number)
        owed, fees = max(person.owed, 0), person.story.fee
        debt = max(owed, person.told, _BEFORE if fees > owed else 0) - fees
        added = owed - person.told if 0 < person.told < owed and person.story.tells.startswith("charged") else 0
        charges = [*self._charge(patron, ChargeKind.LOST_ITEM, debt - added, self.now - _LOST)]
        since = self.now - timedelta(days=_LISTED + person.index % 25)
        for _ in range(fees // FEE):
            charges += self._charge(patron, ChargeKind.AGENCY_FEE, FEE, since)
        charges += self._charge(patron, ChargeKind.LOST_ITEM, added, self.now - _AGAIN)
        self._settle(charges, debt + fees - owed)
        return Account(patron=patron, as_of=self.now, entries=tuple(self.entries))

    def _stamp(self, at: datetime) -> Stamp:
        number = EntryId(self.ils, f"sample-{self.person.number}-{len(self.entries) + 1}")
        return Stamp(id=number, at=at, by="sample")

    def _charge(self, patron: PatronId, kind: ChargeKind, cents: int, at: datetime) -> Iterator[Charge]:
        if cents <= 0:
            return
        stamp = self._stamp(at)
        charge = Charge(
            id=ChargeId(self.ils, stamp.id.local),
            patron=patron,
            kind=kind,
            legal_class=_CLASSES[kind],
            amount=Money(cents),
            assessed_at=at,
            branch=LocationId(_library(self.person)),
        )
        self.entries.append(assessment(charge, stamp))
        yield charge

    def _settle(self, charges: Iterable[Charge], cents: int) -> None:
        """What is not owed any more, of the oldest charges first."""
        parts: list[Part] = []
        for charge in charges:
            part = min(cents, charge.amount.cents)
            cents -= part
            parts += [Part(charge.id, Money(part))] if part else []
        if parts:
            kind = EntryKind.WAIVER if self.person.story.tells.startswith("waived") else EntryKind.PAYMENT
            self.entries.append(credit(kind, *parts, stamp=self._stamp(self.now - _SETTLED)))
