"""Opening an ILS's loans, using only what is declared, keeping patrons' data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scld_core.errors import AdapterBug, ScldError, UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId
from scld_core.testing.case import Case, Check, check, fail, refused, require
from scld_core.testing.checks.lines_open import listening, quiet_words
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.synthetic import HOUSEHOLD, PATRON, SECRET, catalogue, item, shelf

__all__ = ["CHECKS", "OPERATIONS", "Ils", "by_operation"]

Ils = Case[LoansBench]

OPERATIONS = ("get", "iter_items", "iter_overdue")


def by_operation(case: Ils, bench: LoansBench, subject: ItemId) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation, about `subject` where it takes an item."""
    return {
        "get": lambda: bench.loans.get(subject),
        "iter_items": lambda: rows_of(bench.loans.iter_items([subject])),
        "iter_overdue": lambda: rows_of(bench.loans.iter_overdue(case.clock.now())),
    }


def declared(case: Ils) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(catalogue())
    call = by_operation(case, bench, item(0))[case.operation]
    if isinstance(case.harness.capability(case.operation), Unsupported | None):
        refused(call, "an operation that is not offered", UnsupportedOperation)
        return
    try:
        call()
    except UnsupportedOperation:
        fail("it is declared as offered, and raises UnsupportedOperation")


def keeps_patrons(case: Ils) -> None:
    """No patron's data and no secret shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(catalogue())
        said = [repr(bench.loans)]
        subjects = (item(0), item(999))
        said.extend(quiet_words(by_operation(case, bench, subject)[case.operation]) for subject in subjects)
    for canary in (PATRON, HOUSEHOLD, SECRET):
        require(not any(canary in text for text in said), "a patron's data or a secret shows in an exception or a repr")
        require(not any(canary in text for text in heard), "a patron's data or a secret shows in a log")


def closes_twice(case: Ils) -> None:
    """Closing twice is closing once."""
    bench = case.open(catalogue())
    bench.close()
    bench.close()


def after_close(case: Ils) -> None:
    """After close a call is answered or refused in the tree's words; it never breaks."""
    bench = case.open(catalogue())
    bench.close()
    for call in by_operation(case, bench, item(0)).values():
        try:
            call()
        except AdapterBug as bug:
            fail(f"after close a call broke: {bug}")
        except ScldError:
            pass


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
    check("loans", "close")(closes_twice),
    check("loans", "close")(after_close),
    check("loans", "iter_overdue", also=("get",))(answers_of_its_own),
)
"""In the order of the report."""
