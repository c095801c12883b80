"""Claims returned at the desk: what they change in the ILS's loans, in its ledger and, by that, at the agency.

While a claim is open the agency's basis leaves the item out (`circulation.records.claimed_items`). An item
that was in the library all the time was never owed: its charges are cancelled, and so is the fee of a
referral that rested on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import evolve, field, frozen

from scld_core.circulation.actions import (
    AREA,
    CLAIM,
    ClaimOrder,
    DeclareOrder,
    end_claim,
    loan_actions,
)
from scld_core.circulation.claims import Claim, may_end, may_search, search_days
from scld_core.circulation.decide import decide_claim
from scld_core.circulation.desk import CirculationDesk
from scld_core.circulation.model import CheckIn, Circulation, ItemState
from scld_core.circulation.office import LoansOffice
from scld_core.circulation.records import change_claim, stored_claim
from scld_core.circulation.states import ClaimEvent, ClaimState
from scld_core.errors import NotFound, Rejected, UnsupportedOperation
from scld_core.fees.ledger import Account, Standing
from scld_core.fees.model import ChargeId, LegalClass
from scld_core.fees.ports import Fees
from scld_core.kernel.decision import Decision
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import day, each, instance, optional
from scld_core.runs.action import Action, Area
from scld_core.runs.model import Answer, ReadBack, Receipt, Step, StepRecord
from scld_core.runs.one_step import Outcome, Write, answered, desk_area

__all__ = ["CANCELLED_FOR", "FOUND", "Found", "FoundOrder", "LoansDesk", "loans_area", "never_owed"]

FOUND = "loans.found"

CANCELLED_FOR = "claim_found"
"""The reason code with which charges are cancelled."""


@frozen
class FoundOrder:
    """An item of which a claim is known was found on the shelf of `at`; for `shelf_until` see `BackOrder`."""

    item: ItemId = field(validator=instance(ItemId))
    at: LocationId = field(validator=instance(LocationId))
    loan: LoanId = field(validator=instance(LoanId))
    shelf_until: date | None = field(default=None, validator=optional(day))
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))


@frozen
class Found:
    """What finding an item did: the check-in, and the charges that were cancelled.

    `left` are charges that could not be cancelled, since something was paid or waived, or the ILS takes no
    cancellation: a person refunds or cancels them. `account_read` is false where nobody could tell whether
    there are any.
    """

    check_in: CheckIn = field(validator=instance(CheckIn))
    cancelled: tuple[ChargeId, ...] = field(default=(), validator=each(instance(ChargeId)))
    left: tuple[ChargeId, ...] = field(default=(), validator=each(instance(ChargeId)))
    account_read: bool = True


def never_owed(account: Account, item: ItemId) -> tuple[Standing, ...]:
    """The charges that go when an item turns out to have been in the library all the time, oldest first.

    All of that item which are not cancelled yet; and the fee of a referral before which nothing else was
    charged but what was cancelled or taken back.
    """
    standings = account.standings
    mine = [one for one in standings if one.charge.item == item and _stands(one)]
    return tuple(one for one in standings if one in mine or (_is_fee(one) and _rests_on(one, standings, item)))


def _stands(one: Standing) -> bool:
    return one.charge.amount not in (one.cancelled, one.reversed)


def _is_fee(one: Standing) -> bool:
    return one.charge.legal_class is LegalClass.COLLECTION_COST and _stands(one)


def _rests_on(fee: Standing, standings: Sequence[Standing], item: ItemId) -> bool:
    others = [one for one in standings if one.charge.legal_class is not LegalClass.COLLECTION_COST]
    before = [one for one in others if one.charge.assessed_at <= fee.charge.assessed_at]
    mine = [one for one in before if one.charge.item == item]
    return bool(mine) and not any(_stands(one) for one in before if one not in mine)


@frozen
class LoansDesk(CirculationDesk):
    """The loans desk with claims; `fees` is None where the ILS tells of no accounts."""

    fees: Fees | None = None

    def claim_returned(self, item: ItemId | str) -> Outcome[Claim]:
        """Record that the patron says to have brought an item back, and plan the searches."""
        found = self._item(item)
        decision, claimant = decide_claim(self.office, found)
        lent = claimant.loan
        if lent is None or not decision.permitted:
            return Outcome(None, decision)
        ruling = self.office.ruling()
        claim = Claim(
            loan=lent.id,
            item=found,
            claimed_at=ruling.now,
            due_at=lent.due_at,
            by=self.office.actor.id,
            patron=lent.patron,
            planned=search_days(ruling.today, ruling.policy, ruling.calendar),
            number=claimant.claims + 1,
        )
        write = Write(CLAIM, ClaimOrder(claim), str(found), f"claim returned {found}", str(lent.id))
        return self.writer.carry_out(write, gives=Claim, read=lambda _: self.claim_of(found), decision=decision)

    def claim_of(self, item: ItemId | str) -> Claim | None:
        """The claim about an item that matters now: the open one, else the last."""
        found = self._item(item)
        mine = sorted(
            (claim for claim in self.claims() if claim.item == found), key=lambda one: (one.is_open, one.claimed_at)
        )
        return mine[-1] if mine else None

    def search_done(self, item: ItemId | str) -> Outcome[Claim]:
        """Record that today's search of the shelves found nothing."""
        found, ruling = self._item(item), self.office.ruling()
        known = self.claim_of(found)
        decision = may_search(known, ruling.today, version=ruling.version)
        if known is None or not decision.permitted:
            return Outcome(None, decision)
        told: list[Decision] = []

        def searched(claim: Claim) -> Claim | None:
            told.append(may_search(claim, ruling.today, version=ruling.version))  # another desk may have been faster
            return claim.searched(ruling.now, self.office.actor.id) if told[-1].permitted else None

        changed = change_claim(self.office.store, known.loan, searched, by=self.office.actor.id)
        if not told[-1].permitted:
            return Outcome(None, told[-1])
        receipt = Receipt("", str(found), "loans.search", "applied", ruling.now, label=f"search {found}")
        return Outcome(changed, decision, receipt)

    def found(self, item: ItemId | str, at: LocationId | str) -> Outcome[Found]:
        """A claimed item was on a shelf of the library: its loan ends, and what was charged for it is cancelled."""
        found, ruling = self._item(item), self.office.ruling()
        claim = self.claim_of(found)
        decision = may_end(claim, ClaimEvent.FOUND_ON_SHELF, version=ruling.version)
        if claim is None or not decision.permitted:
            return Outcome(None, decision)
        library = self._library(at)
        order = FoundOrder(found, library, claim.loan, self.office.shelf_until(library), claim.patron)
        write = Write(FOUND, order, str(found), f"found {found}", str(claim.loan))
        return self.writer.carry_out(write, gives=Found, read=lambda _: None, decision=decision)

    def lost(self, item: ItemId | str, *, reported: bool = False) -> Outcome[Circulation]:
        """Declare an item lost; one that is claimed only once the searches are over, and by a manager."""
        found = self._item(item)
        claim = self.claim_of(found)
        if claim is None or not claim.is_open:
            return super().lost(found, reported=reported)
        return self._given_up(claim, ClaimEvent.DECLARED_LOST, ItemState.LOST)

    def missing(self, item: ItemId | str) -> Outcome[Circulation]:
        """Give up a claimed item as missing: its loan ends and the patron owes nothing for it."""
        claim = self.claim_of(item)
        if claim is None:
            return Outcome(None, may_end(None, ClaimEvent.DECLARED_MISSING, version=self.office.ruling().version))
        return self._given_up(claim, ClaimEvent.DECLARED_MISSING, ItemState.MISSING)

    def _given_up(self, claim: Claim, event: ClaimEvent, state: ItemState) -> Outcome[Circulation]:
        decision = may_end(claim, event, version=self.office.ruling().version, manager=self.office.manager)
        return self._declare(DeclareOrder(claim.item, state, claim.loan, event), decision)


