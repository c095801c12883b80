"""Kinds of cards, what an application says, and ranges of card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Self

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, instance, matching, optional
from scld_core.patrons.contact import Address, Contact

__all__ = ["Application", "BarcodeRange", "CardKind", "Entitlement", "Proof", "Service"]


class CardKind(Enum):
    """Why somebody has a card."""

    RESIDENT = "resident"
    PROPERTY_OWNER = "property_owner"
    RECIPROCAL = "reciprocal"
    NON_RESIDENT = "non_resident"  # for a period that is paid for
    STUDENT = "student"
    EDUCATOR = "educator"
    ONLINE = "online"  # registered from home, not activated at a desk yet
    GUEST = "guest"


class Service(Enum):
    """What a card can be good for."""

    LOANS = "loans"
    HOLDS = "holds"
    DATABASES = "databases"
    INTERLIBRARY_LOAN = "interlibrary_loan"
    COMPUTERS = "computers"


class Proof(Enum):
    """What an applicant shows."""

    PHOTO_ID = "photo_id"
    ADDRESS = "address"
    PROPERTY = "property"
    SCHOOL = "school"
    EMPLOYMENT = "employment"
    PAYMENT = "payment"


@frozen
class Entitlement:
    """What a kind of card is good for; `holds` is the most holds where the kind has a limit of its own."""

    kind: CardKind = field(validator=instance(CardKind))
    services: tuple[Service, ...]
    holds: int | None = None


_LENGTH = 13


@frozen(order=True)
class BarcodeRange:
    """Numbers without their check digit, 13 digits that begin with 2, from `first` to `last`, both included.

    Written ``2908200010000-2908200019999``.
    """

    first: str
    last: str

    def __attrs_post_init__(self) -> None:
        for name, body in (("first", self.first), ("last", self.last)):
            if not re.fullmatch(rf"2[0-9]{{{_LENGTH - 1}}}", body):
                raise InvalidValue("BarcodeRange", name, "must be 13 digits that begin with 2: without check digit")
        if self.last < self.first:
            raise InvalidValue("BarcodeRange", "last", "must not be below first")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read two numbers joined by a dash."""
        first, _, last = text.partition("-")
        return cls(first.strip(), last.strip())

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    def overlaps(self, other: BarcodeRange) -> bool:
        """Whether a number is in both."""
        return self.first <= other.last and other.first <= self.last

    def numbers(self, start: int = 0) -> Iterator[Barcode]:
        """The numbers of the range with their check digits, from the one at place `start`."""
        for serial in range(int(self.first) + start, int(self.last) + 1):
            yield numbered(serial)

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1


def numbered(serial: int) -> Barcode:
    """The card number of a 13-digit body."""
    body = str(serial)
    return Barcode(body + luhn_digit(body))


_day = optional(matching(lambda v: type(v) is date, "must be a date without a time"))


@frozen(kw_only=True)
class Application:
    """What somebody who wants a card tells and shows at a library.

    `property_at` is what a property owner owns. `signed` says that a responsible adult has signed.
    `months` is the period that is paid for, of a kind that is sold. `pin` goes to the ILS alone.
    """

    kind: CardKind = field(validator=instance(CardKind))
    library: LocationId = field(validator=instance(LocationId))
    contact: Contact = personal(validator=instance(Contact))
    birth_date: date | None = personal(default=None, validator=_day)
    responsible_adult: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    property_at: Address | None = personal(default=None, validator=optional(instance(Address)))
    proofs: frozenset[Proof] = field(factory=frozenset[Proof], validator=instance(frozenset))
    signed: bool = field(default=False, validator=instance(bool))
    months: int | None = field(default=None, validator=optional(at_least(1)))
    pin: str | None = personal(default=None, validator=optional(instance(str)))

    @property
    def where(self) -> Address | None:
        """The address that decides: what is owned for a property owner, otherwise where the applicant lives."""
        return self.property_at if self.kind is CardKind.PROPERTY_OWNER else self.contact.address
