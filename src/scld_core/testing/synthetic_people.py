"""How the synthetic patrons are called and reached. Nobody is called so, and nobody lives there."""

from __future__ import annotations

from datetime import date

from attrs import evolve

from scld_core.kernel.barcode import Barcode
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.person import Card, Patron
from scld_core.patrons.requests import PatronQuery
from scld_core.plugins.seed import Seed
from scld_core.testing.synthetic import INSTANCE, NOW
from scld_core.testing.synthetic_accounts import accounts, patron, people

__all__ = ["CROWD", "PEOPLE_CANARIES", "SHARED_PHONE", "contact", "crowd", "name_of", "residents", "roll"]

_NAMES = (
    ("Canaryfamily", "Gloria"),
    ("Canaryfamily", "Timothy"),
    ("Ünal", "Æda"),
    ("O\u2019Dell-Nowak", "Ana Maria"),
    ("Лис", "Мария"),
    ("Straw", ""),
    ("Straw", "Robin"),
    ("Newcomb", "Sam"),
)

SHARED_PHONE = Phone("509-555-0199")
"""The telephone of the patrons number 0 and 1."""

PEOPLE_CANARIES = ("Canaryfamily", "Canary Lane", "canary-mailbox", "555-0199")
"""What of the first patron's contact must never be seen outside."""


def name_of(number: int) -> str:
    """The whole name of the patron `number`, family first."""
    family, given = _NAMES[number]
    return f"{family} {given}".strip()


def contact(number: int) -> Contact:
    """How the patron `number` is called and reached; numbers from 5 are nobody's yet."""
    family, given = _NAMES[number]
    phone = SHARED_PHONE if number < 2 else Phone(f"(509) 555-01{number:02d}")
    return Contact(
        name=PersonName(family, given),
        address=Address(lines=(f"{number + 1} Canary Lane",), city="Millwood", region="WA", postcode="99212"),
        emails=(Email(f"Canary-Mailbox{number}@example.org" if number else "canary-mailbox@example.org"),),
        phones=(phone,),
    )


def residents(instance: str = INSTANCE) -> tuple[Patron, ...]:
    """The patrons of `people` as an ILS tells of them that knows how they are reached and until when cards hold."""
    return tuple(
        evolve(told, contact=contact(number), expires_on=date(2027, 1 + number, 28))
        for number, told in enumerate(people(instance))
    )


def roll(instance: str = INSTANCE) -> Seed:
    """An ILS of these patrons with their accounts."""
    return Seed(patrons=residents(instance), accounts=accounts(instance))


CROWD = PatronQuery(name="crowdsworth")
"""Whom `crowd` is asked for."""


def crowd(count: int) -> Seed:
    """An ILS of these patrons and so many more of one family, numbered from 100."""
    family = tuple(
        Patron(
            id=patron(100 + number),
            as_of=NOW,
            cards=(Card(number=Barcode(f"KITCROWD{number}")),),
            contact=Contact(name=PersonName("Crowdsworth", f"Robin {number}")),
        )
        for number in range(count)
    )
    return Seed(patrons=(*residents(), *family), accounts=accounts())
