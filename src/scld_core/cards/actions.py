"""What the cards desk has carried out: first cards, other kinds, renewals and replacements."""

from __future__ import annotations

from datetime import date

from attrs import evolve, field, frozen

from scld_core.cards.model import Application
from scld_core.cards.office import CardOffice, card_facts, renew_facts
from scld_core.cards.rules import ends_on, may_have, may_renew, may_replace, number_reasons
from scld_core.errors import Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance, nonempty, optional
from scld_core.patrons.actions import still_there
from scld_core.patrons.person import Patron
from scld_core.patrons.requests import NewPatron, PatronChange
from scld_core.runs.action import Action, Area
from scld_core.runs.model import Answer, ReadBack, Step, StepRecord
from scld_core.runs.one_step import answered, desk_area

__all__ = [
    "AREA",
    "ISSUE",
    "RENEW",
    "REPLACE",
    "UPGRADE",
    "IssueOrder",
    "RenewOrder",
    "ReplaceOrder",
    "cards_area",
    "decide_application",
    "decide_number",
    "decide_renewal",
    "decide_replacement",
]

AREA = "cards"
ISSUE = "cards.issue"
UPGRADE = "cards.upgrade"
RENEW = "cards.renew"
REPLACE = "cards.replace"


@frozen(kw_only=True)
class IssueOrder:
    """A card to be given: the draft with the application, the first number or the record that gets another kind."""

    draft: str = field(validator=nonempty)
    number: Barcode | None = personal(default=None, validator=optional(instance(Barcode)))
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))


@frozen(kw_only=True)
class RenewOrder:
    """A card to be renewed until a day; `months` is the period that is paid for."""

    patron: PatronId = personal(validator=instance(PatronId))
    until: date = field(validator=instance(date))
    months: int | None = None


@frozen(kw_only=True)
class ReplaceOrder:
    """A new number for a patron who has shown who it is, in place of `former`, which stays known."""

    patron: PatronId = personal(validator=instance(PatronId))
    number: Barcode = personal(validator=instance(Barcode))
    former: Barcode | None = personal(default=None, validator=optional(instance(Barcode)))


def decide_application(office: CardOffice, application: Application, held: Patron | None = None) -> Decision:
    """Whether somebody gets a card of a kind, on the facts as they are now; `held` is the record it is for."""
    ruling = office.ruling()
    return may_have(card_facts(office, application, ruling, held), ruling.policy, version=ruling.version)


def decide_number(office: CardOffice, number: Barcode) -> Decision:
    """Whether a number may be somebody's first card."""
    ruling = office.ruling()
    taken = office.people.patrons.find(number) is not None
    found = number_reasons(number, ruling.policy, taken=taken)
    return deny(*(evolve(reason, version=ruling.version) for reason in found)) if found else permit()


def decide_renewal(office: CardOffice, patron: Patron, months: int | None) -> Decision:
    """Whether a patron's card is renewed."""
    ruling = office.ruling()
    return may_renew(renew_facts(office, patron, ruling, months), ruling.policy, version=ruling.version)


def decide_replacement(office: CardOffice, number: Barcode | None, *, identified: bool) -> Decision:
    """Whether a patron's card is replaced by one with this number; None before there is one."""
    ruling = office.ruling()
    taken = number is not None and office.people.patrons.find(number) is not None
    return may_replace(number, ruling.policy, identified=identified, taken=taken, version=ruling.version)


