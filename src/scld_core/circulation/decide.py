"""Each decision of the loans desk from the facts of this moment; what is decided stands in `rules` and `claims`."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scld_core.circulation.claims import ClaimFacts, count_of, may_claim
from scld_core.circulation.model import CheckOutRequest, Circulation, Loan
from scld_core.circulation.office import LoansOffice, Ruling
from scld_core.circulation.records import stored_claims
from scld_core.circulation.rules import (
    Borrower,
    CheckInFacts,
    CheckOutFacts,
    LostFacts,
    RenewFacts,
    days_overdue,
    due_on,
    lent_until,
    may_check_in,
    may_check_out,
    may_declare_lost,
    may_renew,
    renewal_start,
)
from scld_core.errors import UnsupportedOperation
from scld_core.kernel.decision import Decision
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.runs.guards import take_snapshot

__all__ = [
    "Claimant",
    "decide_check_in",
    "decide_check_out",
    "decide_claim",
    "decide_lost",
    "decide_renew",
    "open_loans",
    "records_of",
]


@frozen
class Claimant:
    """Whose loan is claimed, and how many claims there were before."""

    loan: Loan | None
    claims: int


def decide_check_out(office: LoansOffice, request: CheckOutRequest) -> tuple[Decision, date | None]:
    """Whether an item may be lent, and until which day."""
    ruling, seen = office.ruling(), office.loans.get(request.item)
    known = office.item(request.item)
    due = lent_until(ruling.today, known.kind, ruling.policy, ruling.calendar, request.at)
    lent = seen.open_loan
    facts = CheckOutFacts(
        today=ruling.today,
        state=seen.state,
        borrower=_borrower(office, request.patron, ruling, counted=ruling.policy.max_items_out is not None),
        kind=known.kind,
        word=seen.word,
        loanable=known.loanable,
        on_loan=lent is not None,
        to_patron=lent is not None and lent.patron == request.patron,
        for_other=office.for_other(request.item, request.patron),
        due=due,
    )
    return may_check_out(facts, ruling.policy, version=ruling.version), due


def decide_check_in(office: LoansOffice, item: ItemId) -> Decision:
    """Whether an item may be taken back, and what is to be looked at."""
    ruling, seen = office.ruling(), office.loans.get(item)
    facts = CheckInFacts(state=seen.state, on_loan=seen.open_loan is not None, days=_days(seen, ruling))
    return may_check_in(facts, version=ruling.version)


def decide_renew(
    office: LoansOffice, item: ItemId, at: LocationId | None = None
) -> tuple[Decision, Loan | None, date | None]:
    """Whether a loan may be renewed, the loan, and the day on which it would be due."""
    ruling, seen = office.ruling(), office.loans.get(item)
    known, lent = office.item(item), seen.open_loan
    due = ruling.today if lent is None else due_on(lent.due_at, ruling.calendar)
    start = renewal_start(ruling.today, due, ruling.policy)
    renewed = lent_until(start, known.kind, ruling.policy, ruling.calendar, at or known.home)
    owner = None if lent is None else lent.patron
    facts = RenewFacts(
        today=ruling.today,
        due=due,
        state=seen.state,
        borrower=Borrower() if owner is None else _borrower(office, owner, ruling),
        kind=known.kind,
        on_loan=lent is not None,
        renewals=0 if lent is None else lent.renewals,
        waiting_holds=office.waiting_holds(item),
        renewed=renewed,
    )
    return may_renew(facts, ruling.policy, version=ruling.version), lent, renewed


def decide_claim(office: LoansOffice, item: ItemId) -> tuple[Decision, Claimant]:
    """Whether a claim is recorded, and whose it is."""
    ruling, seen = office.ruling(), office.loans.get(item)
    lent, claims = seen.open_loan, stored_claims(office.store)
    records = () if lent is None or lent.patron is None else records_of(office, lent.patron)
    before = count_of(claims, records)
    facts = ClaimFacts(
        state=seen.state,
        on_loan=lent is not None,
        claims=before,
        open_claim=lent is not None and any(claim.loan == lent.id for claim in claims),
    )
    decision = may_claim(facts, ruling.policy, version=ruling.version, manager=office.manager)
    return decision, Claimant(lent, before)


def decide_lost(office: LoansOffice, item: ItemId, *, reported: bool) -> tuple[Decision, Loan | None]:
    """Whether an item is declared lost now, and whose loan it is."""
    ruling, seen = office.ruling(), office.loans.get(item)
    facts = LostFacts(state=seen.state, on_loan=seen.open_loan is not None, days=_days(seen, ruling), reported=reported)
    return may_declare_lost(facts, ruling.policy, version=ruling.version), seen.open_loan


def open_loans(office: LoansOffice, patron: PatronId) -> tuple[Loan, ...]:
    """A patron's open loans, the first due first; SnapshotRefused for a list that breaks off."""
    port = office.loans
    return take_snapshot("the patron's loans", port.of_patron(patron), lambda loan: loan.id, live=port.live).rows


def _days(seen: Circulation, ruling: Ruling) -> int:
    lent = seen.open_loan
    return 0 if lent is None else days_overdue(lent.due_at, ruling.now, ruling.calendar)


def _borrower(office: LoansOffice, patron: PatronId, ruling: Ruling, *, counted: bool = False) -> Borrower:
    found = office.patron(patron)
    return Borrower(
        blocks=() if found is None else tuple(block.reason for block in found.blocks),
        owed=None if ruling.policy.max_owed_cents is None else office.owed(patron),
        expires=None if found is None else found.expires_on,
        entitled=found is None or office.entitled(found.category),
        out=_out(office, patron) if counted else 0,
    )


def _out(office: LoansOffice, patron: PatronId) -> int | None:
    """How many items the patron has; None where the ILS does not list them."""
    try:
        return len(open_loans(office, patron))
    except UnsupportedOperation:
        return None


def records_of(office: LoansOffice, patron: PatronId) -> tuple[PatronId, ...]:
    """Every record under which a patron's claims may be kept."""
    found = office.patron(patron)
    return (patron,) if found is None else (found.id, *found.merged_from)
