"""What a file to the agency says of one patron: all that any dialect has a column for, and no title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

import attrs
from attrs import field, frozen

from scld_core.agency.dialect import Dialect
from scld_core.agency.forms import OLDEST, ZIP_FAULT, is_rounded, lost_zero
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, matching, optional

__all__ = ["Change", "Outgoing", "carried"]


class Change(Enum):
    """What became of the patron since the file before."""

    NEW = "new"
    UPDATED = "updated"
    REMOVED = "removed"


# What neither a CSV file nor an XML document can hold, or what would not come back as it went.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value == value.strip() and not _UNWRITABLE.search(value)


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and not set(value) & set("; ") and not is_rounded(value)


_text = matching(_is_text, "must be text without control characters and without white space at its ends")
_number = matching(_is_number, "must be printable text without spaces and semicolons, with all its digits")


def _is_dollars(value: object) -> bool:
    return isinstance(value, Money) and value.currency == "USD" and abs(value.cents) < 10**17


def _is_day(value: object) -> bool:
    return type(value) is date and value.year >= OLDEST


_dollars = matching(_is_dollars, "must be Money in US dollars, of 15 digits before the point at most")


def _words() -> Any:
    return personal(default="", validator=_text)


def _day() -> Any:
    return personal(default=None, validator=optional(matching(_is_day, f"must be a date from {OLDEST} on")))


def _sum() -> Any:
    return field(default=None, validator=optional(_dollars))


@frozen(kw_only=True)
class Outgoing:
    """One row of a file that we send; the meaning of each field is that of the column of its name.

    It is for US dollars and needs `patron_id` or `cardnumber`. There is no field for what was
    borrowed: an agency is told amounts, never titles.
    """

    total_due: Money = field(validator=_dollars)
    patron_id: str = personal(default="", validator=_number)
    surname: str = _words()
    firstname: str = _words()
    full_name: str = _words()
    cardnumber: str = personal(default="", validator=_number)
    previous_cards: tuple[str, ...] = personal(default=(), validator=each(_number))
    address: str = _words()
    address2: str = _words()
    city: str = _words()
    zipcode: str = _words()
    state: str = _words()
    phone: str = _words()
    mobile: str = _words()
    alt_phone_1: str = _words()
    alt_phone_2: str = _words()
    branch: str = field(default="", validator=_text)
    adult_or_child: str = _words()
    birth_date: date | None = _day()
    most_recent_charge: date | None = _day()
    amount_in_range: Money | None = _sum()
    total_plus_fee: Money | None = _sum()
    email: str = _words()
    item_cost: Money | None = _sum()
    first_charge: date | None = _day()
    removed_on: date | None = _day()
    change: Change | None = field(default=None, validator=optional(instance(Change)))
    language: str = _words()
    profile: str = _words()

    def __attrs_post_init__(self) -> None:
        if not self.patron_id and not self.cardnumber:
            raise InvalidValue("Outgoing", "patron_id", "or cardnumber must be set")
        if "" in self.previous_cards:
            raise InvalidValue("Outgoing", "previous_cards", "must not have a blank one")
        if lost_zero(self.zipcode, self.state):
            raise InvalidValue("Outgoing", "zipcode", ZIP_FAULT)


def carried(row: Outgoing, dialect: Dialect) -> Outgoing:
    """What of a row this dialect carries: the fields that it has a column for, the others left out.

    A dialect with the whole name in one column makes it of surname and first name when the row has none.
    """
    names = {one.name for one in dialect.fields}
    kept = {name: getattr(row, name) for name in _names() if name in names}
    if "full_name" in names and not row.full_name:
        kept["full_name"] = ", ".join(filter(None, (row.surname, row.firstname)))
    return Outgoing(**kept)


def _names() -> Iterable[str]:
    return (attribute.name for attribute in attrs.fields(Outgoing))
