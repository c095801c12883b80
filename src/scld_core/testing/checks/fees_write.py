"""Posting to a ledger: once, to the cent, to the right account, and nothing that is paid is called cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scld_core.errors import AdapterBug, BackendError, Conflict, NotFound, OutcomeUnknown, Rejected, Retry
from scld_core.fees.ledger import Account
from scld_core.fees.model import ChargeId, EntryId, EntryKind, Part
from scld_core.fees.rules import Stamp, credit
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.checks.fees_read import agree
from scld_core.testing.fees_tools import WRITES, Ledger, fee, post
from scld_core.testing.harness import FeesBench
from scld_core.testing.synthetic import INSTANCE
from scld_core.testing.synthetic_accounts import COUNT, MERGED, accounts, ledger, patron, terms

__all__ = ["CHECKS"]

_AMOUNTS = (1, 29, 115, 1000, 123_456_789)
"""Amounts that a float, a short column or a thousands separator would change."""

_ACCOUNT = ("account",)


def _told() -> dict[PatronId, Account]:
    return {account.patron: account for account in accounts()}


def unchanged(bench: FeesBench, *, but: PatronId | None = None) -> None:
    """Find the backend at fault when an account of the seed is not as it was."""
    told = _told()
    for number in range(COUNT):
        one = patron(number)
        if one == but:
            continue
        seen = bench.fees.account(one)
        agree(seen, told.get(one, Account(patron=one, as_of=seen.as_of)), "an account that nobody wrote to")


def charges_once(case: Ledger) -> None:
    """A charge adds exactly itself to that patron's account, to the cent, and is answered as it was posted."""
    bench = case.open(ledger())
    before = bench.fees.account(patron(2))
    owed = before.balance
    for count, cents in enumerate(_AMOUNTS, 1):
        made = post(case, bench, patron(2), cents)
        require(made.terms.amount == Money(cents), f"a charge of {Money(cents)} is answered as {made.terms.amount}")
        require(made.patron == patron(2), "the charge is answered as another patron's")
        after = bench.fees.account(patron(2))
        owed += Money(cents)
        require(after.balance == owed, f"after a charge of {Money(cents)} {after.balance} is owed, not {owed}")
        require(len(after.charges) == len(before.charges) + count, "a charge is not there, or there more than once")
    unchanged(bench, but=patron(2))


def keeps_the_terms(case: Ledger) -> None:
    """What is charged for what, since when, for which item and branch, is kept and read back so."""
    bench = case.open(ledger())
    for given in (fee(), terms(2599, days=70, number=2)):
        made = bench.fees.charge(patron(1), given, key=case.key())
        kept = {charge.id: charge for charge in bench.fees.account(patron(1)).charges}.get(made.id)
        for name in ("kind", "legal_class", "assessed_at", "item", "branch"):
            require(getattr(made, name) == getattr(given, name), f"a charge is answered with another {name}")
            require(kept is not None and getattr(kept, name) == getattr(given, name), f"the {name} is not kept")


def same_key(case: Ledger) -> None:
    """One key sent twice has one effect and one answer, whether charging or cancelling."""
    bench, key = case.open(ledger()), case.key()
    if case.operation == "charge":
        first, second = (post(case, bench, patron(1), key=key) for _ in range(2))
        require(len(bench.fees.account(patron(1)).charges) == 1, "one key was charged more than once")
        require(first == second, "one key was answered with two charges")
        return
    made = post(case, bench, patron(1))
    gone = [bench.fees.cancel(made.id, key=key, reason="error") for _ in range(2)]
    require(gone[0] == gone[1], "one key was answered with two cancellations")
    kinds = [entry.kind for entry in bench.fees.account(patron(1)).entries]
    require(kinds.count(EntryKind.CANCELLATION) == 1, "one key was cancelled more than once")


def _keeps_keys(case: Ledger) -> None:
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")


