"""Koha's records to ours: pure, each with the instant at which Koha was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_adapters.koha.settings import KohaSettings
from scld_adapters.koha.wire import (
    WireBiblio,
    WireCheckout,
    WireDebit,
    WireHold,
    WireItem,
    WireLibrary,
    WirePatron,
)
from scld_core.catalog import Item, Library, Title
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import InvalidValue
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, credit
from scld_core.holds.model import Hold
from scld_core.holds.states import HoldState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import HoldId, ItemId, LoanId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.kernel.time import local_instant, to_instant
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.person import Block, Card, Patron

__all__ = ["RESTRICTED", "Mapper", "Unmappable", "from_contact"]

T = TypeVar("T")

RESTRICTED = "restricted"
"""The reason of the block that Koha shows as `restricted`; which restriction it is REST does not tell."""

_STATES = {"W": HoldState.READY, "T": HoldState.IN_TRANSIT, "P": HoldState.TRAPPED}
_KINDS = {"LOST": ChargeKind.LOST_ITEM, "PROCESSING": ChargeKind.PROCESSING, "OVERDUE": ChargeKind.LEGACY_FINE}
_CLASSES = {
    ChargeKind.LOST_ITEM: LegalClass.REPLACEMENT,
    ChargeKind.DAMAGED: LegalClass.REPLACEMENT,
    ChargeKind.COMPONENT: LegalClass.REPLACEMENT,
    ChargeKind.PROCESSING: LegalClass.REPLACEMENT,
    ChargeKind.AGENCY_FEE: LegalClass.COLLECTION_COST,
    ChargeKind.NONRESIDENT: LegalClass.NONRESIDENT,
    ChargeKind.PRINTING: LegalClass.CONVENIENCE,
    ChargeKind.LEGACY_FINE: LegalClass.FINE,
}
_BY = "koha"


class Unmappable(Exception):
    """A record of Koha's that ours cannot hold; the text names what of it, and no value."""


@frozen
class Mapper:
    """One Koha's records as those of the backend `name`, on whose days `zone` decides."""

    name: str
    settings: KohaSettings
    zone: ZoneInfo

    def patron(self, told: WirePatron, at: datetime) -> Patron:
        """A patron; what REST shows of restrictions are blocks."""
        shown = {RESTRICTED: told.restricted, "card_lost": told.lost, "incorrect_address": told.wrong_address}
        return Patron(
            id=PatronId(self.name, str(told.number)),
            as_of=at,
            birth_date=told.born,
            category=told.category,
            home=self.settings.library(told.library),
            cards=() if told.card is None else (Card(number=self.barcode(told.card)),),
            blocks=tuple(Block(reason) for reason, set_ in shown.items() if set_),
            contact=_contact(told),
            expires_on=told.expires,
        )

    def hold(self, told: WireHold, at: datetime) -> Hold:
        """A hold that is open; Koha's REST shows no other."""
        state = HoldState.SUSPENDED if told.suspended else HoldState.WAITING
        if told.status is not None:
            if told.status not in _STATES:
                raise Unmappable("a hold's status")
            state = _STATES[told.status]
        trapped = told.status is not None
        if trapped and told.item is None:
            raise Unmappable("a hold that is set aside names no item")
        item = None if told.item is None else ItemId(self.name, str(told.item))
        return Hold(
            id=HoldId(self.name, str(told.number)),
            patron=PatronId(self.name, str(told.patron)),
            title=TitleId(self.name, str(told.biblio)),
            pickup=self.settings.library(told.pickup),
            state=state,
            placed_at=local_instant(told.placed, time(), self.zone),
            as_of=at,
            item=item if told.item_level else None,
            rank=told.priority or None if not trapped else None,
            trapped=item if trapped else None,
            suspended_until=told.suspended_until if state is HoldState.SUSPENDED else None,
            shelf_until=told.expires if state is HoldState.READY else None,
            not_needed_after=None if state is HoldState.READY else told.expires,
        )

    def loan(self, told: WireCheckout) -> Loan:
        """A loan."""
        return Loan(
            LoanId(self.name, str(told.number)),
            ItemId(self.name, str(told.item)),
            to_instant(told.due),
            out_at=None if told.out is None else to_instant(told.out),
            returned_at=None if told.ended is None else to_instant(told.ended),
            patron=None if told.patron is None else PatronId(self.name, str(told.patron)),
            renewals=told.renewals,
        )

    def circulation(
        self, item: WireItem, checkout: WireCheckout | None, hold: WireHold | None, at: datetime
    ) -> Circulation:
        """How an item stands: what staff declared, else its loan, else the hold for which it is set aside.

        An item that is between two libraries without a hold is told as checked in: REST does not show it.
        """
        state, word = self._state(item, checkout, hold)
        loan = None if checkout is None else self.loan(checkout)
        return Circulation(ItemId(self.name, str(item.number)), state, at, loan, word=word)

    def _state(self, item: WireItem, checkout: WireCheckout | None, hold: WireHold | None) -> tuple[ItemState, str]:
        if item.withdrawn:
            return ItemState.WITHDRAWN, f"withdrawn {item.withdrawn}"
        if item.lost:
            told = self.settings.lost.get(str(item.lost))
            return ItemState.UNKNOWN_WORD if told is None else ItemState(told), f"lost_status {item.lost}"
        if checkout is not None and checkout.ended is None:
            return ItemState.ON_LOAN, ""
        if hold is not None and hold.status == "W":
            return ItemState.ON_HOLD_SHELF, ""
        return (ItemState.CHECKED_IN if hold is None else ItemState.IN_TRANSIT), ""

    def item(self, told: WireItem) -> Item:
        """An item as the catalogue has it."""
        home = None if told.home is None else self.settings.library(told.home)
        words = [f"withdrawn {told.withdrawn}"] if told.withdrawn else []
        words += [f"lost_status {told.lost}"] if told.lost else []
        words += [f"not for loan {told.not_for_loan}"] if told.not_for_loan else []
        return Item(
            ItemId(self.name, str(told.number)),
            None if told.barcode is None else self.barcode(told.barcode),
            ", ".join(words),
            title=TitleId(self.name, str(told.biblio)),
            call_number=told.call_number,
            kind=told.kind,
            home=home,
            at=None if told.holding is None else self.settings.library(told.holding),
            holdable=None if told.not_for_loan == 0 else told.not_for_loan < 0,
        )

    def title(self, told: WireBiblio) -> Title:
        """A title."""
        return Title(
            TitleId(self.name, str(told.number)),
            told.title,
            author=told.author,
            isbns=told.isbns,
            year=told.year,
            kind=told.kind,
        )

    def library(self, told: WireLibrary) -> Library:
        """A library."""
        return Library(self.settings.library(told.code), told.name, told.pickup)

    def account(self, patron: PatronId, debits: Iterable[WireDebit], at: datetime) -> Account:
        """What a patron owes: each charge, and beside it what is not owed of it any more.

        What that was, payment or waiver, is not told here: it is a reduction. Raises Unmappable for an amount
        of parts of a cent, which Koha keeps and cash cannot pay.
        """
        charged: list[Entry] = []
        reduced: list[Entry] = []
        for told in sorted(debits, key=lambda one: (one.posted, one.number)):
            if not (told.amount or told.outstanding):  # a fine that was worked out anew, to nothing
                continue
            charge = self._charge(patron, told)
            charged.append(assessment(charge, self._stamp(told, "", charge.assessed_at)))
            gone = charge.amount - _money(told.outstanding)
            if gone.cents:
                reduced.append(
                    credit(EntryKind.REDUCTION, Part(charge.id, gone), stamp=self._stamp(told, ":reduced", at))
                )
        return Account(patron=patron, as_of=at, entries=(*charged, *reduced))

    def _charge(self, patron: PatronId, told: WireDebit) -> Charge:
        own = self.settings.debits.get(told.kind)
        kind = _KINDS.get(told.kind, ChargeKind.OTHER) if own is None else ChargeKind(own)
        amount = _money(told.amount)
        if not 0 <= _money(told.outstanding).cents <= amount.cents:
            raise Unmappable("a charge of which more is owed than was charged")
        return Charge(
            id=ChargeId(self.name, str(told.number)),
            patron=patron,
            kind=kind,
            legal_class=_CLASSES.get(kind, LegalClass.OTHER),
            amount=amount,
            assessed_at=to_instant(told.posted),
            item=None if told.item is None else ItemId(self.name, str(told.item)),
            branch=None if told.library is None else self.settings.library(told.library),
        )

    def _stamp(self, told: WireDebit, suffix: str, at: datetime) -> Stamp:
        return Stamp(id=EntryId(self.name, f"{told.number}{suffix}"), at=at, by=_BY)

    def barcode(self, text: str) -> Barcode:
        """A number of Koha's, which may be any text."""
        try:
            return Barcode(text)
        except InvalidValue:
            raise Unmappable("a barcode") from None

    def day_limit(self, day: date) -> str:
        """The day of a suspension's end as Koha takes it unshifted: without a time."""
        return day.isoformat()


