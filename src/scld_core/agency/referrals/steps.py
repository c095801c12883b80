"""The area's plan: fee, flag and block where a receipt asks for them, then files, then what follows from these.

What follows from a file that is sent in the same run is planned with it, and each of these steps is
refused before anything is done unless the receipt is there by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.agency.referral import EffectKind
from scld_core.agency.referrals.batch import AREA, SEND, Batch, Lane, SendOrder
from scld_core.agency.referrals.choose import Draft, choose_new, choose_update
from scld_core.agency.referrals.effects import ACTIONS, EffectOrder, observed, owed_orders, refundable
from scld_core.agency.referrals.facts import Reader
from scld_core.agency.referrals.office import Office, Terms
from scld_core.agency.referrals.records import Book, Receipt, read_book
from scld_core.kernel.decision import Reason
from scld_core.runs.model import (
    UNRESOLVED,
    AreaPlan,
    Evidence,
    ExceptionItem,
    Facts,
    Risk,
    Step,
    StepRecord,
    StepState,
    Waiting,
    Withdrawal,
)
from scld_core.runs.waiting import waiting_of

__all__ = ["charged_by", "look", "plan_referrals", "send_step"]

_AGAIN = "~"  # between what an effect answers and how often it was done before


def look(office: Office, terms: Terms, *, only: Collection[str] | None = None) -> tuple[Book, Reader]:
    """What is kept and what the ILS shows, of these record numbers or of all; nothing is written."""
    reader = Reader.of(office, terms)
    with office.store.transaction() as unit:
        book = read_book(unit, office)
    return observed(book, reader, only=only), reader


def charged_by(records: Iterable[StepRecord]) -> frozenset[str]:
    """Referrals whose fee was charged by a step that has its receipt."""
    action = ACTIONS[EffectKind.CHARGE_FEE]
    return frozenset(r.step.subject for r in records if r.step.action == action and r.state is StepState.APPLIED)


def plan_referrals(office: Office, records: tuple[StepRecord, ...]) -> AreaPlan:
    """Today's files, what they lead to, and what is for a person; raises StaleFacts as reading does."""
    terms = office.terms()
    book, reader = look(office, terms)
    day = _Day(office, terms, book, reader, {record.step.id: record for record in records})
    now = day.effects(book, records)
    for lane, draft in ((Lane.NEW, choose_new(book, reader)), (Lane.UPDATE, choose_update(book, reader))):
        day.lane(lane, draft)
    day.effects(day.expected(), records, but=now)
    return AreaPlan(
        AREA,
        tuple(day.steps),
        tuple(day.waiting),
        tuple(sorted(day.exceptions, key=lambda row: (row.code, row.subject))),
        tuple(day.notes),
        tuple(day.withdrawals),
        _facts(office, reader),
        sum(one.is_open for one in book.episodes.values() if one.agency == office.agency),
    )


def _facts(office: Office, reader: Reader) -> tuple[Facts, ...]:
    read = reader.read
    as_of = min((seen.account.as_of for seen in read), default=reader.terms.now)
    return (Facts(f"{office.ils} accounts", as_of, len(read), office.fees.live),)


def send_step(order: SendOrder, terms: Terms) -> Step:
    """The step that sends a file: the same for the same order, so that a yes to it lasts."""
    rows = len(order.lines)
    new = order.lane is Lane.NEW
    return Step(
        action=SEND,
        subject=order.subject,
        cause=order.cause,
        area=AREA,
        business_day=order.day,
        payload=codecs.dump(order),
        label=f"{order.subject} of {order.day}: {rows} rows",
        reasons=(Reason(f"{order.lane.value}_file", (("rows", str(rows)), ("total", str(order.total))), "agency"),),
        evidence=tuple(
            Evidence("notices", f"{line.referral}: {', '.join(map(str, line.notices))}", terms.now)
            for line in order.lines
            if line.notices
        ),
        risk=Risk.RISKY if new else Risk.ROUTINE,
        needs_approval=new and rows > terms.limits.max_batch_count,
    )


