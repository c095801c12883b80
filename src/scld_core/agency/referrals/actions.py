"""What the area can do: send one file, and show one referral in the ILS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from scld_core.agency.referral import Episode
from scld_core.agency.referrals.batch import AREA, SEND, Batch, Lane, SendOrder, encode
from scld_core.agency.referrals.choose import Draft, choose_new, choose_update
from scld_core.agency.referrals.effects import ACTIONS, EffectOrder, carry_out, found_done, owed_orders
from scld_core.agency.referrals.facts import Reader
from scld_core.agency.referrals.office import Office
from scld_core.agency.referrals.records import Book, Receipt, content_of, keep_batch, read_book, witnessed, write_down
from scld_core.agency.referrals.steps import charged_by, look
from scld_core.errors import BadInput, Conflict, UnsupportedOperation
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Action
from scld_core.runs.model import Answer, JournalEntry, ReadBack, Step, StepRecord, StepState

__all__ = ["referral_actions"]


@frozen
class _Drafted:
    """A file that was just found to be as it was planned."""

    draft: Draft
    book: Book
    reader: Reader


@frozen
class _Doer:
    office: Office
    drafted: dict[str, _Drafted] = field(factory=dict[str, _Drafted])

    # files

    def still_asked(self, order: SendOrder, step: Step) -> Decision:
        """Whether the file is the one that is kept, or would be made the same now.

        A file that is kept may have left the house: it is sent again as it is, whatever has happened since.
        """
        del step
        book, reader = look(self.office, self.office.terms(), only=[line.patron for line in order.lines])
        kept = book.find(order)
        if kept is not None:
            same = kept.order == order
            return permit(Reason("kept")) if same else deny(Reason("other_file", (("file", str(kept.number)),)))
        last = book.last(order.lane)
        if (0 if last is None else last.number) != order.after:
            return deny(Reason("not_next"))
        draft = _draft(order, book, reader)
        if draft.order.lines != order.lines:
            return deny(Reason("accounts_changed", (("rows", str(len(draft.order.lines))),), "agency"))
        found = _Drafted(draft, book, reader)
        try:
            self._encoded(order, found, self.office.clock.now())
        except BadInput as problem:  # the layout cannot carry a row: nothing is kept, and the next run tries again
            return deny(Reason("cannot_be_written", (("why", str(problem)),)))
        self.drafted[order.step] = found
        return permit(Reason("owed", (("rows", str(len(order.lines))),), "agency", reader.terms.version))

    def send(self, order: SendOrder, key: str) -> Answer:
        """Keep the file unless it is, then deliver the bytes that are kept."""
        batch = self._kept(order)
        return self.office.channel.deliver(batch.parcel(content_of(self.office.store, batch)), key=key)

    def _kept(self, order: SendOrder) -> Batch:
        found = self.drafted.pop(order.step, None)
        if found is not None:
            return self._keep(order, found)
        with self.office.store.transaction() as unit:
            batch = read_book(unit, self.office).find(order)
        if batch is None:
            raise Conflict(self.office.agency, "deliver", "the file was not rechecked right before")
        return batch

    def _keep(self, order: SendOrder, found: _Drafted) -> Batch:
        """File, bytes, histories and the journal's line in one transaction; nothing has left by then."""
        office, now = self.office, self.office.clock.now()
        batch, content = self._encoded(order, found, now)
        receipt = Receipt(now, office.actor.id, batch.evidence)
        queued = found.draft.queued(found.book, found.reader, receipt)
        with office.store.transaction() as unit:
            keep_batch(unit, batch, content)
            write_down(unit, office, found.book, queued.values())
            detail = f"{batch.manifest.rows} rows, {batch.manifest.total}, sha256 {batch.manifest.sha256}"
            unit.journal.append(
                JournalEntry(now, office.actor.id, "agency.file.kept", batch.key, step=order.step, detail=detail)
            )
        return batch

    def _encoded(self, order: SendOrder, found: _Drafted, at: datetime) -> tuple[Batch, bytes]:
        office, number = self.office, found.book.next_number
        rows = found.draft.rows(found.reader)
        return encode(
            order, rows, office.dialect(order.lane), number=number, code=office.code, at=at, by=office.actor.id
        )

    def delivered(self, order: SendOrder, record: StepRecord) -> ReadBack:
        """What became of a file: by what a person has seen, else by what the channel says.

        One that was not kept cannot have left.
        """
        office = self.office
        with office.store.transaction() as unit:
            batch = read_book(unit, office).find(order)
            seen = None if batch is None else witnessed(unit, batch)
        if batch is None:
            return ReadBack.NOT_DONE
        if seen is not None and seen.at >= record.attempts[-1]:  # found out since it was last sent
            return ReadBack.DONE if seen.arrived else ReadBack.NOT_DONE
        if office.by_hand:
            return ReadBack.UNKNOWN if record.state is StepState.WAITING_OPERATOR else ReadBack.NOT_DONE
        try:
            return office.channel.delivered(batch.parcel(content_of(office.store, batch)))
        except UnsupportedOperation:
            return ReadBack.UNKNOWN

    # fee, flag and block

    def still_owed(self, order: EffectOrder, step: Step) -> Decision:
        """Whether the receipt is there and the ILS does not show it yet."""
        del step
        book, reader = look(self.office, self.office.terms(), only=[order.patron])
        episode = book.episodes.get(order.referral)
        if episode is None or not episode.delivered:
            return deny(Reason("no_receipt"))
        with self.office.store.transaction() as unit:
            charged = charged_by(unit.steps.history(AREA, EPOCH))
        if order not in owed_orders(book, reader, charged, only=order.patron):
            return deny(Reason("not_owed"))
        return permit(Reason("receipt", (("referral", order.referral),), "agency", reader.terms.version))

    def post(self, order: EffectOrder, key: str) -> Answer:
        """To the ILS, with the history that asks for it written down first."""
        return carry_out(self.office, order, self._written(order), key)

    def _written(self, order: EffectOrder) -> Episode:
        book, _ = look(self.office, self.office.terms(), only=[order.patron])
        with self.office.store.transaction() as unit:
            write_down(unit, self.office, book)
        return book.episodes[order.referral]

    def posted(self, order: EffectOrder, record: StepRecord) -> ReadBack:
        """What the ILS shows of an order that was sent."""
        del record
        return found_done(self.office, order)


def _draft(order: SendOrder, book: Book, reader: Reader) -> Draft:
    if order.lane is Lane.NEW:
        return choose_new(
            book, reader, only={number for line in order.lines for number in (line.patron, *line.identifiers)}
        )
    return choose_update(book, reader, only=[line.referral for line in order.lines])


Referrals = Action[SendOrder] | Action[EffectOrder]


def referral_actions(office: Office) -> tuple[Referrals, ...]:
    """One action for files, and one for each effect in the ILS; none has an inverse.

    What was told is taken back by telling it: `ReferralDesk.take_back`.
    """
    doer = _Doer(office)
    effect: Callable[[str], Action[EffectOrder]] = lambda name: Action(  # noqa: E731
        name, EffectOrder, doer.still_owed, doer.post, doer.posted
    )
    return (
        Action(SEND, SendOrder, doer.still_asked, doer.send, doer.delivered),
        *(effect(name) for name in ACTIONS.values()),
    )
