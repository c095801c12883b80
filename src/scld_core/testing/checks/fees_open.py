"""Opening a ledger, using only what is declared, keeping patrons' data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.fees.model import ChargeId
from scld_core.kernel.ids import PatronId
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.fees_tools import OPERATIONS, Ledger, by_operation, post
from scld_core.testing.harness import FeesBench
from scld_core.testing.synthetic import PATRON, SECRET
from scld_core.testing.synthetic_accounts import ledger, patron

__all__ = ["CHECKS"]


def _last(bench: FeesBench, subject: PatronId) -> ChargeId:
    return bench.fees.account(subject).charges[-1].id


def declared(case: Ledger) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(ledger())
    charge = _last(bench, patron(2)) if case.operation == "cancel" and case.declares("account") else None
    offered(case, by_operation(case, bench, patron(2), charge)[case.operation])


def keeps_patrons(case: Ledger) -> None:
    """No patron's data and no secret shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(ledger())
        said = [repr(bench.fees)]
        charge = _last(bench, patron(0)) if case.declares("account") else None
        subjects = (patron(0), PatronId(patron(0).backend, PATRON + "x"))
        said.extend(quiet_words(by_operation(case, bench, subject, charge)[case.operation]) for subject in subjects)
    for canary in (PATRON, SECRET):
        unseen(canary, "a patron's data or a secret", said=said, heard=heard)


def _calls(case: Ledger, bench: FeesBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, patron(2)).values()


def accounts_of_its_own(case: Ledger) -> None:
    """Two instances of one backend know nothing of each other's accounts."""
    first, second = case.open(ledger("kit-a"), instance="kit-a"), case.open(ledger("kit-b"), instance="kit-b")
    before = second.fees.account(patron(2, "kit-b")).balance
    if case.declares("charge"):
        post(case, first, patron(2, "kit-a"))
    require(second.fees.account(patron(2, "kit-b")).balance == before, "an instance shows the charges of another")
    for bench, number in ((first, patron(2, "kit-a")), (second, patron(2, "kit-b"))):
        ours = {charge.id.backend for charge in bench.fees.account(number).charges}
        require(ours == {number.backend}, "an instance shows the charges of another")
    refused(lambda: first.fees.account(patron(2, "kit-b")), "the account of another instance's patron")


CHECKS: tuple[Check[Any], ...] = (
    check("fees", *OPERATIONS, always=True)(declared),
    check("fees", *OPERATIONS)(keeps_patrons),
    *closing("fees", ledger, _calls),
    check("fees", "account")(accounts_of_its_own),
)
"""In the order of the report."""