def late_key(case: Ledger) -> None:
    """A key that comes back late, after the charge was cancelled, charges nothing more and finds its charge."""
    _keeps_keys(case)
    bench, key = case.open(ledger()), case.key()
    made = post(case, bench, patron(1), key=key)
    bench.fees.cancel(made.id, key=case.key(), reason="error")
    case.clock.tick(days=30)
    again = post(case, bench, patron(1), key=key)
    account = bench.fees.account(patron(1))
    require(len(account.charges) == 1 and not account.balance, "a key that was used before was charged again")
    require(again.id == made.id, "a key that was used before is answered with another charge")
    posted = account.posted_with(key)
    require(posted is not None and posted.charge is not None, "the account does not show the key of a charge")


def other_body(case: Ledger) -> None:
    """A key that was used for something else raises Conflict, and nothing is changed."""
    _keeps_keys(case)
    bench, key = case.open(ledger()), case.key()
    one, other = post(case, bench, patron(1)), post(case, bench, patron(1), 500)
    calls: dict[str, tuple[Callable[[], object], ...]] = {
        "charge": (
            lambda: post(case, bench, patron(1), 2000, key),
            lambda: post(case, bench, patron(1), 2001, key),
            lambda: post(case, bench, patron(2), 2000, key),
            lambda: bench.fees.cancel(one.id, key=key, reason="error"),
        ),
        "cancel": (
            lambda: bench.fees.cancel(one.id, key=key, reason="error"),
            lambda: bench.fees.cancel(other.id, key=key, reason="error"),
            lambda: bench.fees.cancel(one.id, key=key, reason="other"),
            lambda: post(case, bench, patron(1), 2000, key),
        ),
    }
    first, *others = calls[case.operation]
    first()
    before = [bench.fees.account(patron(number)).entries for number in (1, 2)]
    for call in others:
        refused(call, "a key that was used for something else", Conflict)
    after = [bench.fees.account(patron(number)).entries for number in (1, 2)]
    require(before == after, "a key that was refused changed an account")


def cancels(case: Ledger) -> None:
    """A cancelled charge stays on the account, owes nothing, and was neither paid nor waived."""
    bench = case.open(ledger())
    made = post(case, bench, patron(1), 1234)
    entry = bench.fees.cancel(made.id, key=case.key(), reason="referral-rejected")
    require(entry.kind is EntryKind.CANCELLATION, f"a cancellation is answered as a {entry.kind.value}")
    require(entry.parts == (Part(made.id, made.amount),), "a cancellation is of another charge or amount")
    account = bench.fees.account(patron(1))
    require(made.id in {charge.id for charge in account.charges}, "a cancelled charge is gone from the account")
    standing = account.standing(made.id)
    require(standing.cancelled == made.amount, "a cancelled charge is not shown as cancelled")
    require(not account.balance, "a cancelled charge is still owed")
    unchanged(bench, but=patron(1))


def _cancel(case: Ledger, bench: FeesBench, charge: ChargeId) -> object:
    return bench.fees.cancel(charge, key=case.key(), reason="error")


def touched_stays(case: Ledger) -> None:
    """A charge of which anything was paid, waived or cancelled is not cancelled: it raises Rejected."""
    bench = case.open(ledger())
    for account in accounts():
        seen = {charge.terms: charge.id for charge in bench.fees.account(account.patron).charges}
        for standing in account.standings:
            if not standing.untouched and standing.charge.terms in seen:
                number = seen[standing.charge.terms]
                refused(lambda number=number: _cancel(case, bench, number), "cancelling a touched charge", Rejected)  # type: ignore[misc]
    unchanged(bench)


def settled_at_the_desk(case: Ledger) -> None:
    """A fee that was paid at the desk meanwhile is not cancelled, and what was paid stays paid."""
    bench = case.open(ledger())
    show = case.lever(bench.show, "show")
    made = post(case, bench, patron(1))
    now = case.clock.tick()
    stamp = Stamp(id=EntryId(INSTANCE, "e199"), at=now, by="desk")
    paid = bench.fees.account(patron(1)).having(credit(EntryKind.PAYMENT, Part(made.id, Money(1)), stamp=stamp))
    show(paid)
    refused(lambda: _cancel(case, bench, made.id), "cancelling a charge that is partly paid", Rejected)
    agree(bench.fees.account(patron(1)), paid, "an account that was paid into")


