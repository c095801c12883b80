"""The variable fields: two-character tag, name, meaning, and whether the value is a person's.

Names and meanings follow the 3M SIP2 2.00 definition. Fields marked as extensions come from vendors;
they may stand in any message, and a dialect says whether they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from attrs import frozen

from scld_adapters.sip2.errors import BadValue, Rule
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money

__all__ = ["TAGS", "Tag", "Validated", "amount", "is_tag", "number", "validated"]


@frozen
class Tag:
    """A variable field. `personal` values identify a patron, tell what one reads, or are secrets."""

    tag: str
    name: str
    meaning: str
    personal: bool = False
    extension: bool = False


_PERSONAL = (
    ("AA", "patron_identifier", "card number, or what the patron logs in with"),
    ("AB", "item_identifier", "item barcode"),
    ("AC", "terminal_password", "password of the terminal"),
    ("AD", "patron_password", "the patron's PIN"),
    ("AE", "personal_name", "name"),
    ("AF", "screen_message", "text for the screen"),
    ("AG", "print_line", "text for the slip"),
    ("AJ", "title_identifier", "title, or its id"),
    ("AL", "blocked_card_message", "why the card is blocked"),
    ("AS", "hold_items", "one hold"),
    ("AT", "overdue_items", "one overdue item"),
    ("AU", "charged_items", "one item on loan"),
    ("AV", "fine_items", "one fee, as free text"),
    ("BD", "home_address", "address on one line"),
    ("BE", "email_address", "mail address"),
    ("BF", "home_phone_number", "telephone number"),
    ("BK", "transaction_id", "reference of a payment"),
    ("BM", "renewed_items", "one item that was renewed"),
    ("BN", "unrenewed_items", "one item that was not renewed"),
    ("BU", "recall_items", "one recalled item"),
    ("CD", "unavailable_hold_items", "one hold that is not ready"),
    ("CG", "fee_identifier", "which fee is paid"),
    ("CN", "login_user_id", "the terminal's login name"),
    ("CO", "login_password", "the terminal's login password"),
)
_PLAIN = (
    ("AH", "due_date", "when the item is due"),
    ("AM", "library_name", "name of the library"),
    ("AN", "terminal_location", "where the terminal stands"),
    ("AO", "institution_id", "the library, as the ACS calls it"),
    ("AP", "current_location", "where the item is now"),
    ("AQ", "permanent_location", "where the item belongs; in a patron's answer, the home library"),
    ("BG", "owner", "library that owns the item"),
    ("BH", "currency_type", "three letters of ISO 4217"),
    ("BI", "cancel", "Y undoes a check-out or check-in that failed at the terminal"),
    ("BL", "valid_patron", "Y, N, or blank for not validated"),
    ("BO", "fee_acknowledged", "Y when the patron agrees to the fee"),
    ("BP", "start_item", "first row wanted of a list, from 1"),
    ("BQ", "end_item", "last row wanted of a list"),
    ("BR", "queue_position", "place in the queue of holds"),
    ("BS", "pickup_location", "pickup library of a hold"),
    ("BT", "fee_type", "kind of fee, two digits"),
    ("BV", "fee_amount", "amount"),
    ("BW", "expiration_date", "when the hold ends"),
    ("BX", "supported_messages", "Y or N for each request the ACS answers"),
    ("BY", "hold_type", "1 to 9; 2 any copy of the title, 3 this copy"),
    ("BZ", "hold_items_limit", "most holds"),
    ("CA", "overdue_items_limit", "most overdue items"),
    ("CB", "charged_items_limit", "most items on loan"),
    ("CC", "fee_limit", "most a patron may owe"),
    ("CF", "hold_queue_length", "how many holds the item has"),
    ("CH", "item_properties", "properties of the item, as the library keeps them"),
    ("CI", "security_inhibit", "Y when the terminal must not desensitise the item"),
    ("CJ", "recall_date", "when the item was recalled"),
    ("CK", "media_type", "kind of medium, three digits"),
    ("CL", "sort_bin", "bin of the sorter"),
    ("CM", "hold_pickup_date", "until when the item waits on the hold shelf"),
    ("CP", "location_code", "where the terminal stands"),
    ("CQ", "valid_patron_password", "Y, N, or blank for not validated"),
)
_PERSONAL_EXTENSIONS = (
    ("CY", "hold_patron_id", "3M 2005: card number of the patron whose hold it is"),
    ("DA", "hold_patron_name", "3M 2005: name of that patron"),
    ("FA", "remaining_balance", "FOLIO: what is still owed after the payment"),
    ("FC", "payment_date", "FOLIO: when the payment was made"),
    ("FG", "amount_applied", "FOLIO: how much of the payment was used"),
    ("PA", "patron_expiration", "EnvisionWare: when the card expires"),
    ("PB", "patron_birth_date", "EnvisionWare: birth date; the order of day, month and year is the dialect's"),
    ("PC", "patron_class", "EnvisionWare: category of the patron"),
    ("PI", "patron_internet", "EnvisionWare: internet privileges"),
    ("XI", "patron_internal_id", "Evergreen: the patron's internal id"),
)
_PLAIN_EXTENSIONS = (
    ("CR", "collection_code", "3M 2005: collection of the item"),
    ("CS", "call_number", "3M 2005: call number"),
    ("CT", "destination_location", "3M 2005: where the item must go"),
    ("CV", "alert_type", "3M 2005: 01 hold here, 02 hold elsewhere, 04 transit"),
    ("FE", "fee_type_id", "FOLIO: id of the kind of fee"),
)

TAGS: Mapping[str, Tag] = MappingProxyType(
    {
        tag: Tag(tag, name, meaning, personal, extension)
        for rows, personal, extension in (
            (_PERSONAL, True, False),
            (_PLAIN, False, False),
            (_PERSONAL_EXTENSIONS, True, True),
            (_PLAIN_EXTENSIONS, False, True),
        )
        for tag, name, meaning in rows
    }
)
"""Every field that this package knows, by its tag."""


def is_tag(text: str) -> bool:
    """Whether the text could name a field: a capital letter, then one more or a digit; AY and AZ end a frame."""
    return (
        text not in ("AY", "AZ")
        and len(text) == 2
        and text.isascii()
        and text.isalnum()
        and text.isupper()
        and text[0].isalpha()
    )


class Validated(Enum):
    """What `BL` and `CQ` say. A blank says nothing: the ACS has not looked."""

    YES = "Y"
    NO = "N"
    NOT_VALIDATED = ""


def validated(text: str | None) -> Validated:
    """Read `BL` or `CQ`; None is a field that was not sent."""
    try:
        return Validated((text or "").strip())
    except ValueError:
        raise BadValue(Rule.ANSWER) from None


def amount(text: str, currency: str = "USD") -> Money:
    """Read an amount such as ``10``, ``2.5`` or ``-11.25``: systems send as many decimals as they like."""
    try:
        return Money(Money.parse(text.strip()).cents, currency)
    except InvalidValue:
        raise BadValue(Rule.AMOUNT) from None


def number(text: str) -> int | None:
    """Read a count or a limit; blank is None, since a system may not count what it is asked for."""
    digits = text.strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise BadValue(Rule.NUMBER)
    return int(digits)
