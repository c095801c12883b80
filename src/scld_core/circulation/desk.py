"""The loans desk: lending, taking back, renewing, what is lost and what is overdue."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from scld_core.circulation.actions import (
    CHECK_IN,
    CHECK_OUT,
    DECLARE,
    RENEW,
    BackOrder,
    DeclareOrder,
    LoanOrder,
    RenewOrder,
)
from scld_core.circulation.claims import Claim, due_search
from scld_core.circulation.decide import (
    decide_check_in,
    decide_check_out,
    decide_lost,
    decide_renew,
    open_loans,
    records_of,
)
from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.office import LoansOffice
from scld_core.circulation.overdue import OverdueList, Standing, compile_overdue
from scld_core.circulation.records import stored_claims
from scld_core.errors import BadInput
from scld_core.kernel.barcode import read_scan, unknown_item
from scld_core.kernel.decision import Answers, Decision
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.patrons.lookup import whose
from scld_core.runs.guards import take_snapshot
from scld_core.runs.one_step import Outcome, Write, Writer

__all__ = ["CirculationDesk"]


@frozen
class CirculationDesk:
    """Decides with every reason, and does what is permitted.

    An item is given by its record id (``main:i1001``), which may be text, or by its barcode as it was
    scanned; a patron by record id, or by the card as it was scanned; a library by its short name. Where the
    ILS asks something first, `decision` has the questions: call again with `answers`. `cause` names a request,
    such as a form's number: the same one is carried out once. NotFound is raised for an item or patron that
    the ILS does not know, and the other faults of a system while the facts are read; what happens from there
    on is in the Outcome.
    """

    office: LoansOffice
    writer: Writer

    def loans_of(self, patron: PatronId | str) -> tuple[Loan, ...]:
        """The patron's open loans, the first due first."""
        return open_loans(self.office, self._patron(patron))

    def look(self, item: ItemId | str) -> Circulation:
        """Where an item stands now."""
        return self.office.loans.get(self._item(item))

    def may_check_out(
        self, patron: PatronId | str, item: ItemId | str, *, at: LocationId | str | None = None
    ) -> Decision:
        """Whether a patron may borrow an item; nothing is done."""
        return decide_check_out(self.office, self._request(patron, item, at))[0]

    def may_renew(self, item: ItemId | str) -> Decision:
        """Whether a loan may be renewed; nothing is done."""
        return decide_renew(self.office, self._item(item))[0]

    def check_out(
        self,
        patron: PatronId | str,
        item: ItemId | str,
        *,
        at: LocationId | str | None = None,
        answers: Answers | None = None,
        cause: str = "",
    ) -> Outcome[Loan]:
        """Lend an item to a patron until the day that the policy gives."""
        request = self._request(patron, item, at)
        decision, due = decide_check_out(self.office, request)
        if due is None or not decision.permitted:
            return Outcome(None, decision)
        ruling = self.office.ruling()
        lent = CheckOutRequest(
            patron=request.patron,
            item=request.item,
            due_at=ruling.calendar.end_of_business_day(due),
            at=request.at,
            at_most=ruling.policy.max_items_out,
        )
        order, asks = LoanOrder(lent, answers), (request.patron, request.at)
        write = Write(CHECK_OUT, order, str(request.item), _label("lend", request.item), cause, asks)
        return self.writer.carry_out(write, gives=Loan, read=lambda _: self._open_loan(request.item), decision=decision)

    def check_in(self, item: ItemId | str, at: LocationId | str, *, cause: str = "") -> Outcome[CheckIn]:
        """Take an item back at a library, and say where it has to go; a claim about its loan ends with it."""
        found = self._item(item)
        lent = self.office.loans.get(found).open_loan
        library = self._library(at)
        order = BackOrder(found, library, None if lent is None else lent.id, self.office.shelf_until(library))
        write = Write(CHECK_IN, order, str(found), _label("take back", found), cause, (order.at,))
        decision = decide_check_in(self.office, found)
        return self.writer.carry_out(
            write, gives=CheckIn, read=lambda _: CheckIn(self.office.loans.get(found)), decision=decision
        )

    def renew(self, item: ItemId | str, *, answers: Answers | None = None, cause: str = "") -> Outcome[Loan]:
        """Renew a loan until the day that the policy gives."""
        found = self._item(item)
        decision, lent, due = decide_renew(self.office, found)
        if lent is None or due is None or not decision.permitted:
            return Outcome(None, decision)
        order = RenewOrder(found, lent.id, lent.due_at, self.office.ruling().calendar.end_of_business_day(due), answers)
        write = Write(RENEW, order, str(found), _label("renew", found), cause)
        return self.writer.carry_out(write, gives=Loan, read=lambda _: self._open_loan(found), decision=decision)

    def lost(self, item: ItemId | str, *, reported: bool = False) -> Outcome[Circulation]:
        """Declare an item lost that is overdue long enough, or that the patron reports as lost."""
        found = self._item(item)
        decision, lent = decide_lost(self.office, found, reported=reported)
        order = DeclareOrder(found, ItemState.LOST, None if lent is None else lent.id)
        return self._declare(order, decision)

    def overdue(self, homes: Iterable[tuple[ItemId, LocationId]] | None = None) -> OverdueList:
        """Everything that is overdue now, by library and patron.

        `homes` tells the items' libraries in place of the catalogue. Raises SnapshotRefused for a list that
        breaks off: what is missing may be anybody's.
        """
        ruling, office = self.office.ruling(), self.office
        port = office.loans
        late = port.iter_overdue(ruling.now)
        loans = take_snapshot("the overdue loans", late, lambda loan: loan.id, live=port.live).rows
        items = [loan.item for loan in loans]
        seen = {row.item: row for page in port.iter_items(items) for row in page.rows}
        known = dict(homes or ())
        for item in items:
            home = None if item in known else office.item(item).home
            known |= {} if home is None else {item: home}
        return compile_overdue(
            loans, ruling.now, ruling.calendar, ruling.policy, seen=seen, homes=known, claims=self.claims()
        )

    def to_declare(self) -> tuple[ItemId, ...]:
        """The items that are overdue long enough to be declared lost; none with an open claim."""
        return tuple(row.item for row in self.overdue().rows if row.standing is Standing.TO_DECLARE)

    def claims(self, patron: PatronId | str | None = None) -> tuple[Claim, ...]:
        """Every claim there ever was, or those of a patron's records."""
        found = stored_claims(self.office.store)
        if patron is None:
            return found
        mine = records_of(self.office, self._patron(patron))
        return tuple(claim for claim in found if claim.patron in mine)

    def searches(self) -> tuple[Claim, ...]:
        """The claims for which the shelves are searched today, the longest due first."""
        return due_search(self.claims(), self.office.ruling().today)

    def _declare(self, order: DeclareOrder, decision: Decision) -> Outcome[Circulation]:
        write = Write(DECLARE, order, str(order.item), _label(f"declare {order.state.value}", order.item))
        return self.writer.carry_out(
            write, gives=Circulation, read=lambda _: self.office.loans.get(order.item), decision=decision
        )

    def _open_loan(self, item: ItemId) -> Loan | None:
        return self.office.loans.get(item).open_loan

    def _request(self, patron: PatronId | str, item: ItemId | str, at: LocationId | str | None) -> CheckOutRequest:
        who = self._patron(patron)
        return CheckOutRequest(patron=who, item=self._item(item), at=None if at is None else self._library(at))

    def _patron(self, patron: PatronId | str) -> PatronId:
        """The record that is meant; of one that was merged away, the one that is left."""
        given = whose(patron, self.office.find_patron)
        known = self.office.patron(given)
        return given if known is None else known.id

    def _item(self, item: ItemId | str) -> ItemId:
        """The item of a record id, or of a barcode; BadInput for text that is neither."""
        if not isinstance(item, str) or ":" in item:
            return ItemId.of(item)
        number = read_scan(item).number
        found = self.office.find_item(number)
        if found is None:
            raise BadInput("the scan", unknown_item(number), "Scan it again, or give its record id")
        return found

    def _library(self, at: LocationId | str) -> LocationId:
        """A library that the ILS has; BadInput for another."""
        found = LocationId.of(at)
        if not self.office.is_library(found):
            raise BadInput(str(found), "is no library of the ILS", "Give a short name of the catalogue's libraries")
        return found


def _label(what: str, item: ItemId) -> str:
    return f"{what} {item}"
