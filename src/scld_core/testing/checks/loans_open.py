"""Opening an ILS's loans, using only what is declared, keeping patrons' data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.loans_tools import OPERATIONS, Ils, begin, by_operation, desk
from scld_core.testing.synthetic import HOUSEHOLD, PATRON, SECRET, catalogue, item, shelf

__all__ = ["CHECKS"]


def declared(case: Ils) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(desk())
    offered(case, by_operation(case, bench, item(begin(case.operation)))[case.operation])


def keeps_patrons(case: Ils) -> None:
    """No patron's data and no secret shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(desk())
        said = [repr(bench.loans)]
        subjects = (item(0), item(999))
        said.extend(quiet_words(by_operation(case, bench, subject)[case.operation]) for subject in subjects)
    for canary in (PATRON, HOUSEHOLD, SECRET):
        unseen(canary, "a patron's data or a secret", said=said, heard=heard)


def _calls(case: Ils, bench: LoansBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, item(0)).values()


def answers_of_its_own(case: Ils) -> None:
    """Two instances of one backend know nothing of each other's items."""
    first, second = case.open(shelf(1, "kit-a"), instance="kit-a"), case.open(shelf(3, "kit-b"), instance="kit-b")
    now = case.clock.now()
    counts = [len(rows_of(bench.loans.iter_overdue(now))) for bench in (first, second)]
    require(counts == [1, 3], "an instance shows the loans of another")
    refused(lambda: first.loans.get(item(2, "kit-a")), "get of an item of another instance")


CHECKS: tuple[Check[Any], ...] = (
    check("loans", *OPERATIONS, always=True)(declared),
    check("loans", *OPERATIONS)(keeps_patrons),
    *closing("loans", catalogue, _calls),
    check("loans", "iter_overdue", also=("get",))(answers_of_its_own),
)
"""In the order of the report."""
