"""The port Loans over SIP2: 17 reads an item, 63 lists what a patron has, 11, 09 and 29 lend, take back and renew.

The system gives the due date: SIP2 has no field in which a terminal on line could ask for one. After a
write the item is read again, and what does not show is not told as done. A write without an answer is
looked for once and is never sent again: what shows is told, and the rest is OutcomeUnknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar

from attrs import evolve, frozen

from scld_adapters._shared.faults import Call
from scld_adapters._shared.keys import Keys
from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.mapping import fee_asked, to_circulation, to_code, to_location, why_refused
from scld_adapters.sip2.messages import Message, make
from scld_adapters.sip2.terminal import CHARGED, Terminal
from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.errors import NotFound, OutcomeUnknown, Rejected, UnsupportedOperation
from scld_core.kernel.decision import Answers, Question, Unanswered
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.page import Page

__all__ = ["FEE", "NOT_DONE", "Sip2Loans"]

T = TypeVar("T")

FEE = "fee"
"""The code of the question whether the patron accepts a fee."""

NOT_DONE = "; what was read since does not show it"


@frozen
class Sip2Loans:
    """The loans of one system. A loan has its item's id, since SIP2 gives it none."""

    terminal: Terminal
    keys: Keys

    @property
    def live(self) -> bool:
        """Yes: each call asks the system."""
        return True

    # --- reads ---

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now; with the patron, where this process saw who has it and the system confirms it."""
        call = self.terminal.call("get")
        return self._seen(item, self.terminal.ours(item, call), call)

    def _seen(self, item: ItemId, barcode: str, call: Call) -> Circulation:
        found = self._told(item, barcode, call)
        if found is None:
            raise call.error(NotFound, "the system does not know this item")
        return found

    def _told(self, item: ItemId, barcode: str, call: Call) -> Circulation | None:
        """The item with its borrower, where that is known and still so."""
        found, card = self._find(item, barcode, call), self.terminal.borrowers.get(barcode)
        if found is None or found.loan is None or card is None:
            return found
        if not self._has(card, barcode):
            self.terminal.borrowers.pop(barcode, None)
            return found
        return evolve(found, loan=evolve(found.loan, patron=PatronId(self.terminal.name, card)))

    def _has(self, card: str, barcode: str) -> bool:
        """Whether the patron's list proves that the patron has an item."""
        return bool(self.terminal.quietly(lambda: barcode in self._charged(card, self.terminal.call("get"))))

    def _find(self, item: ItemId, barcode: str, call: Call) -> Circulation | None:
        at = self.terminal.moment()
        answer = self.terminal.find_item(barcode, call)
        if answer is None:
            return None
        with self.terminal.reading(call):
            return to_circulation(answer, item, self.terminal.zone, at=at)

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Each of the items that the system knows, asked for one by one."""
        call, at = self.terminal.call("iter_items"), self.terminal.moment()
        asked = dict.fromkeys((item, self.terminal.ours(item, call)) for item in items)
        found = (self._told(item, barcode, call) for item, barcode in asked)
        rows = tuple(row for row in found if row is not None)
        yield Page(rows, at, last=True)

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """The patron's open loans, the first due first: the list of 63, and each item of it by 17."""
        call, at = self.terminal.call("of_patron"), self.terminal.moment()
        card = self.terminal.ours(patron, call)
        loans = [self._loan_of(patron, barcode, call) for barcode in self._charged(card, call)]
        for loan in loans:
            self.terminal.remember(loan.item.local, card)
        rows = tuple(sorted(loans, key=lambda loan: (loan.due_at, loan.item)))
        yield Page(rows, at, last=True, total=len(rows))

    def _charged(self, card: str, call: Call) -> tuple[str, ...]:
        return self.terminal.listed(
            card, call, summary=CHARGED, count=lambda said: said.charged, lines=lambda said: said.charged_lines
        )

    def _loan_of(self, patron: PatronId, barcode: str, call: Call) -> Loan:
        item = ItemId(self.terminal.name, barcode)
        found = self._find(item, barcode, call)
        if found is None or found.loan is None:
            # returned between the two requests, or lent without a due date: a list with a hole is no list
            raise call.lost("an item is on the patron's list, and the system shows no loan of it")
        return evolve(found.loan, patron=patron)

    # --- lending ---

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Lend an item until the date that the system gives; or the fee that has to be accepted first."""
        terminal, call = self.terminal, self.terminal.call("check_out", key)
        card, barcode = terminal.ours(request.patron, call), terminal.ours(request.item, call)
        with terminal.writing:
            before = self.keys.done(Loan, key, "check_out", request)
            if before is not None:
                return self._surely_lent_to(request.item, card) or before
            self._may_lend(request, card, barcode, call)
            asked = make(
                "11",
                sc_renewal_policy="N",
                no_block="N",
                transaction_date=terminal.now,
                nb_due_date=terminal.now,  # means nothing on line, and strict servers want a date
                institution_id=terminal.settings.institution,
                patron_identifier=card,
                item_identifier=barcode,
                terminal_password=terminal.password,
                fee_acknowledged=_accepted(answers),
                cancel="N",
            )
            terminal.remember(barcode, card)
            try:
                refused = self._asked(asked, call, answers, AA=card, AB=barcode)
            except OutcomeUnknown as lost:
                return self._after(lost, lambda: self._surely_lent_to(request.item, card), "check_out", request)
            if refused is not None:
                return refused
            lent = self._shown(lambda: self._lent_to(request.item, card), call)
            return self.keys.keep(key, "check_out", request, result=lent)

    def _may_lend(self, request: CheckOutRequest, card: str, barcode: str, call: Call) -> None:
        """Refuse what the system would let through: some renew where an item is lent to the same patron again."""
        reading = self.terminal.call("check_out")
        facts = self.terminal.facts(self.terminal.patron(card, reading, summary=CHARGED), reading)
        seen = self._seen(request.item, barcode, reading)
        if seen.loan is not None or seen.state is ItemState.ON_LOAN:
            raise call.error(Rejected, "the item is on loan")
        if request.due_at is not None and request.due_at <= self.terminal.clock.now():
            raise call.error(Rejected, "the due date is past")
        if request.at_most is not None and facts.charged is not None and facts.charged >= request.at_most:
            raise call.error(Rejected, f"the patron has {facts.charged} items; {request.at_most} are permitted")

    def _surely_lent_to(self, item: ItemId, card: str) -> Loan | None:
        """The open loan, if the patron's own list has the item."""
        return self._lent_to(item, card) if self._has(card, item.local) else None

    def _lent_to(self, item: ItemId, card: str) -> Loan | None:
        """The open loan of an item that the system says to have lent to this patron."""
        reading = self.terminal.call("get")
        seen = self._find(item, item.local, reading)
        if seen is None or seen.open_loan is None:
            return None
        return evolve(seen.open_loan, patron=PatronId(self.terminal.name, card))

    # --- taking back ---

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back; which hold it is set aside for SIP2 does not say, only where it has to go.

        The ILS counts the days on the hold shelf itself: `shelf_until` is not sent.
        """
        terminal, call = self.terminal, self.terminal.call("check_in", key)
        barcode = terminal.ours(item, call)
        with terminal.writing:
            before = self.keys.done(CheckIn, key, "check_in", item, at, shelf_until)
            if before is not None:
                return evolve(before, circulation=self.get(item))
            ended = self._seen(item, barcode, terminal.call("check_in")).open_loan
            request = make(
                "09",
                no_block="N",
                transaction_date=terminal.now,
                return_date=terminal.now,
                current_location=to_code(at, terminal.settings),
                institution_id=terminal.settings.institution,
                item_identifier=barcode,
                terminal_password=terminal.password,
                cancel="N",
            )
            try:
                answer = self._answer(request, call, AB=barcode)
            except OutcomeUnknown as lost:
                return self._after(lost, lambda: self._back(item, ended, None), "check_in", item, at, shelf_until)
            if answer.text("ok") != "1":
                raise call.error(Rejected, f"the system does not take it back: {why_refused(answer.values('AF'))}")
            to = to_location(answer.text("CT"), terminal.settings)
            back = self._shown(lambda: self._back(item, ended, None if to == at else to), call)
            terminal.borrowers.pop(barcode, None)
            return self.keys.keep(key, "check_in", item, at, shelf_until, result=back)

    def _back(self, item: ItemId, ended: Loan | None, to: LocationId | None) -> CheckIn | None:
        seen = self._find(item, item.local, self.terminal.call("get"))
        if seen is None or seen.open_loan is not None or seen.state is ItemState.ON_LOAN:
            return None
        loan = None if ended is None else evolve(ended, returned_at=self.terminal.clock.now())
        return CheckIn(seen, loan, None, to)

    # --- renewing ---

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Renew until the date that the system gives.

        A renewal needs the borrower's card, which SIP2 does not tell: Rejected for an item that was not
        lent or listed by `of_patron` in this process.
        """
        terminal, call = self.terminal, self.terminal.call("renew", key)
        barcode = terminal.ours(item, call)
        with terminal.writing:
            known = self.keys.done(Loan, key, "renew", item, due_at)
            if known is not None:
                return self._seen(item, barcode, terminal.call("renew")).open_loan or known
            before = self._may_renew(item, barcode, due_at, call)
            card = before.patron.local if before.patron is not None else ""
            request = make(
                "29",
                third_party_allowed="N",
                no_block="N",
                transaction_date=terminal.now,
                nb_due_date=terminal.now,
                institution_id=terminal.settings.institution,
                patron_identifier=card,
                item_identifier=barcode,
                terminal_password=terminal.password,
                fee_acknowledged=_accepted(answers),
            )
            try:
                refused = self._asked(request, call, answers, AA=card, AB=barcode)
            except OutcomeUnknown as lost:
                return self._after(lost, lambda: self._renewed(item, card, before), "renew", item, due_at)
            if refused is not None:
                return refused
            loan = self._shown(lambda: self._renewed(item, card, before), call)
            return self.keys.keep(key, "renew", item, due_at, result=loan)

    def _may_renew(self, item: ItemId, barcode: str, due_at: datetime | None, call: Call) -> Loan:
        seen = self._seen(item, barcode, self.terminal.call("renew"))
        if seen.open_loan is None or seen.state is not ItemState.ON_LOAN:
            raise call.error(Rejected, "the item is not on loan")
        if due_at is not None and due_at <= seen.open_loan.due_at:
            raise call.error(Rejected, "the new due date is not later than the present one")
        if seen.open_loan.patron is None:
            raise call.error(Rejected, "SIP2 renews for a card, and does not tell whose loan it is: list the patron's")
        return seen.open_loan

    def _renewed(self, item: ItemId, card: str, before: Loan) -> Loan | None:
        lent = self._lent_to(item, card)
        return lent if lent is not None and lent.due_at > before.due_at else None

    # --- one write ---

    def _answer(self, request: Message, call: Call, **asked: str) -> Message:
        answer = self.terminal.client.ask(request, operation=call.operation, key=call.key or "")
        self.terminal.same(answer, call, **asked)
        return answer

    def _asked(self, request: Message, call: Call, answers: Answers | None, **asked: str) -> Unanswered | None:
        """What has to be answered first; None once it is done. Rejected for a refusal."""
        answer = self._answer(request, call, **asked)
        if answer.text("ok") == "1":
            return None
        with self.terminal.reading(call):
            fee = fee_asked(answer)
        if fee is not None and answers is None:
            return Unanswered((Question(FEE, f"A fee of {fee} is charged for this. Is it accepted?"),))
        raise call.error(Rejected, f"the system refuses: {why_refused(answer.values('AF'))}")

    def _shown(self, look: Callable[[], T | None], call: Call) -> T:
        """What the second look shows of a write that was answered as done."""
        seen = self.terminal.quietly(look)
        if seen is None:
            raise call.lost("the system answered that it is done" + NOT_DONE)
        return seen

    def _after(self, lost: OutcomeUnknown, look: Callable[[], T | None], *asked: Any) -> T:
        """What one look shows of a write without an answer."""
        seen = self.terminal.quietly(look)
        if seen is None:
            raise OutcomeUnknown(lost.backend, lost.operation, lost.problem + NOT_DONE, lost.key) from None
        operation, *rest = asked
        return self.keys.keep(lost.key, operation, *rest, result=seen)

    # --- what SIP2 has no message for ---

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Raises UnsupportedOperation."""
        del at
        self._unsupported("iter_overdue", "overdue_list")

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Raises UnsupportedOperation."""
        del item, key
        self._unsupported("claim_returned", "claim")

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Raises UnsupportedOperation."""
        del item, state, key
        self._unsupported("declare", "declare")

    def _unsupported(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self.terminal.name, operation, NOT_IN_SIP2[why])


def _accepted(answers: Answers | None) -> str:
    return "Y" if answers is not None and dict(answers.given).get(FEE) == "yes" else "N"