def loans_area(office: LoansOffice, fees: Fees | None) -> Area:
    """The area as the engine and the day's run see it."""
    work = _Finding(office, fees)

    def system(payload: object) -> str:
        del payload
        return office.ils

    found = Action(FOUND, FoundOrder, work.may_find, work.find, work.is_found, system=system)
    return desk_area(AREA, *loan_actions(office), found)


class _Finding:
    """Finding a claimed item: its check-in, the cancellations, and the end of the claim, each done once."""

    def __init__(self, office: LoansOffice, fees: Fees | None) -> None:
        self._office = office
        self._fees = fees

    def may_find(self, order: FoundOrder, step: Step) -> Decision:
        del step
        ruling = self._office.ruling()
        return may_end(self._claim(order), ClaimEvent.FOUND_ON_SHELF, version=ruling.version)

    def find(self, order: FoundOrder, key: str) -> Answer:
        back = self._office.loans.check_in(order.item, order.at, key=key, shelf_until=order.shelf_until)
        found = evolve(self._cancelled(order, key), check_in=back)
        end_claim(self._office, order.loan, ClaimEvent.FOUND_ON_SHELF)
        return answered(found)

    def is_found(self, order: FoundOrder, record: StepRecord) -> ReadBack:
        """Whether all of it is done: the check-in alone is not, so that the same key finishes the rest."""
        del record
        claim = self._claim(order)
        return ReadBack.DONE if claim is not None and claim.state is ClaimState.FOUND else ReadBack.NOT_DONE

    def _claim(self, order: FoundOrder) -> Claim | None:
        return stored_claim(self._office.store, order.loan)

    def _cancelled(self, order: FoundOrder, key: str) -> Found:
        seen = CheckIn(self._office.loans.get(order.item))
        standings = self._owed(order)
        if standings is None:
            return Found(seen, account_read=False)
        done: list[ChargeId] = []
        left: list[ChargeId] = []
        for one in standings:
            charge = one.charge.id
            (done if self._cancel(charge, f"{key}-{charge.local}") else left).append(charge)
        return Found(seen, tuple(done), tuple(left))

    def _owed(self, order: FoundOrder) -> tuple[Standing, ...] | None:
        if self._fees is None or order.patron is None:
            return None
        known = self._office.patron(order.patron)  # the record may have been merged into another one since
        try:
            account = self._fees.account(order.patron if known is None else known.id)
        except (NotFound, UnsupportedOperation):
            return None
        return never_owed(account, order.item)

    def _cancel(self, charge: ChargeId, key: str) -> bool:
        assert self._fees is not None  # noqa: S101 - there was an account
        try:
            self._fees.cancel(charge, key=key, reason=CANCELLED_FOR)
        except (Rejected, UnsupportedOperation):
            return False
        return True
