"""Opening an ILS's patrons, using only what is declared, keeping their data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.kernel.ids import PatronId
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import PatronsBench
from scld_core.testing.patrons_tools import OPERATIONS, PIN, Desk, begin, by_operation, order
from scld_core.testing.synthetic import CARD, PATRON, SECRET
from scld_core.testing.synthetic_accounts import card, ledger, patron
from scld_core.testing.synthetic_people import PEOPLE_CANARIES, roll

__all__ = ["CHECKS"]


def declared(case: Desk) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(ledger())
    offered(case, by_operation(case, bench, patron(begin(case.operation)), card(2))[case.operation])


def keeps_patrons(case: Desk) -> None:
    """No patron's data and no secret shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(roll() if case.declares("search") else ledger())
        said = [repr(bench.patrons)]
        subjects = ((patron(0), card(0)), (PatronId(patron(0).backend, PATRON + "x"), card(0, 7)))
        for who, number in subjects:
            said.append(quiet_words(by_operation(case, bench, who, number, fresh=number)[case.operation]))
    for canary in (PATRON, CARD, SECRET, PIN, *PEOPLE_CANARIES):
        unseen(canary, "a patron's data or a secret", said=said, heard=heard)


def _calls(case: Desk, bench: PatronsBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, patron(2), card(2)).values()


def patrons_of_its_own(case: Desk) -> None:
    """Two instances of one backend know nothing of each other's patrons."""
    first, second = case.open(ledger("kit-a"), instance="kit-a"), case.open(ledger("kit-b"), instance="kit-b")
    if case.declares("set_flag"):
        order(first, "set_flag", patron(1, "kit-a"), case.key())
    require(second.patrons.get(patron(1, "kit-b")).flag is None, "an instance shows what was done in another")
    for bench, instance in ((first, "kit-a"), (second, "kit-b")):
        require(bench.patrons.get(patron(2, instance)).id.backend == instance, "an instance shows another's patron")
    refused(lambda: first.patrons.get(patron(2, "kit-b")), "get of another instance's patron")


CHECKS: tuple[Check[Any], ...] = (
    check("patrons", *OPERATIONS, always=True)(declared),
    check("patrons", *OPERATIONS)(keeps_patrons),
    *closing("patrons", ledger, _calls),
    check("patrons", "get")(patrons_of_its_own),
)
"""In the order of the report."""
