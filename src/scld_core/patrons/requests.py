"""What an ILS is asked about patrons: whom to look for, whom to register, and what to change."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs
from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.fold import words
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import day, instance, matching, optional
from scld_core.patrons.contact import Contact, Email, Phone
from scld_core.patrons.person import Patron

__all__ = ["NewPatron", "PatronChange", "PatronQuery", "answers_to"]

_line = matching(lambda v: isinstance(v, str) and v.isprintable() and v == v.strip(), "must be one line of text")
_pin = matching(
    lambda v: v is None or (isinstance(v, str) and 0 < len(v) <= 64 and v.isprintable()),
    "must be 1 to 64 printable signs",
)


@frozen(kw_only=True)
class PatronQuery:
    """Whom to look for. Everything that is given must be the patron's, and a name, a telephone or a mailbox must be.

    Each word of `name` begins a word of the patron's name, in any order, without regard to case and accents.
    """

    name: str = personal(default="", validator=_line)
    phone: Phone | None = personal(default=None, validator=optional(instance(Phone)))
    email: Email | None = personal(default=None, validator=optional(instance(Email)))
    birth_date: date | None = personal(default=None, validator=optional(day))

    def __attrs_post_init__(self) -> None:
        if not self.words and self.phone is None and self.email is None:
            raise InvalidValue("PatronQuery", "name", "or a telephone or a mailbox must be given")

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words of the name."""
        return words(self.name)


@frozen(kw_only=True)
class NewPatron:
    """A patron to be registered with a first card; the ILS gives the record its id.

    `pin` travels to the ILS and is kept nowhere else.
    """

    number: Barcode = personal(validator=instance(Barcode))
    contact: Contact = personal(validator=instance(Contact))
    birth_date: date | None = personal(default=None, validator=optional(day))
    responsible_adult: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    category: str = field(default="", validator=instance(str))
    home: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    expires_on: date | None = field(default=None, validator=optional(day))
    pin: str | None = personal(default=None, validator=_pin)


@frozen(kw_only=True)
class PatronChange:
    """What becomes another of a patron; what is None stays.

    A `contact` takes the place of the whole former one. `endless` takes the end of the card away, and is
    not said beside a new end.
    """

    contact: Contact | None = personal(default=None, validator=optional(instance(Contact)))
    birth_date: date | None = personal(default=None, validator=optional(day))
    responsible_adult: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    category: str | None = field(default=None, validator=optional(instance(str)))
    home: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    expires_on: date | None = field(default=None, validator=optional(day))
    endless: bool = field(default=False, validator=instance(bool))
    pin: str | None = personal(default=None, validator=_pin)

    def __attrs_post_init__(self) -> None:
        if self.endless and self.expires_on is not None:
            raise InvalidValue("PatronChange", "expires_on", "is said beside endless")

    def applied(self, patron: Patron) -> Patron:
        """The patron with the change, the PIN apart, which no patron shows."""
        fields = attrs.asdict(self, recurse=False, filter=attrs.filters.exclude("pin", "endless"))
        told: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        if self.endless:
            told["expires_on"] = None
        return attrs.evolve(patron, **told)

    def shows(self, patron: Patron) -> bool:
        """Whether a patron is as the change makes one, the PIN apart."""
        return self.applied(patron) == patron


def answers_to(patron: Patron, query: PatronQuery) -> bool:
    """Whether a patron is one of those who are looked for; never for a patron of whom nothing is told."""
    contact = patron.contact
    if contact is None or (query.birth_date is not None and patron.birth_date != query.birth_date):
        return False
    own = contact.name.key if contact.name else ()
    return (
        all(any(word.startswith(wanted) for word in own) for wanted in query.words)
        and (query.phone is None or query.phone.key in {phone.key for phone in contact.phones})
        and (query.email is None or query.email.key in {email.key for email in contact.emails})
    )
