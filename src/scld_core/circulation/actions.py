"""What the loans desk writes, as actions of the engine: each is rechecked, sent once, and can be read back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from scld_core.circulation.claims import Claim
from scld_core.circulation.decide import decide_check_in, decide_check_out, decide_claim, decide_renew
from scld_core.circulation.model import CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.office import LoansOffice
from scld_core.circulation.records import change_claim, keep_claim
from scld_core.circulation.states import ClaimEvent, claim_states
from scld_core.errors import ProtocolViolation
from scld_core.kernel.decision import Answers, Decision, Reason, deny, permit
from scld_core.kernel.ids import ItemId, LoanId, LocationId
from scld_core.kernel.validate import day, instance, instant, optional
from scld_core.runs.action import Action
from scld_core.runs.model import Answer, ReadBack, Step, StepRecord
from scld_core.runs.one_step import answered

__all__ = [
    "AREA",
    "CHECK_IN",
    "CHECK_OUT",
    "CLAIM",
    "DECLARE",
    "RENEW",
    "BackOrder",
    "ClaimOrder",
    "DeclareOrder",
    "LoanOrder",
    "RenewOrder",
    "end_claim",
    "loan_actions",
]

AREA = "loans"

CHECK_OUT, CHECK_IN, RENEW = "loans.check_out", "loans.check_in", "loans.renew"
CLAIM, DECLARE = "loans.claim_returned", "loans.declare"


@frozen
class LoanOrder:
    """Lend an item."""

    request: CheckOutRequest = field(validator=instance(CheckOutRequest))
    answers: Answers | None = field(default=None, validator=optional(instance(Answers)))


@frozen
class BackOrder:
    """Take an item back; `loan` is the open one that this ends, None where there was none.

    `shelf_until` is the last day on the hold shelf, for an item that is set aside and picked up here.
    """

    item: ItemId = field(validator=instance(ItemId))
    at: LocationId = field(validator=instance(LocationId))
    loan: LoanId | None = field(default=None, validator=optional(instance(LoanId)))
    shelf_until: date | None = field(default=None, validator=optional(day))


@frozen
class RenewOrder:
    """Renew a loan that is due at `before`, until `due_at`."""

    item: ItemId = field(validator=instance(ItemId))
    loan: LoanId = field(validator=instance(LoanId))
    before: datetime = field(validator=instant)
    due_at: datetime = field(validator=instant)
    answers: Answers | None = field(default=None, validator=optional(instance(Answers)))


@frozen
class ClaimOrder:
    """Show that the patron says to have brought an item back, and keep the claim."""

    claim: Claim = field(validator=instance(Claim))


@frozen
class DeclareOrder:
    """Say what became of an item; `event` ends the claim of its loan, None where there is no claim."""

    item: ItemId = field(validator=instance(ItemId))
    state: ItemState = field(validator=instance(ItemState))
    loan: LoanId | None = field(default=None, validator=optional(instance(LoanId)))
    event: ClaimEvent | None = field(default=None, validator=optional(instance(ClaimEvent)))


def end_claim(office: LoansOffice, loan: LoanId | None, event: ClaimEvent) -> Claim | None:
    """End the claim of a loan, where there is one that can end so; gives it as it is then."""
    if loan is None:
        return None
    now, by = office.clock.now(), office.actor.id

    def ended(claim: Claim) -> Claim | None:
        return claim.after(event, now, by) if claim_states.permits(claim.state, event) else None

    return change_claim(office.store, loan, ended, by=by)


def loan_actions(office: LoansOffice) -> tuple[Action[Any], ...]:
    """Every action of this desk."""

    def system(payload: object) -> str:
        del payload
        return office.ils

    work = _Work(office)
    return (
        Action(CHECK_OUT, LoanOrder, work.may_lend, work.lend, work.is_lent, system=system),
        Action(CHECK_IN, BackOrder, work.may_take_back, work.take_back, work.is_back, system=system),
        Action(RENEW, RenewOrder, work.may_renew, work.renew, work.is_renewed, system=system),
        Action(CLAIM, ClaimOrder, work.may_claim, work.claim, work.is_claimed, system=system),
        Action(DECLARE, DeclareOrder, work.may_declare, work.declare, work.is_declared, system=system),
    )


class _Work:
    """The functions of the actions, over one office."""

    def __init__(self, office: LoansOffice) -> None:
        self._office = office
        self._loans = office.loans

    def may_lend(self, order: LoanOrder, step: Step) -> Decision:
        del step
        return decide_check_out(self._office, order.request)[0]

    def lend(self, order: LoanOrder, key: str) -> Answer:
        found, request = self._loans.check_out(order.request, key=key, answers=order.answers), order.request
        if not isinstance(found, Loan):
            return answered(found)
        self._check("check_out", same=found.item == request.item and found.patron in (None, request.patron))
        return answered(found, str(found.id))

    def is_lent(self, order: LoanOrder, record: StepRecord) -> ReadBack:
        lent, request = self._loans.get(order.request.item).open_loan, order.request
        if lent is None:
            return ReadBack.NOT_DONE
        if lent.patron is None:  # whose loan it is the ILS does not tell
            since = lent.out_at is not None and bool(record.attempts) and lent.out_at >= record.attempts[-1]
            return ReadBack.DONE if since else ReadBack.UNKNOWN
        return ReadBack.DONE if lent.patron == request.patron else ReadBack.NOT_DONE

    def may_take_back(self, order: BackOrder, step: Step) -> Decision:
        del step
        return decide_check_in(self._office, order.item)

    def take_back(self, order: BackOrder, key: str) -> Answer:
        found = self._loans.check_in(order.item, order.at, key=key, shelf_until=order.shelf_until)
        shown = found.circulation
        self._check("check_in", same=shown.item == order.item and shown.open_loan is None)
        end_claim(self._office, order.loan, ClaimEvent.BROUGHT_BACK)
        return answered(found)

    def is_back(self, order: BackOrder, record: StepRecord) -> ReadBack:
        del record
        lent = self._loans.get(order.item).open_loan
        if lent is not None and lent.id == order.loan:
            return ReadBack.NOT_DONE
        end_claim(self._office, order.loan, ClaimEvent.BROUGHT_BACK)
        return ReadBack.DONE

    def may_renew(self, order: RenewOrder, step: Step) -> Decision:
        del step
        return decide_renew(self._office, order.item)[0]

    def renew(self, order: RenewOrder, key: str) -> Answer:
        found = self._loans.renew(order.item, order.due_at, key=key, answers=order.answers)
        if not isinstance(found, Loan):
            return answered(found)
        self._check("renew", same=found.id == order.loan and found.due_at > order.before)
        return answered(found, str(found.id))

    def is_renewed(self, order: RenewOrder, record: StepRecord) -> ReadBack:
        del record
        lent = self._loans.get(order.item).loan
        if lent is None or lent.id != order.loan:
            return ReadBack.UNKNOWN
        return ReadBack.DONE if lent.due_at > order.before else ReadBack.NOT_DONE

    def may_claim(self, order: ClaimOrder, step: Step) -> Decision:
        del step
        return decide_claim(self._office, order.claim.item)[0]

    def claim(self, order: ClaimOrder, key: str) -> Answer:
        found = self._loans.claim_returned(order.claim.item, key=key)
        self._check("claim_returned", same=_shows(found, order.claim.item, ItemState.CLAIMS_RETURNED))
        return answered(keep_claim(self._office.store, order.claim))

    def is_claimed(self, order: ClaimOrder, record: StepRecord) -> ReadBack:
        del record
        if self._loans.get(order.claim.item).state is not ItemState.CLAIMS_RETURNED:
            return ReadBack.NOT_DONE
        keep_claim(self._office.store, order.claim)
        return ReadBack.DONE

    def may_declare(self, order: DeclareOrder, step: Step) -> Decision:
        del step
        seen = self._loans.get(order.item)
        lent = seen.open_loan
        changed = order.loan is not None and (lent is None or lent.id != order.loan)
        return deny(Reason("not_on_loan", (), AREA)) if changed else permit()

    def declare(self, order: DeclareOrder, key: str) -> Answer:
        found = self._loans.declare(order.item, order.state, key=key)
        self._check("declare", same=_shows(found, order.item, order.state))
        if order.event is not None:
            end_claim(self._office, order.loan, order.event)
        return answered(found)

    def is_declared(self, order: DeclareOrder, record: StepRecord) -> ReadBack:
        del record
        if self._loans.get(order.item).state is not order.state:
            return ReadBack.NOT_DONE
        if order.event is not None:
            end_claim(self._office, order.loan, order.event)
        return ReadBack.DONE

    def _check(self, operation: str, *, same: bool) -> None:
        """What was answered and does not show is not told as done: it is read back."""
        if not same:
            raise ProtocolViolation(self._office.ils, operation, "answered with what does not show what was asked for")


def _shows(seen: Circulation, item: ItemId, state: ItemState) -> bool:
    return seen.item == item and seen.state is state
