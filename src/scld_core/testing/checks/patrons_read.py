"""Reading a patron: under every number the patron has or had, whole, and never somebody else."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, NotFound
from scld_core.kernel.barcode import Barcode
from scld_core.patrons.person import Patron
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.harness import PatronsBench
from scld_core.testing.lists import fresh
from scld_core.testing.patrons_tools import OPERATIONS, Desk, by_operation, facts, found
from scld_core.testing.synthetic import INSTANCE, NOW
from scld_core.testing.synthetic_accounts import COUNT, MERGED, card, ledger, patron, people
from scld_core.testing.synthetic_people import residents, roll

__all__ = ["CHECKS"]


def _read(case: Desk, bench: PatronsBench, number: int) -> Patron:
    """A patron by the case's operation: by id, or by the present card."""
    if case.operation == "get":
        return bench.patrons.get(patron(number))
    seen = bench.patrons.find(card(number))
    if seen is None:
        raise NotFound(INSTANCE, "find", "a present card is nobody's")
    return seen


def as_told(case: Desk) -> None:
    """A patron is answered with the birth date, adult, cards, merged records, flag and blocks that the ILS has."""
    bench = case.open(ledger())
    for number, one in enumerate(people()):
        if case.operation == "find" and not one.cards:
            continue
        seen, wanted = facts(_read(case, bench, number)), facts(one)
        for name, own, other in zip(_FACTS, seen, wanted, strict=True):
            require(own == other, f"a patron's {name} is another than the ILS has, or is left out")


def reached_as_told(case: Desk) -> None:
    """How a patron is called and reached, and until when the card holds, is that patron's own."""
    bench = case.open(roll())
    for number, wanted in enumerate(residents()):
        if wanted.cards or case.operation == "get":
            seen = _read(case, bench, number)
            for name in bench.tells:
                require(getattr(seen, name) == getattr(wanted, name), f"a patron's {name} is another, or is left out")


_FACTS = (
    "id",
    "birth date",
    "responsible adult",
    "category",
    "home",
    "present card",
    "older card",
    "merged record",
    "flag",
    "block",
)


def unknown_age(case: Desk) -> None:
    """A birth date that the ILS does not have is None, and no date that stands for it."""
    bench = case.open(ledger())
    seen = _read(case, bench, 2)
    require(seen.birth_date is None, "an unknown birth date is answered as a date")


def by_any_card(case: Desk) -> None:
    """A patron is found by every card that is the patron's or was, those of merged records included."""
    bench = case.open(ledger())
    for owner in people():
        for one in owner.cards:
            what = "present card" if one.present else "card that was replaced"
            require(found(bench, one.number) == owner.id, f"a {what} does not find its patron")


def merged_record(case: Desk) -> None:
    """A record that was merged away is answered as the one it was merged into."""
    bench = case.open(ledger())
    for number in MERGED:
        seen = bench.patrons.get(patron(number))
        require(seen.id == patron(3), "a merged record is answered as if it were still there")
        require(facts(seen) == facts(bench.patrons.get(patron(3))), "a merged record is answered as something else")


def dates_of_cards(case: Desk) -> None:
    """Since when a card is an older one is told rightly, or not at all."""
    bench = case.open(ledger())
    since = {one.number: one.replaced_at for one in people()[0].cards}
    for one in _read(case, bench, 0).cards:
        require(one.replaced_at in (None, since[one.number]), "a card was replaced at another instant")


def unknown_patron(case: Desk) -> None:
    """Who is not known is not found, though the id or the card's number resembles somebody's."""
    bench = case.open(ledger())
    if case.operation == "get":
        for local in ("p999", "p00", "p0020", "P002", "%"):
            nobody = evolve(patron(2), local=local)
            refused(lambda nobody=nobody: bench.patrons.get(nobody), "get of an unknown patron", NotFound)  # type: ignore[misc]
        return
    whole = str(card(2))
    for number in (whole[:-1], whole + "0", whole.upper(), "0" + whole):
        require(bench.patrons.find(Barcode(number)) is None, "a number that resembles a card finds somebody")


def foreign_patron(case: Desk) -> None:
    """An id of another instance is refused or unknown; its prefix is never stripped."""
    bench = case.open(ledger())
    refused(lambda: bench.patrons.get(patron(2, "another")), "get of another instance's patron", BackendError)


def own_ids(case: Desk) -> None:
    """Every id in an answer names the instance it comes from."""
    bench = case.open(ledger())
    for number in range(COUNT - 1):
        seen = _read(case, bench, number)
        ids = (seen.id, seen.responsible_adult or seen.id, *seen.merged_from)
        require({one.backend for one in ids} == {INSTANCE}, "an id names another instance, or none of ours")


def dated(case: Desk) -> None:
    """An answer is dated in UTC, not in the future, and a live one not before it was asked for."""
    bench = case.open(ledger())
    began = case.clock.tick(seconds=90)
    case.clock.tick()
    fresh(_read(case, bench, 0).as_of, began, case.clock, live=bench.patrons.live, what="a patron")


def again_the_same(case: Desk) -> None:
    """Reading twice with nothing in between gives the same, by id as by card."""
    bench = case.open(ledger())
    for number in range(COUNT - 1):
        seen = [bench.patrons.get(patron(number)) for _ in range(2)]
        by_card = [bench.patrons.find(card(number)) for _ in range(2)]
        same = {evolve(one, as_of=NOW) for one in (*seen, *by_card) if one is not None}
        require(len(same) == 1 and None not in by_card, "two answers about one patron differ")


def sees_changes(case: Desk) -> None:
    """What staff change at the desk shows in the next answer, or the answer is dated before it."""
    bench = case.open(ledger())
    show = case.lever(bench.show, "show")
    _read(case, bench, 1)
    began = case.clock.tick(seconds=5)
    grown = evolve(people()[1], birth_date=date(2014, 12, 1), category="teen", responsible_adult=patron(3))
    show(grown)
    seen = _read(case, bench, 1)
    if bench.patrons.live or seen.as_of >= began:
        require(facts(seen) == facts(grown), "what was changed at the desk is not shown")


def unreachable(case: Desk) -> None:
    """While the system cannot be reached, a call raises a fault of the tree and is never answered as done."""
    bench = case.open(ledger())
    case.lever(bench.outage, "outage")()
    refused(by_operation(case, bench, patron(2), card(2))[case.operation], case.operation)


_READS = ("get", "find")

CHECKS: tuple[Check[Any], ...] = (
    check("patrons", *_READS)(as_told),
    check("patrons", *_READS)(reached_as_told),
    check("patrons", *_READS)(unknown_age),
    check("patrons", "find")(by_any_card),
    check("patrons", "get")(merged_record),
    check("patrons", *_READS)(dates_of_cards),
    check("patrons", *_READS)(unknown_patron),
    check("patrons", "get")(foreign_patron),
    check("patrons", *_READS)(own_ids),
    check("patrons", *_READS)(dated),
    check("patrons", "get", also=("find",))(again_the_same),
    check("patrons", *_READS)(sees_changes),
    check("patrons", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
