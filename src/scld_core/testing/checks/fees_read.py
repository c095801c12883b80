"""Reading an account: every charge once, to the cent, with what became of it; the patron that was asked for."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, NotFound
from scld_core.fees.ledger import Account, Standing
from scld_core.fees.model import EntryId, EntryKind, Part
from scld_core.fees.rules import Stamp, credit
from scld_core.kernel.money import Money
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.fees_tools import OPERATIONS, Ledger, by_operation
from scld_core.testing.lists import fresh
from scld_core.testing.synthetic import INSTANCE, NOW
from scld_core.testing.synthetic_accounts import COUNT, MERGED, accounts, ledger, patron

__all__ = ["CHECKS", "agree"]

_WORDS = ("paid", "waived", "cancelled", "reversed")


def _order(standing: Standing) -> tuple[Any, ...]:
    charge = standing.charge
    return charge.assessed_at, charge.kind.value, charge.amount.cents


def agree(seen: Account, told: Account, what: str) -> None:
    """Find the backend at fault unless it answers the charges of `told`, each with what became of it.

    A reduction may stand in for payments, waivers and cancellations, and never be called one of them.
    """
    found, wanted = (sorted(account.standings, key=_order) for account in (seen, told))
    require(len(found) == len(wanted), f"{what} has {len(found)} charges, not {len(wanted)}")
    for one, other in zip(found, wanted, strict=True):
        _same_charge(one, other, what)
        require(
            one.outstanding == other.outstanding,
            f"{what}: of a {other.charge.kind.value} {one.outstanding} is owed, not {other.outstanding}",
        )
        for word in _WORDS:
            amount, true = getattr(one, word), getattr(other, word)
            right = amount <= true if one.reduced else amount == true
            require(right, f"{what}: of a {other.charge.kind.value} {amount} is {word}, not {true}")


def _same_charge(one: Standing, other: Standing, what: str) -> None:
    seen, told = one.charge.terms, other.charge.terms
    for name in ("kind", "legal_class", "amount", "assessed_at", "item", "branch"):
        require(getattr(seen, name) == getattr(told, name), f"{what}: the {name} of a {told.kind.value} is another")


def as_told(case: Ledger) -> None:
    """Every charge is answered once, to the cent, with what was paid, waived, cancelled and taken back of it."""
    bench = case.open(ledger())
    for told in accounts():
        agree(bench.fees.account(told.patron), told, "an account")
    require(not bench.fees.account(patron(1)).entries, "a patron who never owed anything has an account with entries")


def unknown_patron(case: Ledger) -> None:
    """A patron whom the ILS does not have raises NotFound, or has nothing; a resembling id is nobody's."""
    bench = case.open(ledger())
    for local in ("p999", "p00", "p0020", "P002", "%"):
        nobody = evolve(patron(2), local=local)
        try:
            require(not bench.fees.account(nobody).entries, "an unknown patron is given somebody's account")
        except NotFound:
            continue


def merged_record(case: Ledger) -> None:
    """A record that was merged away has no account of its own."""
    bench = case.open(ledger())
    for number in MERGED:
        try:
            require(not bench.fees.account(patron(number)).entries, "a merged record is given an account of its own")
        except NotFound:
            continue


def foreign_patron(case: Ledger) -> None:
    """An id of another instance is refused or unknown; its prefix is never stripped."""
    bench = case.open(ledger())
    refused(lambda: bench.fees.account(patron(2, "another")), "the account of another instance's patron", BackendError)


def own_ids(case: Ledger) -> None:
    """Every id in an account names the instance it comes from, and every charge is the patron's."""
    bench = case.open(ledger())
    for number in range(COUNT):
        account = bench.fees.account(patron(number))
        require(account.patron == patron(number), "the account is another patron's")
        ids = [entry.id for entry in account.entries] + [charge.id for charge in account.charges]
        items = [charge.item for charge in account.charges if charge.item is not None]
        require({one.backend for one in (*ids, *items)} <= {INSTANCE}, "an id names another instance, or none of ours")


def dated(case: Ledger) -> None:
    """An answer is dated in UTC, not in the future, and a live one not before it was asked for."""
    bench = case.open(ledger())
    began = case.clock.tick(seconds=90)
    case.clock.tick()
    fresh(bench.fees.account(patron(0)).as_of, began, case.clock, live=bench.fees.live, what="an account")


def again_the_same(case: Ledger) -> None:
    """Reading twice with nothing in between gives the same entries under the same ids."""
    bench = case.open(ledger())
    for number in range(COUNT):
        first, second = (bench.fees.account(patron(number)) for _ in range(2))
        require(first.entries == second.entries, "two answers about one account differ")


def sees_changes(case: Ledger) -> None:
    """A payment at the desk shows in the next answer, in the very second of it, or the answer is dated before."""
    bench = case.open(ledger())
    show = case.lever(bench.show, "show")
    bench.fees.account(patron(2))
    began = case.clock.tick(seconds=5)
    told = next(account for account in accounts() if account.patron == patron(2))
    part = Part(told.charges[0].id, Money(1111))
    stamp = Stamp(id=EntryId(INSTANCE, "e299"), at=began, by="desk")
    paid = told.having(credit(EntryKind.PAYMENT, part, stamp=stamp))
    show(paid)
    seen = bench.fees.account(patron(2))
    if not bench.fees.live and seen.as_of < began:
        return
    agree(seen, paid, "an account that was paid into")


def large_account(case: Ledger) -> None:
    """A long account is answered whole."""
    bench = case.open(ledger())
    show = case.lever(bench.show, "show")
    told = next(account for account in accounts() if account.patron == patron(4))
    charge = told.charges[0].id
    began = case.clock.tick()
    for number in range(60):
        stamp = Stamp(id=EntryId(INSTANCE, f"e5{number:02d}"), at=NOW, by="desk")
        told = told.having(credit(EntryKind.PAYMENT, Part(charge, Money(100 + number)), stamp=stamp))
    show(told)
    seen = bench.fees.account(patron(4))
    if bench.fees.live or seen.as_of >= began:
        agree(seen, told, "an account of many payments")


def unreachable(case: Ledger) -> None:
    """While the system cannot be reached, a call raises a fault of the tree and is never answered as done."""
    bench = case.open(ledger())
    case.lever(bench.outage, "outage")()
    refused(by_operation(case, bench, patron(2))[case.operation], case.operation)


CHECKS: tuple[Check[Any], ...] = (
    check("fees", "account")(as_told),
    check("fees", "account")(unknown_patron),
    check("fees", "account")(merged_record),
    check("fees", "account")(foreign_patron),
    check("fees", "account")(own_ids),
    check("fees", "account")(dated),
    check("fees", "account")(again_the_same),
    check("fees", "account")(sees_changes),
    check("fees", "account")(large_account),
    check("fees", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
