"""The cards desk: does this address get a card, which one, until when; issue, renew, replace."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.cards.actions import (
    ISSUE,
    RENEW,
    REPLACE,
    UPGRADE,
    IssueOrder,
    RenewOrder,
    ReplaceOrder,
    decide_application,
    decide_number,
    decide_renewal,
    decide_replacement,
)
from scld_core.cards.model import Application, CardKind, Entitlement
from scld_core.cards.numbers import next_number
from scld_core.cards.office import CardOffice
from scld_core.cards.renewals import RenewalRequest, due_by, keep_request, move_request, stored_requests
from scld_core.cards.rules import ends_on, entitlement, kind_of
from scld_core.cards.states import RenewalEvent, RenewalState
from scld_core.errors import InvalidValue, NotFound
from scld_core.kernel.barcode import Barcode, read_scan
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.redact import redact
from scld_core.kernel.validate import instance
from scld_core.patrons.actions import still_there
from scld_core.patrons.contact import Address
from scld_core.patrons.jurisdiction import Finding
from scld_core.patrons.lookup import whose
from scld_core.patrons.merging import carried, settled
from scld_core.patrons.person import Patron
from scld_core.runs.model import Receipt
from scld_core.runs.one_step import Outcome, Write, Writer

__all__ = ["CardAnswer", "CardDesk"]


@frozen
class CardAnswer:
    """What an address gives its household: the finding with its evidence, and the kinds of cards."""

    finding: Finding = field(validator=instance(Finding))
    kinds: tuple[CardKind, ...]


@frozen
class CardDesk:
    """Cards of one ILS.

    `cause` names a request, such as a form's number: the same one is carried out once, with the same number.
    NotFound is raised for a patron whom the ILS does not know, and the other faults of a system while the
    facts are read; what happens from there on is in the Outcome. A patron is given by record id, which may be
    text, or by the card as it was scanned.
    """

    office: CardOffice = field(repr=False)
    writer: Writer

    def card_for(self, address: Address | None) -> CardAnswer:
        """Does this address get a card: what it is to the district, by which evidence, and for which kinds."""
        policy = self.office.ruling().policy
        finding = self.office.finding(address)
        kinds = (kind for kind in CardKind if finding.belonging in policy.belongings.get(kind, ()))
        return CardAnswer(finding, tuple(kind for kind in kinds if kind in policy.excludes))

    def entitlement(self, patron: PatronId | str) -> Entitlement | None:
        """What a patron's card is good for; None for a category that is no kind of card."""
        policy = self.office.ruling().policy
        kind = kind_of(self._read(patron).category, policy)
        return None if kind is None else entitlement(kind, policy, holds=self.office.online_holds())

    def may_issue(self, application: Application) -> Decision:
        """Whether this applicant gets this kind of card now, with every reason; nothing is changed."""
        return decide_application(self.office, application)

    def issue(self, application: Application, *, number: str = "", cause: str = "") -> Outcome[Patron]:
        """Give somebody a first card.

        `number` is the card as it was scanned; left out, the next free number of the library's ranges.
        """
        told = codecs.dump(evolve(application, pin=None))
        form = self._form(cause, told)
        chosen = self._number(number, form)
        decision = permit() if self._issued(chosen, cause, told) else self._may_issue(application, chosen)
        if chosen is None:
            chosen, decision = self._reserved(application.library, form, decision)
        if chosen is None or not decision.permitted:
            return Outcome(None, decision)
        draft = self.office.people.drafts.keep(evolve(application, pin=None), application.pin)
        order, subject = IssueOrder(draft=draft, number=chosen), self.writer.name("card", chosen)
        write = Write(ISSUE, order, subject, f"a card for {application.library}", cause, (told,))

        def read(receipt: Receipt) -> Patron | None:
            del receipt
            return self.office.people.patrons.find(chosen)

        return self._drafted(draft, self.writer.carry_out(write, gives=Patron, read=read, decision=decision))

    def _issued(self, number: Barcode | None, cause: str, told: str) -> bool:
        """Whether this request was carried out before: then it is not judged by the card that it made."""
        subject = self.writer.name("card", number)
        return number is not None and self.writer.done_before(Write(ISSUE, None, subject, cause=cause, asks=(told,)))

    def _may_issue(self, application: Application, number: Barcode | None) -> Decision:
        decision = decide_application(self.office, application)
        return decision if number is None else _both(decision, decide_number(self.office, number))

    def _form(self, cause: str, *told: object) -> str:
        """The name under which a form's number of a card is reserved; blank for a request without a number."""
        return self.writer.name("form", cause, *told) if cause else ""

    def _number(self, scanned: str, form: str) -> Barcode | None:
        """The number that was scanned, or that the form was given before."""
        if scanned:
            return read_scan(scanned).number
        return next_number(self.office.people.store, (), taken=self._taken, form=form)

    def _reserved(self, library: LocationId, form: str, decision: Decision) -> tuple[Barcode | None, Decision]:
        """The library's next number for a card that is permitted; for one that is refused none is used up."""
        ruling = self.office.ruling()
        ranges = ruling.policy.ranges.get(str(library), ())
        found = None
        if decision.permitted:
            found = next_number(self.office.people.store, ranges, taken=self._taken, form=form)
        if found is not None or (ranges and not decision.permitted):
            return found, decision
        none_left = deny(Reason("no_numbers", (("library", str(library)),), "cards.ranges", ruling.version))
        return None, _both(decision, none_left)

    def _taken(self, number: Barcode) -> bool:
        return self.office.people.patrons.find(number) is not None

    def upgrade(self, patron: PatronId | str, application: Application, *, cause: str = "") -> Outcome[Patron]:
        """Give a patron another kind of card under the same number, as when one who registered online comes in."""
        given = self._id(patron)
        held, decision = self._read(given), still_there(self.office.people, given)
        if decision.permitted:
            decision = decide_application(self.office, application, held)
        if not decision.permitted:
            return Outcome(None, decision)
        draft = self.office.people.drafts.keep(evolve(application, pin=None), application.pin)
        order = IssueOrder(draft=draft, patron=given)
        label, told = f"a card of the kind {application.kind.value}", codecs.dump(evolve(application, pin=None))
        write = Write(UPGRADE, order, self.writer.name("patron", given), label, cause, (told,))
        return self._drafted(draft, self._carried(write, given, decision))

    def _drafted(self, draft: str, outcome: Outcome[Patron]) -> Outcome[Patron]:
        if settled(outcome):
            self.office.people.drafts.drop((draft,))
        return outcome

    def may_renew(self, patron: PatronId | str, *, months: int | None = None) -> Decision:
        """Whether a card is renewed now, with every reason; nothing is changed."""
        return decide_renewal(self.office, self._read(patron), months)

    def renew(self, patron: PatronId | str, *, months: int | None = None, cause: str = "") -> Outcome[Patron]:
        """Renew a card; `months` is the period that is paid for, of a kind that is sold."""
        held, ruling = self._read(patron), self.office.ruling()
        decision = decide_renewal(self.office, held, months)
        kind = kind_of(held.category, ruling.policy)
        until = None
        if kind is not None:
            until = ends_on(kind, ruling.policy, today=ruling.day, months=months, expires=held.expires_on)
        if until is None:
            return Outcome(None, decision)
        order = RenewOrder(patron=held.id, until=until, months=months)
        subject = self.writer.name("patron", held.id)
        write = Write(RENEW, order, subject, f"renew until {until}", cause, (months,))
        return self._carried(write, held.id, decision)

    def replace(
        self,
        patron: PatronId | str,
        *,
        library: LocationId | str,
        number: str = "",
        identified: bool = False,
        cause: str = "",
    ) -> Outcome[Patron]:
        """Give a patron a new number; every former one still finds the patron, for ever, and here as well.

        `identified` says that whoever asks was verified to be the patron.
        """
        people = self.office.people.patrons
        held = people.get(whose(patron, people.find, former=True))
        form = self._form(cause, held.id)
        chosen = self._number(number, form)
        decision = decide_replacement(self.office, chosen, identified=identified)
        if chosen is None:
            chosen, decision = self._reserved(LocationId.of(library), form, decision)
        if chosen is None:
            return Outcome(None, decision)
        order = ReplaceOrder(patron=held.id, number=chosen, former=held.card)
        subject = self.writer.name("patron", held.id)
        write = Write(REPLACE, order, subject, f"replace a card at {library}", cause, (chosen,))
        return self._carried(write, held.id, decision)

    def _id(self, patron: PatronId | str) -> PatronId:
        return whose(patron, self.office.people.patrons.find)

    def _read(self, patron: PatronId | str) -> Patron:
        return self.office.people.patrons.get(self._id(patron))

    def _carried(self, write: Write[Any], patron: PatronId, decision: Decision) -> Outcome[Patron]:
        return carried(self.office.people, self.writer, write, patron, decision=decision)

    def request_renewal(self, patron: PatronId | str, *, cause: str, months: int | None = None) -> RenewalRequest:
        """Take a request for renewal that is answered later; `cause` is the form's number, which is taken once."""
        if not cause.strip():
            raise InvalidValue("request_renewal", "cause", "must be the form's number")
        held, ruling = self._read(patron), self.office.ruling()
        request = RenewalRequest(
            number=self.writer.name("renewal", cause, held.id),
            patron=held.id,
            received_at=ruling.now,
            due_on=due_by(ruling.calendar, ruling.now, ruling.policy.renewal_open_days),
            months=months,
        )
        return keep_request(self.office.people.store, request, by=self.office.people.actor.id)

    def requests(self, *, late_on: date | None = None) -> tuple[RenewalRequest, ...]:
        """The requests that are not settled, the oldest first; or those that are late on a day."""
        found = (one for one in stored_requests(self.office.people.store) if one.is_open)
        return tuple(one for one in found if late_on is None or one.late_on(late_on))

    def ask_more(self, number: str, what: str) -> RenewalRequest:
        """Wait for the patron, who is to tell `what`; until then nobody at the library is late. Name nobody in it."""
        return self._moved(number, RenewalEvent.ASK, asked=redact(what), due_on=None)

    def answered(self, number: str) -> RenewalRequest:
        """The patron has told it: the days begin anew."""
        ruling = self.office.ruling()
        due = due_by(ruling.calendar, ruling.now, ruling.policy.renewal_open_days)
        return self._moved(number, RenewalEvent.ANSWER, due_on=due)

    def refuse(self, number: str) -> RenewalRequest:
        """Settle a request without a renewal."""
        return self._moved(number, RenewalEvent.REFUSE, due_on=None)

    def fulfil(self, number: str) -> Outcome[Patron]:
        """Renew the card of a request; it is settled when the ILS has done it."""
        request = next((one for one in stored_requests(self.office.people.store) if one.number == number), None)
        if request is None:
            raise NotFound("cards", "fulfil", "no request for renewal has this number")
        if request.state is RenewalState.REFUSED:
            return Outcome(None, deny(Reason("request_refused", (), "cards", self.office.ruling().version)))
        outcome = self.renew(request.patron, months=request.months, cause=number)
        if outcome.done and request.is_open:
            self._moved(number, RenewalEvent.RENEW, due_on=None)
        return outcome

    def _moved(self, number: str, event: RenewalEvent, **fields: Any) -> RenewalRequest:
        people = self.office.people
        moved = move_request(
            people.store,
            number,
            event,
            lambda request: evolve(request, **fields),
            by=people.actor.id,
            at=people.clock.now(),
        )
        if moved is None:
            raise NotFound("cards", event.value, "no request for renewal has this number")
        return moved


def _both(one: Decision, other: Decision) -> Decision:
    """Both together: permitted where both permit it, and refused for every reason."""
    if not (one.permitted or other.permitted):
        return deny(*one.reasons, *other.reasons)
    return other if one.permitted and not other.permitted else one
