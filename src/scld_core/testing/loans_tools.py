"""What the checks of loans share: how each operation is called, and what a write wishes to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from attrs import evolve

from scld_core.circulation.model import CheckOutRequest, Circulation, ItemState, Loan
from scld_core.kernel.decision import Unanswered
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.plugins.seed import Seed
from scld_core.testing.case import Case, Excused
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.synthetic import INSTANCE, NOW, catalogue, item
from scld_core.testing.synthetic_accounts import patron, people

__all__ = [
    "BORROWER",
    "DUE",
    "LIBRARY",
    "OPERATIONS",
    "READS",
    "WRITES",
    "Ils",
    "begin",
    "by_operation",
    "desk",
    "facts",
    "order",
    "request",
    "stands",
    "wished",
]

Ils = Case[LoansBench]

READS = ("get", "iter_items", "iter_overdue")
"""What a source that only shows loans offers."""

WRITES = ("check_out", "check_in", "renew", "claim_returned", "declare")
OPERATIONS = (*READS, "of_patron", *WRITES)

LIBRARY = LocationId("north-spokane")
BORROWER = 1
"""The number of the patron who borrows; the loans of the seed are those of patron number 0."""

DUE = NOW + timedelta(days=14, microseconds=1)
"""Until when the checks lend and renew, to the microsecond."""

_BEGIN = {"check_out": 6, "check_in": 1, "renew": 1, "claim_returned": 1, "declare": 1}


@cache
def desk(instance: str = INSTANCE) -> Seed:
    """The catalogue with its loans, and the patrons; every item's home is `LIBRARY`."""
    seed = catalogue(instance)
    return evolve(seed, patrons=people(instance), homes={seen.item.local: str(LIBRARY) for seen in seed.items})


def begin(operation: str) -> int:
    """The number of an item with which the operation is possible."""
    return _BEGIN.get(operation, 0)


def request(subject: ItemId, number: int = BORROWER, **more: Any) -> CheckOutRequest:
    """A request of that patron for an item."""
    given: dict[str, Any] = {"patron": patron(number), "item": subject, "due_at": DUE, "at": LIBRARY}
    return CheckOutRequest(**{**given, **more})


def order(bench: LoansBench, operation: str, subject: ItemId, key: str) -> Any:
    """Do one write; excused where the system asks something first."""
    port = bench.loans
    answer: Any
    if operation == "check_out":
        answer = port.check_out(request(subject), key=key)
    elif operation == "check_in":
        answer = port.check_in(subject, LIBRARY, key=key)
    elif operation == "renew":
        answer = port.renew(subject, DUE, key=key)
    elif operation == "claim_returned":
        answer = port.claim_returned(subject, key=key)
    else:
        answer = port.declare(subject, ItemState.LOST, key=key)
    if isinstance(answer, Unanswered):
        raise Excused("the system asks something before it does this")
    return answer


def wished(operation: str, seen: Circulation) -> bool:
    """Whether an item is as the write wishes."""
    lent = seen.open_loan
    if operation == "check_in":
        return lent is None and seen.state is ItemState.CHECKED_IN
    if lent is None:
        return False
    if operation == "check_out":
        return seen.state is ItemState.ON_LOAN and lent.patron in (None, patron(BORROWER)) and lent.due_at == DUE
    if operation == "renew":
        return seen.state is ItemState.ON_LOAN and lent.due_at == DUE
    return seen.state is (ItemState.LOST if operation == "declare" else ItemState.CLAIMS_RETURNED)


def by_operation(case: Ils, bench: LoansBench, subject: ItemId) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation, about `subject` where it takes an item."""
    writes = {name: (lambda name=name: order(bench, name, subject, case.key())) for name in WRITES}
    return {
        "get": lambda: bench.loans.get(subject),
        "iter_items": lambda: rows_of(bench.loans.iter_items([subject])),
        "iter_overdue": lambda: rows_of(bench.loans.iter_overdue(case.clock.now())),
        "of_patron": lambda: rows_of(bench.loans.of_patron(PatronId(subject.backend, patron(0).local))),
        **writes,
    }


def _lent(loan: Loan | None) -> tuple[Any, ...]:
    if loan is None:
        return ()
    owner = None if loan.patron is None else str(loan.patron)
    return (str(loan.id), str(loan.item), owner, loan.due_at, loan.returned_at)


def facts(answer: Circulation | Loan) -> tuple[Any, ...]:
    """What is compared of an item or a loan."""
    if isinstance(answer, Loan):
        return _lent(answer)
    return (str(answer.item), answer.state, *_lent(answer.loan))


def stands(bench: LoansBench, number: int) -> tuple[Any, ...]:
    """An item as it is answered now."""
    return facts(bench.loans.get(item(number)))