@frozen
class _Day:
    """The plan in the making."""

    office: Office
    terms: Terms
    book: Book
    reader: Reader
    past: Mapping[str, StepRecord]
    steps: list[Step] = field(factory=list[Step])
    waiting: list[Waiting] = field(factory=list[Waiting])
    exceptions: list[ExceptionItem] = field(factory=list[ExceptionItem])
    notes: list[ExceptionItem] = field(factory=list[ExceptionItem])
    withdrawals: list[Withdrawal] = field(factory=list[Withdrawal])
    drafts: list[Draft] = field(factory=list[Draft])
    kept: list[SendOrder] = field(factory=list[SendOrder])

    # files

    def lane(self, lane: Lane, draft: Draft) -> None:
        """The file of one kind: one under way goes before a new one."""
        self.exceptions.extend(draft.by_hand)
        last = self.book.last(lane)
        if last is not None and last.key not in self.book.receipts:
            self._under_way(last)
            return
        record = self.past.get(draft.order.step)
        if record is not None and record.state in UNRESOLVED:
            self._asked(record, draft)
        elif self._due(lane, draft, last):
            self._send(draft)

    def _due(self, lane: Lane, draft: Draft, last: Batch | None) -> bool:
        """A file a day at most; what comes up after it goes with the next."""
        today = self.terms.day
        if last is not None and last.order.day == today:
            self._tomorrow(draft)
            return False
        sends = lane is Lane.UPDATE or self.terms.policy.sends_on(today)
        return sends and bool(draft.order.lines or self.office.send_empty)

    def _tomorrow(self, draft: Draft) -> None:
        if rows := len(draft.order.lines):
            what = f"{rows} rows came up after today's file and go with the next one."
            self.notes.append(ExceptionItem(AREA, "next_file", draft.order.subject, what, "Nothing to do."))

    def _send(self, draft: Draft) -> None:
        step = send_step(draft.order, self.terms)
        self.steps.append(step)
        if not (step.needs_approval or self.office.by_hand):
            self.drafts.append(draft)

    def _asked(self, record: StepRecord, draft: Draft) -> None:
        """Not kept yet: it waits for a yes, or for reading back."""
        if record.state is not StepState.AWAITING_APPROVAL:
            self.waiting.append(waiting_of(record))
            return
        if not draft.order.lines:
            self.withdrawals.append(Withdrawal(record.step.id, "nobody is to be referred now", record.step.label))
            return
        step = send_step(evolve(draft.order, day=record.step.business_day), self.terms)
        if step.digest == record.step.digest and not record.approved:
            self.waiting.append(waiting_of(record))
        else:
            self.steps.append(step)

    def _under_way(self, batch: Batch) -> None:
        """A file that is kept and has no receipt: the same bytes once more, or it waits."""
        record = self.past.get(batch.order.step)
        if record is not None and record.state in UNRESOLVED:
            self.waiting.append(waiting_of(record))
            return
        self.steps.append(evolve(send_step(batch.order, self.terms), needs_approval=False))
        if not self.office.by_hand:
            self.kept.append(batch.order)

    # fee, flag and block

    def effects(
        self, book: Book, records: tuple[StepRecord, ...], *, but: Collection[tuple[EffectKind, str]] = ()
    ) -> set[tuple[EffectKind, str]]:
        """What is owed in the ILS by the receipts in the book, `but` what stands in the plan already."""
        charged = charged_by(records)
        past: dict[tuple[str, str], list[StepRecord]] = defaultdict(list)
        for record in records:
            past[record.step.action, record.step.subject].append(record)
        found: set[tuple[EffectKind, str]] = set()
        for order in owed_orders(book, self.reader, charged):
            if (order.kind, order.referral) not in but:
                found.add((order.kind, order.referral))
                self._effect(order, past[ACTIONS[order.kind], order.referral])
        return found

    def expected(self) -> Book:
        """The book with the receipts that this run should bring."""
        book = self.book
        receipt = Receipt(self.terms.now, self.office.actor.id, "the file of this run")
        for draft in self.drafts:
            book = book.having(draft.queued(book, self.reader, receipt).values())
            book = book.told(draft.order, receipt, settles=self.office.receipt_settles)
        for order in self.kept:
            book = book.told(order, receipt, settles=self.office.receipt_settles)
        return book

    def _effect(self, order: EffectOrder, past: list[StepRecord]) -> None:
        seen = self.reader.owned(order.patron)
        if order.kind is EffectKind.REVERSE_FEE and not refundable(seen.account, order.referral):
            self.exceptions.append(_fee_was_paid(order))
            return
        shown_at = min(seen.account.as_of, seen.patron.as_of)
        done = [r for r in past if r.state is StepState.APPLIED and r.step.cause.partition(_AGAIN)[0] == order.key]
        open_ = [r for r in past if r.state in UNRESOLVED]
        unseen = [r for r in done if r.updated_at >= shown_at and not self.office.fees.live]
        if open_ or unseen:
            found = waiting_of((open_ or unseen)[-1])
            self.waiting.append(found if open_ else evolve(found, on="ils-snapshot"))
            return
        self.steps.append(_effect_step(order, self.terms, len(done)))


def _effect_step(order: EffectOrder, terms: Terms, done: int) -> Step:
    """Routine, however many: who is referred was decided with the file."""
    params = () if order.amount is None else (("amount", str(order.amount)),)
    return Step(
        action=ACTIONS[order.kind],
        subject=order.referral,
        cause=f"{order.key}{_AGAIN}{done}" if done else order.key,
        area=AREA,
        business_day=terms.day,
        payload=codecs.dump(order),
        label=order.referral,
        reasons=(Reason(f"referral_{order.kind.value}", params, "agency", terms.version),),
    )


def _fee_was_paid(order: EffectOrder) -> ExceptionItem:
    what = "The referral was taken back, and something of its fee was paid or waived, so it cannot be cancelled."
    return ExceptionItem(AREA, "fee_was_paid", order.referral, what, "Ask Finance for a refund of what was paid.")
