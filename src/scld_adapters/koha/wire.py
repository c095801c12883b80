"""Koha's JSON to records and back: total, and nothing known of what a library makes of them.

Numbers are ids of Koha's own tables. A hold's `item_id` comes as text, as observed in 23.05. A field that is
absent is one that is null: a patron who was just created lacks most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, cast

from attrs import frozen

from scld_adapters._shared.jsonwire import Table, WireProblem, as_list, as_table, read_json, text, text_or_none
from scld_core.kernel.privacy import personal

__all__ = [
    "WireBiblio",
    "WireCheckout",
    "WireDebit",
    "WireHold",
    "WireItem",
    "WireLibrary",
    "WirePatron",
    "decode_biblio",
    "decode_checkout",
    "decode_debit",
    "decode_hold",
    "decode_item",
    "decode_library",
    "decode_list",
    "decode_one",
    "decode_patron",
    "decode_problem",
    "decode_token",
    "encode_query",
]

T = TypeVar("T")


@frozen(kw_only=True)
class WirePatron:
    """A patron as GET and POST give it."""

    number: int = personal()
    library: str
    category: str
    card: str | None = personal(default=None)
    user: str | None = personal(default=None)
    surname: str | None = personal(default=None)
    firstname: str | None = personal(default=None)
    address: tuple[str, ...] = personal(default=())
    city: str | None = personal(default=None)
    state: str | None = personal(default=None)
    postcode: str | None = personal(default=None)
    emails: tuple[str, ...] = personal(default=())
    phones: tuple[str, ...] = personal(default=())
    born: date | None = personal(default=None)
    expires: date | None = None
    restricted: bool = False
    lost: bool = False
    wrong_address: bool = False


@frozen(kw_only=True)
class WireHold:
    """A hold; `status` is None while it waits, T on its way, P in processing, W on the shelf."""

    number: int
    patron: int = personal()
    biblio: int
    pickup: str
    placed: date
    priority: int
    item: int | None = None
    item_level: bool = False
    status: str | None = None
    suspended: bool = False
    suspended_until: date | None = None
    expires: date | None = None


@frozen(kw_only=True)
class WireCheckout:
    """A loan that is open, or was ended at `ended`."""

    number: int
    item: int
    due: datetime
    patron: int | None = personal(default=None)
    out: datetime | None = None
    ended: datetime | None = None
    renewals: int | None = None


@frozen(kw_only=True)
class WireItem:
    """An item; `lost` and `withdrawn` are 0 where it is neither. `kind` is the type in effect, `own_kind` its own."""

    number: int
    biblio: int
    barcode: str | None
    home: str | None
    holding: str | None
    kind: str
    own_kind: str | None
    call_number: str
    lost: int
    withdrawn: int
    not_for_loan: int
    changed: datetime | None


@frozen(kw_only=True)
class WireBiblio:
    """A title."""

    number: int
    title: str
    author: str
    isbns: tuple[str, ...]
    year: int | None
    kind: str


@frozen(kw_only=True)
class WireLibrary:
    """A library."""

    code: str
    name: str
    pickup: bool


@frozen(kw_only=True)
class WireDebit:
    """A charge with what is still owed of it, in the currency that Koha keeps to itself."""

    number: int
    patron: int = personal()
    kind: str
    amount: Decimal
    outstanding: Decimal
    posted: datetime
    library: str | None = None
    item: int | None = None
    description: str = personal(default="")


def decode_one(body: bytes, decode: Callable[[Table], T]) -> T:
    """A body that is one record."""
    return decode(as_table(_read(body), "the answer"))


def decode_list(body: bytes, decode: Callable[[Table], T]) -> tuple[T, ...]:
    """A body that is a list of records."""
    rows = as_list(_read(body), "the answer")
    return tuple(decode(as_table(row, f"row {number}")) for number, row in enumerate(rows))


def _read(body: bytes) -> Any:
    return read_json(body)


def decode_patron(table: Table) -> WirePatron:
    """A patron."""
    return WirePatron(
        number=_number(table, "patron_id"),
        library=text(table, "library_id"),
        category=text(table, "category_id"),
        card=text_or_none(table, "cardnumber"),
        user=text_or_none(table, "userid"),
        surname=text_or_none(table, "surname"),
        firstname=text_or_none(table, "firstname"),
        address=_texts(table, "address", "address2"),
        city=text_or_none(table, "city"),
        state=text_or_none(table, "state"),
        postcode=text_or_none(table, "postal_code"),
        emails=_texts(table, "email", "secondary_email"),
        phones=_texts(table, "phone", "mobile", "secondary_phone"),
        born=_day(table, "date_of_birth"),
        expires=_day(table, "expiry_date"),
        restricted=_flag(table, "restricted"),
        lost=_flag(table, "patron_card_lost"),
        wrong_address=_flag(table, "incorrect_address"),
    )


def decode_hold(table: Table) -> WireHold:
    """A hold."""
    until = _instant_or_none(table, "suspended_until")
    return WireHold(
        number=_number(table, "hold_id"),
        patron=_number(table, "patron_id"),
        biblio=_number(table, "biblio_id"),
        pickup=text(table, "pickup_library_id"),
        placed=_need(_day(table, "hold_date"), "hold_date"),
        priority=_number(table, "priority", least=0),
        item=_loose_number(table, "item_id"),
        item_level=_flag(table, "item_level"),
        status=text_or_none(table, "status"),
        suspended=_flag(table, "suspended"),
        suspended_until=None if until is None else until.date(),
        expires=_day(table, "expiration_date"),
    )


def decode_checkout(table: Table) -> WireCheckout:
    """A loan."""
    return WireCheckout(
        number=_number(table, "checkout_id"),
        item=_number(table, "item_id"),
        due=_need(_instant_or_none(table, "due_date"), "due_date"),
        patron=_number_or_none(table, "patron_id"),
        out=_instant_or_none(table, "checkout_date"),
        ended=_instant_or_none(table, "checkin_date"),
        renewals=_number_or_none(table, "renewals_count"),
    )


def decode_item(table: Table) -> WireItem:
    """An item."""
    return WireItem(
        number=_number(table, "item_id"),
        biblio=_number(table, "biblio_id"),
        barcode=text_or_none(table, "external_id"),
        home=text_or_none(table, "home_library_id"),
        holding=text_or_none(table, "holding_library_id"),
        kind=text_or_none(table, "effective_item_type_id") or text_or_none(table, "item_type_id") or "",
        own_kind=text_or_none(table, "item_type_id"),
        call_number=text_or_none(table, "callnumber") or "",
        lost=_number_or_none(table, "lost_status") or 0,
        withdrawn=_number_or_none(table, "withdrawn") or 0,
        not_for_loan=_signed(table, "effective_not_for_loan_status"),
        changed=_instant_or_none(table, "timestamp"),
    )


def decode_biblio(table: Table) -> WireBiblio:
    """A title; several ISBNs stand in one field with bars between, and may have a qualifier behind."""
    words = [text_or_none(table, name) for name in ("title", "subtitle")]
    isbns = (part.split()[0] for part in (text_or_none(table, "isbn") or "").split("|") if part.strip())
    year = text_or_none(table, "publication_year") or ""
    copyrighted = _number_or_none(table, "copyright_date")
    return WireBiblio(
        number=_number(table, "biblio_id"),
        title=" ".join(word for word in words if word),
        author=text_or_none(table, "author") or "",
        isbns=tuple(isbns),
        year=int(year) if len(year) == 4 and year.isdecimal() and year.isascii() else copyrighted,
        kind=text_or_none(table, "item_type") or "",
    )


def decode_library(table: Table) -> WireLibrary:
    """A library."""
    return WireLibrary(
        code=text(table, "library_id"), name=text_or_none(table, "name") or "", pickup=_flag(table, "pickup_location")
    )


def decode_debit(table: Table) -> WireDebit:
    """A charge."""
    return WireDebit(
        number=_number(table, "account_line_id"),
        patron=_number(table, "patron_id"),
        kind=text_or_none(table, "type") or text_or_none(table, "debit_type") or "",
        amount=_amount(table, "amount"),
        outstanding=_amount(table, "amount_outstanding"),
        posted=_need(_instant_or_none(table, "date"), "date"),
        library=text_or_none(table, "library_id"),
        item=_number_or_none(table, "item_id"),
        description=text_or_none(table, "description") or "",
    )


_CENTURY = 100 * 366 * 86_400  # seconds


def decode_token(body: bytes) -> tuple[str, int]:
    """An OAuth2 token and the seconds that it lives."""
    table = as_table(read_json(body), "the answer")
    if (text_or_none(table, "token_type") or "").lower() != "bearer":
        raise WireProblem("token_type is not Bearer")
    token, seconds = text(table, "access_token"), _number(table, "expires_in")
    if not (token.isascii() and token.isprintable()) or seconds > _CENTURY:
        raise WireProblem("access_token or expires_in is none that could be used")
    return token, seconds


def decode_validation(table: Table) -> int:
    """The patron of whom Koha says that the password is right."""
    return _number(table, "patron_id")


def decode_claim(table: Table) -> int:
    """The item of a claim that was recorded."""
    _number(table, "claim_id")
    return _number(table, "item_id")


def decode_problem(body: bytes) -> tuple[str, str]:
    """What a refusal says, as its words and what it is in conflict with; blank where it cannot be read.

    Koha has three shapes: an object with `error`, one with a list `errors`, and a bare list.
    """
    try:
        value = read_json(body)
    except WireProblem:
        return "", ""
    if isinstance(value, dict):
        table = cast("Table", value)
        said, conflict = table.get("error"), table.get("conflict")
        if isinstance(said, str):
            return said, conflict if isinstance(conflict, str) else ""
        value = table.get("errors")
    if isinstance(value, list):
        return "; ".join(_messages(value)), ""  # pyright: ignore[reportUnknownArgumentType]
    return "", ""


def _messages(rows: list[Any]) -> list[str]:
    tables = [cast("Table", row) for row in rows if isinstance(row, dict)]
    return [f"{table.get('path', '')}: {table.get('message', '')}" for table in tables]


def encode_query(query: Mapping[str, Any]) -> str:
    """A filter as a header takes it: JSON in ASCII."""
    return json.dumps(query, separators=(",", ":"), allow_nan=False)


def _number(table: Table, name: str, *, least: int = 1) -> int:
    value = table.get(name)
    if type(value) is not int or value < least:
        raise WireProblem(f"{name} is not a whole number from {least}")
    return value


def _number_or_none(table: Table, name: str) -> int | None:
    return None if table.get(name) is None else _number(table, name, least=0)


def _loose_number(table: Table, name: str) -> int | None:
    """A number that Koha writes as text."""
    value = table.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return _number_or_none(table, name)


def _signed(table: Table, name: str) -> int:
    value = table.get(name)
    if value is not None and type(value) is not int:
        raise WireProblem(f"{name} is not a whole number")
    return value or 0


def _flag(table: Table, name: str) -> bool:
    value = table.get(name)
    if value is not None and not isinstance(value, bool):
        raise WireProblem(f"{name} is neither true nor false")
    return bool(value)


def _texts(table: Table, *names: str) -> tuple[str, ...]:
    found = (text_or_none(table, name) for name in names)
    return tuple(dict.fromkeys(value for value in found if value))


def _day(table: Table, name: str) -> date | None:
    """A day, which a record that was just created has with a time of day behind."""
    value = text_or_none(table, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise WireProblem(f"{name} is no date") from None


def _instant_or_none(table: Table, name: str) -> datetime | None:
    value = text_or_none(table, name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise WireProblem(f"{name} is no instant") from None
    if found.tzinfo is None:
        raise WireProblem(f"{name} has no offset")
    return found


_TOO_MUCH = Decimal(10**9)


def _amount(table: Table, name: str) -> Decimal:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireProblem(f"{name} is no amount")
    try:
        amount = Decimal(repr(value))
    except InvalidOperation:
        raise WireProblem(f"{name} is no amount") from None
    if not amount.is_finite() or abs(amount) >= _TOO_MUCH:
        raise WireProblem(f"{name} is no amount that anybody could owe")
    return amount


def _need(value: T | None, name: str) -> T:
    if value is None:
        raise WireProblem(f"{name} is missing")
    return value
