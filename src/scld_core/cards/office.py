"""What the cards desk works with, and the facts of one application or renewal made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from attrs import field, frozen

from scld_core.calendars import Calendar
from scld_core.cards.model import Application
from scld_core.cards.policy import CardPolicy
from scld_core.cards.rules import CardFacts, Known, RenewFacts, kind_of
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.validate import instance
from scld_core.patrons.alike import alike
from scld_core.patrons.contact import Address
from scld_core.patrons.jurisdiction import ASKS, Finding, Place, jurisdiction_of
from scld_core.patrons.person import Patron
from scld_core.patrons.rules import minority
from scld_core.patrons.systems import PatronSystems

__all__ = ["CardOffice", "CardRuling", "card_facts", "renew_facts"]


@frozen
class CardRuling:
    """The policy in force at an instant, its version, and the calendar."""

    policy: CardPolicy = field(validator=instance(CardPolicy))
    version: str
    calendar: Calendar = field(validator=instance(Calendar))
    now: datetime

    @property
    def day(self) -> date:
        """The business day."""
        return self.calendar.business_date(self.now)


def _no_debt_told(patron: PatronId) -> Money | None:
    del patron
    return None


def _no_limit() -> int | None:
    return None


@frozen(kw_only=True)
class CardOffice:
    """The patrons' systems, and what is joined to them for cards.

    `owed` is what a patron owes, None where nobody tells. `online_holds` is the most holds before activation.
    """

    people: PatronSystems
    ruling: Callable[[], CardRuling]
    owed: Callable[[PatronId], Money | None] = _no_debt_told
    online_holds: Callable[[], int | None] = _no_limit

    def finding(self, address: Address | None) -> Finding:
        """What an address is to the district today."""
        places = self.people.places()
        place = Place(address=address)
        return jurisdiction_of(place, places.areas, places.policy, on=places.day, version=places.version)


def card_facts(office: CardOffice, application: Application, ruling: CardRuling, held: Patron | None) -> CardFacts:
    """What is known now about an application; `held` is the record that it is for, None for a new one."""
    asked = application.kind in ruling.policy.belongings
    finding = office.finding(application.where) if asked else None
    ages = ruling.policy.signature_below
    people = office.people.ruling().policy
    return CardFacts(
        kind=application.kind,
        today=ruling.day,
        proofs=application.proofs,
        belonging=None if finding is None else finding.belonging,
        asks=() if finding is None else tuple(ASKS[one] for one in finding.asks),
        minority=minority(people.birth_date(application.birth_date), ruling.day, adult_age=ages),
        signed=application.signed,
        months=application.months,
        known=() if held is not None else _known(office, application),
        blocks=() if held is None else tuple(block.reason for block in held.blocks),
        owed=None if held is None else office.owed(held.id),
    )


def _known(office: CardOffice, application: Application) -> tuple[Known, ...]:
    """The records that may be the applicant's."""
    nobody = PatronId("applicant", "applicant")  # an instance that no record is of
    stand_in = Patron(
        id=nobody,
        as_of=office.people.clock.now(),
        birth_date=application.birth_date,
        contact=application.contact,
    )
    found = alike(office.people, stand_in)
    ends = ((pair.likeness, next(one for one in pair.ids if one != nobody)) for pair in found.pairs)
    return tuple(Known(likeness, office.people.patrons.get(one).expires_on) for likeness, one in ends)


def renew_facts(office: CardOffice, patron: Patron, ruling: CardRuling, months: int | None) -> RenewFacts:
    """What is known now about a renewal."""
    contact, kind = patron.contact, kind_of(patron.category, ruling.policy)
    address = None if contact is None else contact.address
    sold = kind is not None and months is not None
    return RenewFacts(
        kind=kind,
        today=ruling.day,
        months=months,
        expires=patron.expires_on,
        belonging=office.finding(address).belonging if sold and address is not None else None,
        blocks=tuple(block.reason for block in patron.blocks),
        owed=office.owed(patron.id),
    )
