"""What a 24 or a 64 says of a patron, as values: flags, counts, money and lists, each or none."""

from __future__ import annotations

from datetime import date
from enum import Enum

from attrs import field, frozen

from scld_adapters.sip2.dates import parse_birth_date
from scld_adapters.sip2.errors import BadValue, Rule
from scld_adapters.sip2.fields import Validated, amount, number, validated
from scld_adapters.sip2.lines import FineLine, ItemLine, parse_fine, parse_item
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.settings import Dialect
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal

__all__ = ["Flag", "PatronFacts", "patron_facts"]


class Flag(Enum):
    """The 14 flags of a patron's status, in their order on the wire.

    Which of them stop what is the district's policy: systems set more of them than they act on.
    """

    CHARGE_DENIED = "charge privileges denied"
    RENEWAL_DENIED = "renewal privileges denied"
    RECALL_DENIED = "recall privileges denied"
    HOLD_DENIED = "hold privileges denied"
    CARD_LOST = "card reported lost"
    TOO_MANY_CHARGED = "too many items charged"
    TOO_MANY_OVERDUE = "too many items overdue"
    TOO_MANY_RENEWALS = "too many renewals"
    TOO_MANY_CLAIMS = "too many claims of items returned"
    TOO_MANY_LOST = "too many items lost"
    EXCESSIVE_FINES = "excessive outstanding fines"
    EXCESSIVE_FEES = "excessive outstanding fees"
    RECALL_OVERDUE = "recall overdue"
    TOO_MANY_BILLED = "too many items billed"


@frozen
class PatronFacts:
    """A patron as the system describes them. None is what the system did not say, which is not zero.

    `known` is what `BL` says, `pin` what `CQ` says. The counts and lists come with a 64 only, and a
    system gives the list that the request's summary asked for and no other.
    """

    card: str = personal()
    name: str = personal()
    flags: frozenset[Flag] = personal()
    known: Validated = field(default=Validated.NOT_VALIDATED)
    pin: Validated = field(default=Validated.NOT_VALIDATED)
    owed: Money | None = personal(default=None)
    limit: Money | None = personal(default=None)
    holds: int | None = personal(default=None)
    overdue: int | None = personal(default=None)
    charged: int | None = personal(default=None)
    fines: int | None = personal(default=None)
    unavailable_holds: int | None = personal(default=None)
    fine_lines: tuple[FineLine, ...] = personal(default=())
    hold_lines: tuple[ItemLine, ...] = personal(default=())
    overdue_lines: tuple[ItemLine, ...] = personal(default=())
    charged_lines: tuple[ItemLine, ...] = personal(default=())
    unavailable_lines: tuple[ItemLine, ...] = personal(default=())
    address: str | None = personal(default=None)
    email: str | None = personal(default=None)
    phone: str | None = personal(default=None)
    born: date | None = personal(default=None)
    messages: tuple[str, ...] = personal(default=())


def patron_facts(answer: Message, dialect: Dialect, *, currency: str = "USD") -> PatronFacts:
    """The facts in a 24, 26 or 64; `currency` holds where the answer names none.

    Raises BadValue for a value that cannot be what its field means.
    """
    if answer.code not in ("24", "26", "64"):
        raise BadValue(Rule.NAME, answer.code)
    money = (answer.text("BH") or currency).strip()
    fee, most = answer.text("BV"), answer.text("CC")
    return PatronFacts(
        card=answer.text("AA"),
        name=answer.text("AE"),
        flags=frozenset(flag for flag, sign in zip(Flag, answer.text("patron_status"), strict=True) if sign == "Y"),
        known=validated(answer.value("BL")),
        pin=validated(answer.value("CQ")),
        owed=amount(fee, money) if fee.strip() else None,
        limit=amount(most, money) if most.strip() else None,
        **(_counts(answer) if answer.code == "64" else {}),
        fine_lines=tuple(parse_fine(text, dialect.fine_lines, money) for text in answer.values("AV")),
        hold_lines=_items(answer, "AS", dialect),
        overdue_lines=_items(answer, "AT", dialect),
        charged_lines=_items(answer, "AU", dialect),
        unavailable_lines=_items(answer, "CD", dialect),
        address=answer.value("BD"),
        email=answer.value("BE"),
        phone=answer.value("BF"),
        born=parse_birth_date(answer.text("PB"), dialect.birth_dates),
        messages=answer.values("AF"),
    )


def _counts(answer: Message) -> dict[str, int | None]:
    return {
        "holds": number(answer.text("hold_items_count")),
        "overdue": number(answer.text("overdue_items_count")),
        "charged": number(answer.text("charged_items_count")),
        "fines": number(answer.text("fine_items_count")),
        "unavailable_holds": number(answer.text("unavailable_holds_count")),
    }


def _items(answer: Message, tag: str, dialect: Dialect) -> tuple[ItemLine, ...]:
    return tuple(parse_item(text, dialect.item_lines) for text in answer.values(tag))
