"""From SIP2's answers to the values of scld, pure: what SIP2 does not say stays unsaid.

A patron's record id is the card number and an item's the barcode, since SIP2 knows no other. A loan
has the id of its item, and a title that of its `AJ`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from scld_adapters.sip2.dates import parse_date
from scld_adapters.sip2.errors import BadValue, Rule
from scld_adapters.sip2.facts import Flag, PatronFacts, patron_facts
from scld_adapters.sip2.fields import amount
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.settings import Sip2Settings
from scld_core.catalog.model import Item
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId, RecordId, TitleId
from scld_core.kernel.money import Money
from scld_core.kernel.time import local_instant
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.person import Block, Card, Patron

__all__ = [
    "CIRCULATION",
    "MEDIA",
    "due_instant",
    "fee_asked",
    "is_known_item",
    "local_id",
    "reason_of",
    "to_circulation",
    "to_code",
    "to_contact",
    "to_item",
    "to_location",
    "to_patron",
    "why_refused",
]

T = TypeVar("T")
R = TypeVar("R", bound=RecordId)

_S = ItemState

CIRCULATION: Mapping[str, tuple[ItemState, str]] = MappingProxyType(
    {
        "01": (_S.UNKNOWN_WORD, "other"),
        "02": (_S.UNKNOWN_WORD, "on order"),
        "03": (_S.CHECKED_IN, "available"),
        "04": (_S.ON_LOAN, "charged"),
        "05": (_S.ON_LOAN, "charged; not to be recalled until earliest recall date"),
        "06": (_S.UNKNOWN_WORD, "in process"),
        "07": (_S.ON_LOAN, "recalled"),
        "08": (_S.ON_HOLD_SHELF, "waiting on hold shelf"),
        "09": (_S.CHECKED_IN, "waiting to be re-shelved"),
        "10": (_S.IN_TRANSIT, "in transit between library locations"),
        "11": (_S.CLAIMS_RETURNED, "claimed returned"),
        "12": (_S.LOST, "lost"),
        "13": (_S.MISSING, "missing"),
    }
)
"""The circulation status of an 18: our state, and the standard's words for it."""

_WITH_LOAN = frozenset({_S.ON_LOAN, _S.CLAIMS_RETURNED, _S.LOST})

MEDIA: Mapping[str, str] = MappingProxyType(
    {
        "000": "other",
        "001": "book",
        "002": "magazine",
        "003": "bound journal",
        "004": "audio tape",
        "005": "video tape",
        "006": "CD/CDROM",
        "007": "diskette",
        "008": "book with diskette",
        "009": "book with CD",
        "010": "book with audio tape",
    }
)
"""What `CK` says, in the standard's words."""

_WHY: tuple[tuple[str, str], ...] = (
    (r"invalid patron|invalid card|unknown patron|no such patron|patron not found", "it does not know the card"),
    (r"invalid item|unknown item|no such item|item not found", "it does not know the item"),
    (r"expired", "the card has expired"),
    (r"lost", "the card or the item is recorded as lost"),
    (r"renew", "it may not be renewed, or not again"),
    (r"\bhold|reserve|request", "it is held for somebody else, or cannot be held"),
    (r"\bfine|\bfee|\bowe|outstanding|bill", "money is owed"),
    (r"too many|limit|maximum", "a limit is reached"),
    (r"block|restrict|debar|barred|suspend", "the account is blocked"),
    (r"checked out|charged|on loan", "the item is on loan, or not to this patron"),
    (r"transit", "the item is on its way"),
    (r"password|\bpin\b", "the PIN is not right"),
)
_NO_WHY = "it gives no reason that can be repeated here"


def why_refused(texts: Iterable[str]) -> str:
    """Why a system refuses, in our own words: its screen text may name a person and is never repeated."""
    said = " ".join(texts).lower()
    return next((why for pattern, why in _WHY if re.search(pattern, said)), _NO_WHY)


def local_id(kind: type[R], instance: str, text: str) -> R | None:
    """The record id of that text; None for text that can be no id."""
    try:
        return kind(instance, text.strip())
    except InvalidValue:
        return None


# --- items ---


