"""Opening an ILS's holds, using only what is declared, keeping their patrons' data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.errors import NotFound
from scld_core.kernel.ids import PatronId
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import HoldsBench
from scld_core.testing.holds_tools import OPERATIONS, Desk, by_operation
from scld_core.testing.synthetic import INSTANCE, PATRON, SECRET
from scld_core.testing.synthetic_accounts import patron
from scld_core.testing.synthetic_holds import NORTH, desk, hold, request

__all__ = ["CHECKS"]


def declared(case: Desk) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(desk())
    offered(case, by_operation(case, bench, 1)[case.operation])


def keeps_patrons(case: Desk) -> None:
    """No patron's id and no secret shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(desk())
        said = [repr(bench.holds), quiet_words(by_operation(case, bench, 0)[case.operation])]
        nobody = PatronId(INSTANCE, PATRON + "x")
        said.append(quiet_words(lambda: list(bench.holds.of_patron(nobody))))
        mine = request(0, 1)  # a second one of the patron who must not be seen
        said.append(quiet_words(lambda: bench.holds.place(mine, key=case.key())))
    for canary in (PATRON, SECRET):
        unseen(canary, "a patron's id or a secret", said=said, heard=heard)


def _calls(case: Desk, bench: HoldsBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, 1).values()


def holds_of_its_own(case: Desk) -> None:
    """Two instances of one backend know nothing of each other's holds."""
    first, second = case.open(desk("kit-a"), instance="kit-a"), case.open(desk("kit-b"), instance="kit-b")
    if case.declares("change_pickup"):
        first.holds.change_pickup(hold(2, "kit-a"), NORTH, key=case.key())
        untouched = second.holds.get(hold(2, "kit-b")).pickup != NORTH
        require(untouched, "an instance shows what was done in another")
    require(second.holds.get(hold(0, "kit-b")).patron == patron(0, "kit-b"), "an instance shows another's patron")
    refused(lambda: first.holds.get(hold(0, "kit-b")), "get of another instance's hold")
    refused(lambda: first.holds.get(hold(99, "kit-a")), "get of an unknown hold", NotFound)


CHECKS: tuple[Check[Any], ...] = (
    check("holds", *OPERATIONS, always=True)(declared),
    check("holds", *OPERATIONS, also=("of_patron", "place"))(keeps_patrons),
    *closing("holds", desk, _calls),
    check("holds", "get")(holds_of_its_own),
)
"""In the order of the report."""
