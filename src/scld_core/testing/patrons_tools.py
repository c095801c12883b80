"""What the checks of patrons share: what is set and cleared, how each operation is called, and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from attrs import evolve

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.runs.model import Answer
from scld_core.testing.case import Case
from scld_core.testing.harness import PatronsBench
from scld_core.testing.synthetic import NOW
from scld_core.testing.synthetic_accounts import AGENCY, REFERRAL, card, patron
from scld_core.testing.synthetic_people import contact, name_of

__all__ = [
    "BLOCK",
    "FLAG",
    "OPERATIONS",
    "PEOPLE",
    "PIN",
    "WRITES",
    "Desk",
    "begin",
    "by_operation",
    "facts",
    "found",
    "listed",
    "newcomer",
    "order",
    "told",
    "whole",
    "wished",
]

Desk = Case[PatronsBench]

WRITES = ("set_flag", "clear_flag", "set_block", "clear_block")
PEOPLE = ("register", "update", "put_card", "merge")
OPERATIONS = ("get", "find", *WRITES, "search", "check_pin", *PEOPLE)

PIN = "canary-pin-6402"
"""A PIN that must never be seen outside."""

FLAG = CollectionFlag(AGENCY, NOW, REFERRAL)
BLOCK = Block("collection", NOW, "scld")
"""What the checks set and clear; patron number 2 has both in the seed, the others have neither."""


def begin(operation: str) -> int:
    """The number of a patron whom the write would change."""
    return 2 if operation.startswith("clear") else 1


def order(bench: PatronsBench, operation: str, subject: PatronId, key: str) -> Answer:
    """Do one write."""
    if operation == "set_flag":
        return bench.patrons.set_flag(subject, FLAG, key=key)
    if operation == "clear_flag":
        return bench.patrons.clear_flag(subject, REFERRAL, key=key)
    if operation == "set_block":
        return bench.patrons.set_block(subject, BLOCK, key=key)
    return bench.patrons.clear_block(subject, BLOCK.reason, key=key)


def wished(operation: str, seen: Patron) -> bool:
    """Whether a patron is as the write wishes."""
    if operation.endswith("flag"):
        return (seen.flag is not None and seen.flag.referral == REFERRAL) is (operation == "set_flag")
    return (seen.blocked_for(BLOCK.reason) is not None) is (operation == "set_block")


def newcomer(number: Barcode) -> NewPatron:
    """Somebody who is not there yet."""
    return NewPatron(
        number=number,
        contact=contact(7),
        birth_date=date(1991, 7, 4),
        responsible_adult=patron(3),
        category="adult",
        home=LocationId("cheney"),
        expires_on=date(2029, 7, 4),
    )


def by_operation(
    case: Desk, bench: PatronsBench, subject: PatronId, number: Barcode, *, fresh: Barcode | None = None
) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation about a patron, and about a card where it takes one; `fresh` is to be a new card."""
    port, new = bench.patrons, fresh or card(70)
    writes = {name: (lambda name=name: order(bench, name, subject, case.key())) for name in WRITES}
    stranger = evolve(newcomer(new), responsible_adult=None, pin=PIN if case.operation in PEOPLE else None)
    return {
        "get": lambda: port.get(subject),
        "find": lambda: port.find(number),
        **writes,
        "search": lambda: listed(bench, PatronQuery(name=name_of(0))),
        "check_pin": lambda: port.check_pin(subject, PIN),
        "register": lambda: port.register(stranger, key=case.key()),
        "update": lambda: port.update(subject, PatronChange(contact=contact(0), pin=stranger.pin), key=case.key()),
        "put_card": lambda: port.put_card(subject, new, key=case.key()),
        "merge": lambda: port.merge(evolve(patron(4), backend=subject.backend), subject, key=case.key()),
    }


def listed(bench: PatronsBench, query: PatronQuery) -> list[Patron]:
    """Everybody on all pages, unjudged."""
    return [row for page in bench.patrons.search(query) for row in page.rows]


def whole(seen: Patron) -> tuple[Any, ...]:
    """Everything that `facts` has, how the patron is called and reached, and the end of the card."""
    return (*facts(seen), seen.contact, seen.expires_on)


def told(bench: PatronsBench, seen: Patron) -> tuple[Any, ...]:
    """The same without what the ILS does not tell."""
    untold: dict[str, Any] = {name: None for name in ("contact", "expires_on") if name not in bench.tells}
    return whole(evolve(seen, **untold))


def found(bench: PatronsBench, number: Barcode) -> PatronId | None:
    """Whose card it is, or was."""
    seen = bench.patrons.find(number)
    return None if seen is None else seen.id


def facts(seen: Patron) -> tuple[Any, ...]:
    """Everything about a patron but when it was true and in which order merged records and blocks stand."""
    adult = seen.responsible_adult
    return (
        str(seen.id),
        seen.birth_date,
        None if adult is None else str(adult),
        seen.category,
        seen.home,
        tuple((str(one.number), one.present) for one in seen.cards if one.present),
        sorted(str(one.number) for one in seen.cards if not one.present),
        sorted(str(record) for record in seen.merged_from),
        seen.flag,
        sorted((block.reason, block.since, block.by) for block in seen.blocks),
    )