@frozen
class _Doer:
    """Sends each action, and says afterwards whether it shows."""

    office: CardOffice

    def recheck_issue(self, order: IssueOrder, step: Step) -> Decision:
        del step
        application = self.office.people.drafts.read(order.draft, Application)
        if application is None:
            return deny(Reason("draft_gone"))
        held = None if order.patron is None else self.office.people.patrons.get(order.patron)
        decision = decide_application(self.office, application, held)
        if not decision.permitted or order.number is None:
            return decision
        number = decide_number(self.office, order.number)
        return decision if number.permitted else number

    def issue(self, order: IssueOrder, key: str) -> Answer:
        application, people = self._application(order), self.office.people
        if order.number is None:
            raise Rejected("cards", "issue", "a first card needs a number")
        new = NewPatron(
            number=order.number,
            contact=application.contact,
            birth_date=application.birth_date,
            responsible_adult=application.responsible_adult,
            category=self.office.ruling().policy.category(application.kind),
            home=application.library,
            expires_on=self._until(application),
            pin=people.drafts.pin(order.draft),
        )
        seen = people.patrons.register(new, key=key)
        return answered(people.shown(seen, "register", holds=seen.card == order.number))

    def issued(self, order: IssueOrder, record: StepRecord) -> ReadBack:
        del record
        found = None if order.number is None else self.office.people.patrons.find(order.number)
        return self._settled(order, done=found is not None)

    def upgrade(self, order: IssueOrder, key: str) -> Answer:
        application, people = self._application(order), self.office.people
        if order.patron is None:
            raise Rejected("cards", "upgrade", "another kind of card needs a record")
        category, until = self.office.ruling().policy.category(application.kind), self._until(application)
        change = PatronChange(
            contact=application.contact,
            birth_date=application.birth_date,
            responsible_adult=application.responsible_adult,
            category=category,
            home=application.library,
            expires_on=until,
            endless=until is None,
            pin=people.drafts.pin(order.draft),
        )
        seen = people.patrons.update(order.patron, change, key=key)
        return answered(people.shown(seen, "update", holds=seen.category == category))

    def upgraded(self, order: IssueOrder, record: StepRecord) -> ReadBack:
        del record
        application = self.office.people.drafts.read(order.draft, Application)
        if application is None or order.patron is None:
            return ReadBack.NOT_DONE
        category = self.office.ruling().policy.category(application.kind)
        seen = self.office.people.patrons.get(order.patron)
        return self._settled(order, done=seen.category == category)

    def _settled(self, order: IssueOrder, *, done: bool) -> ReadBack:
        if not done:
            return ReadBack.NOT_DONE
        self.office.people.drafts.drop((order.draft,))
        return ReadBack.DONE

    def recheck_renewal(self, order: RenewOrder, step: Step) -> Decision:
        del step
        there = still_there(self.office.people, order.patron)
        if not there.permitted:
            return there
        return decide_renewal(self.office, self.office.people.patrons.get(order.patron), order.months)

    def renew(self, order: RenewOrder, key: str) -> Answer:
        people = self.office.people
        seen = people.patrons.update(order.patron, PatronChange(expires_on=order.until), key=key)
        return answered(people.shown(seen, "update", holds=seen.expires_on == order.until))

    def renewed(self, order: RenewOrder, record: StepRecord) -> ReadBack:
        del record
        until = self.office.people.patrons.get(order.patron).expires_on
        return ReadBack.DONE if until == order.until else ReadBack.NOT_DONE

    def recheck_replacement(self, order: ReplaceOrder, step: Step) -> Decision:
        del step
        there = still_there(self.office.people, order.patron)
        return decide_replacement(self.office, order.number, identified=True) if there.permitted else there

    def replace(self, order: ReplaceOrder, key: str) -> Answer:
        people = self.office.people
        had = [card.number for card in people.patrons.get(order.patron).cards]
        seen = people.patrons.put_card(order.patron, order.number, key=key)
        holds = seen.card == order.number and all(seen.has_card(number) for number in had)
        return answered(people.shown(seen, "put_card", holds=holds))

    def replaced(self, order: ReplaceOrder, record: StepRecord) -> ReadBack:
        del record
        seen = self.office.people.patrons.get(order.patron)
        if seen.card != order.number:
            return ReadBack.NOT_DONE
        kept = order.former is None or seen.has_card(order.former)
        return ReadBack.DONE if kept else ReadBack.UNKNOWN

    def _application(self, order: IssueOrder) -> Application:
        application = self.office.people.drafts.read(order.draft, Application)
        if application is None:
            raise Rejected("cards", "issue", "what was to be written is no longer kept")
        return application

    def _until(self, application: Application) -> date | None:
        ruling = self.office.ruling()
        return ends_on(application.kind, ruling.policy, today=ruling.day, months=application.months)


def cards_area(office: CardOffice) -> Area:
    """The area of the cards desk: what it left open is read back and listed by the day's run."""
    doer = _Doer(office)
    return desk_area(
        AREA,
        Action(ISSUE, IssueOrder, doer.recheck_issue, doer.issue, doer.issued),
        Action(UPGRADE, IssueOrder, doer.recheck_issue, doer.upgrade, doer.upgraded),
        Action(RENEW, RenewOrder, doer.recheck_renewal, doer.renew, doer.renewed),
        Action(REPLACE, ReplaceOrder, doer.recheck_replacement, doer.replace, doer.replaced),
    )