def cancelled_twice(case: Ledger) -> None:
    """A charge is cancelled once: with another key it raises Rejected."""
    bench = case.open(ledger())
    made = post(case, bench, patron(1))
    _cancel(case, bench, made.id)
    before = bench.fees.account(patron(1)).entries
    refused(lambda: _cancel(case, bench, made.id), "cancelling a cancelled charge", Rejected)
    require(bench.fees.account(patron(1)).entries == before, "a second cancellation changed the account")


def unknown_charge(case: Ledger) -> None:
    """Cancelling a charge that nobody has, or one of another instance, raises NotFound or its like."""
    bench = case.open(ledger())
    known = bench.fees.account(patron(2)).charges[-1].id
    for local in ("c999", known.local[:-1], known.local + "0", known.local.upper() + "X"):
        nobody = ChargeId(INSTANCE, local)
        refused(lambda nobody=nobody: _cancel(case, bench, nobody), "cancelling an unknown charge", NotFound)  # type: ignore[misc]
    foreign = ChargeId("another", known.local)
    refused(lambda: _cancel(case, bench, foreign), "cancelling another instance's charge", BackendError)
    unchanged(bench)


def unknown_debtor(case: Ledger) -> None:
    """A charge to a patron whom the ILS does not have, or to a merged record, is refused; nobody is charged."""
    bench = case.open(ledger())
    for nobody, kinds in (
        (patron(999), (NotFound,)),
        (patron(2, "another"), (BackendError,)),
        (patron(MERGED[0]), (Rejected, NotFound)),
    ):
        refused(lambda nobody=nobody: post(case, bench, nobody), "a charge to nobody", *kinds)  # type: ignore[misc]
    unchanged(bench)


def foreign_item(case: Ledger) -> None:
    """A charge for an item of another instance is refused; its prefix is never stripped."""
    bench = case.open(ledger())
    foreign = terms(500, number=1, instance="another")
    refused(
        lambda: bench.fees.charge(patron(1), foreign, key=case.key()),
        "a charge for another instance's item",
        BackendError,
    )
    unchanged(bench)


def lost_answer(case: Ledger) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key; the key again has no second effect."""
    bench, key = case.open(ledger()), case.key()
    lose = case.lever(bench.lose, "lose")
    made = None if case.operation == "charge" else post(case, bench, patron(1))

    def send() -> object:
        if made is None:
            return post(case, bench, patron(1), key=key)
        return bench.fees.cancel(made.id, key=key, reason="error")

    lose()
    try:
        send()
    except AdapterBug as bug:
        fail(f"a lost answer: {bug}")
    except BackendError as fault:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
    send()
    kinds = [entry.kind for entry in bench.fees.account(patron(1)).entries]
    require(kinds.count(EntryKind.CHARGE) == 1, "after a repetition the charge is there more than once")
    require(made is None or kinds.count(EntryKind.CANCELLATION) == 1, "after a repetition it is cancelled twice")


CHECKS: tuple[Check[Any], ...] = (
    check("fees", "charge", also=_ACCOUNT, writes=True)(charges_once),
    check("fees", "charge", also=_ACCOUNT, writes=True)(keeps_the_terms),
    check("fees", *WRITES, also=("account", "charge"), writes=True)(same_key),
    check("fees", "charge", also=("account", "cancel"), writes=True)(late_key),
    check("fees", *WRITES, also=("account", *WRITES), writes=True)(other_body),
    check("fees", "cancel", also=("account", "charge"), writes=True)(cancels),
    check("fees", "cancel", also=_ACCOUNT, writes=True)(touched_stays),
    check("fees", "cancel", also=("account", "charge"), writes=True)(settled_at_the_desk),
    check("fees", "cancel", also=("account", "charge"), writes=True)(cancelled_twice),
    check("fees", "cancel", also=_ACCOUNT, writes=True)(unknown_charge),
    check("fees", "charge", also=_ACCOUNT, writes=True)(unknown_debtor),
    check("fees", "charge", also=_ACCOUNT, writes=True)(foreign_item),
    check("fees", *WRITES, also=("account", "charge"), writes=True)(lost_answer),
)
"""In the order of the report."""