def _money(amount: Decimal) -> Money:
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise Unmappable("an amount of parts of a cent")
    return Money(int(cents))


def _contact(told: WirePatron) -> Contact | None:
    name = None
    if told.surname is not None:
        name = PersonName(family=told.surname, given=told.firstname or "")
    address = None
    if told.address:
        address = Address(
            lines=told.address, city=told.city or "", region=told.state or "", postcode=told.postcode or ""
        )
    found = Contact(name=name, address=address, emails=_each(Email, told.emails), phones=_each(Phone, told.phones))
    return None if found == Contact() else found


def _each(kind: Callable[[str], T], texts: Iterable[str]) -> tuple[T, ...]:
    """The texts that are one; staff write more into these fields than numbers and mailboxes."""
    found: list[T] = []
    for text in texts:
        try:
            found.append(kind(text))
        except InvalidValue:
            continue
    return tuple(found)


def from_contact(contact: Contact) -> Mapping[str, Any]:
    """Koha's fields of a whole contact: what it does not have is taken out of the record."""
    lines = contact.address.lines if contact.address else ()
    if len(lines) > 2:
        raise Unmappable("an address of more than two lines")
    if len(contact.emails) > 2 or len(contact.phones) > 3:
        raise Unmappable("more mailboxes or telephones than Koha has fields for")
    padded = [*lines, "", ""]
    emails = [*(email.text for email in contact.emails), None, None]
    phones = [*(phone.text for phone in contact.phones), None, None, None]
    told: dict[str, Any] = {
        "address": padded[0],
        "address2": padded[1],
        "city": contact.address.city if contact.address else "",
        "state": contact.address.region if contact.address else "",
        "postal_code": contact.address.postcode if contact.address else "",
        "email": emails[0],
        "secondary_email": emails[1],
        "phone": phones[0],
        "mobile": phones[1],
        "secondary_phone": phones[2],
    }
    if contact.name is not None:
        told |= {"surname": contact.name.family, "firstname": contact.name.given}
    return told