def due_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant of an `AH`, None of a blank one.

    SIP2 leaves its form open: read are the protocol's own dates, and ISO dates with a time of day or, as
    the end of that day, without one. BadValue for any other, which must not become a guessed date.
    """
    said = text.strip()
    if not said:
        return None
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?", said)
    if found is None:
        return parse_date(said, zone)
    try:
        day = date.fromisoformat(found[1])
        if found[2] is None:
            return local_instant(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
        return local_instant(day, time.fromisoformat(found[2]), zone)
    except (ValueError, OverflowError, InvalidValue):
        raise BadValue(Rule.DATE, "AH") from None


def is_known_item(answer: Message) -> bool:
    """Whether an 18 is about an item that the system has: an unknown one is "other" and has no title."""
    return answer.text("circulation_status") != "01" or bool(answer.text("AJ").strip())


def to_circulation(answer: Message, item: ItemId, zone: ZoneInfo, *, at: datetime) -> Circulation:
    """What an 18 says of an item's circulation; BadValue for a due date that is none.

    An item that is lent has a loan only where the system says until when. Who has it an 18 never says.
    """
    state, word = CIRCULATION.get(answer.text("circulation_status"), (_S.UNKNOWN_WORD, ""))
    due = due_instant(answer.text("AH"), zone) if state in _WITH_LOAN else None
    loan = None if due is None else Loan(LoanId(item.backend, item.local), item, due)
    return Circulation(item, state, at, loan, word=word or answer.text("circulation_status"))


def to_item(answer: Message, item: ItemId, settings: Sip2Settings) -> Item:
    """What an 18 says of an item in the catalogue; `kind` is the medium, where it names one."""
    _, word = CIRCULATION.get(answer.text("circulation_status"), (_S.UNKNOWN_WORD, ""))
    medium = answer.text("CK").strip()
    return Item(
        item,
        _or_none(Barcode, item.local),
        word or answer.text("circulation_status"),
        title=local_id(TitleId, item.backend, _line(answer.text("AJ"))),
        call_number=_line(answer.text("CS")),
        kind=MEDIA.get(medium, medium),
        home=to_location(answer.text("AQ"), settings),
        at=to_location(answer.text("AP"), settings),
    )


def to_location(code: str, settings: Sip2Settings) -> LocationId | None:
    """The library of a system's code: by the settings, else of that name; None where it can be no name."""
    said = code.strip()
    return _or_none(LocationId, settings.libraries.get(said, said))


def to_code(location: LocationId, settings: Sip2Settings) -> str:
    """The system's code of a library: by the settings, else its short name."""
    codes = {name: code for code, name in settings.libraries.items()}
    return codes.get(location.name, location.name)


# --- patrons ---


def reason_of(flag: Flag, settings: Sip2Settings) -> str:
    """The code of the block that stands for a flag, such as ``excessive-fines``."""
    return settings.block_reason if flag is Flag.CHARGE_DENIED else flag.name.lower().replace("_", "-")


def to_patron(answer: Message, patron: PatronId, settings: Sip2Settings, *, at: datetime) -> Patron:
    """The patron of a 64; BadValue for a value that cannot be what its field means.

    Each flag is a block of its own name: which of them stop what is the district's policy.
    """
    facts = patron_facts(answer, settings.dialect)
    number = _or_none(Barcode, patron.local)
    return Patron(
        id=patron,
        as_of=at,
        birth_date=facts.born,
        category=answer.text("PC").strip(),
        home=to_location(answer.text("AQ"), settings),
        cards=() if number is None else (Card(number=number),),
        blocks=tuple(map(Block, dict.fromkeys(reason_of(flag, settings) for flag in Flag if flag in facts.flags))),
        contact=to_contact(facts),
        expires_on=_day(answer.text("PA")),
    )


def to_contact(facts: PatronFacts) -> Contact | None:
    """How the patron is called and reached; what has another form than ours is left out. None for nothing."""
    name, address = _line(facts.name), _line(facts.address or "")
    email = _or_none(Email, _line(facts.email or ""))
    phone = _or_none(Phone, _line(facts.phone or ""))
    told = Contact(
        name=_or_none(PersonName, name),
        address=Address(lines=(address,)) if address else None,
        emails=() if email is None else (email,),
        phones=() if phone is None else (phone,),
    )
    return None if told == Contact() else told


def _day(text: str) -> date | None:
    """The day with which `PA` begins; a card of which no end is told has none."""
    digits = text.strip()[:8]
    if not digits:
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadValue(Rule.DATE, "PA") from None


# --- money ---


def fee_asked(answer: Message) -> Money | None:
    """The fee that a 12 or 30 wants to be accepted before it lends; None where it asks for none."""
    said = answer.text("BV").strip()
    if answer.text("ok") == "1" or not answer.text("BT").strip() or not said:
        return None
    fee = amount(said, (answer.text("BH") or "USD").strip())
    return fee if fee.cents > 0 else None


# --- small things ---


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _or_none(kind: type[T], text: str) -> T | None:
    try:
        return kind(text)  # type: ignore[call-arg]
    except InvalidValue:
        return None
