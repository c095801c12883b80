"""What a self-check may do at a desk: each request through the desk's own write path, and its answer.

The desk decides. What it denies, refers to somebody or asks is answered as not done, with sentences of our
own that name nobody. Each request has a name made of all that it says, which is its cause at the desk: a
frame that is sent again, over another connection too, acts once and is answered as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import frozen

from scld_adapters.sip2.acs import Handler
from scld_adapters.sip2.desk_facts import Facts
from scld_adapters.sip2.desk_protocol import ASK_STAFF, Station
from scld_adapters.sip2.messages import Message, make
from scld_core.catalog.model import Item
from scld_core.circulation.desk import CirculationDesk
from scld_core.circulation.model import CheckIn, Loan
from scld_core.circulation.text import REASONS as LOAN_REASONS
from scld_core.errors import InvalidValue, NotFound, ScldError
from scld_core.holds.model import Hold
from scld_core.holds.text import REASONS as HOLD_REASONS
from scld_core.kernel.decision import Answers, Decision, Verdict
from scld_core.kernel.ids import LocationId
from scld_core.patrons.person import Patron
from scld_core.runs.one_step import Outcome

__all__ = ["NOT_DONE", "NOT_KNOWN", "NO_PIN", "DeskHandlers", "sentences"]

T = TypeVar("T")

NOT_KNOWN = f"Nobody knows yet whether this was done. {ASK_STAFF}"
NOT_DONE = f"It was not done. {ASK_STAFF}"
NO_PIN = "The PIN is needed, or is not right."
_NO_CARD = "The card is not known here."
_NO_ITEM = "The item is not known here."

_GENERAL = frozenset({"refused_by_system", "vetoed", "needs_approval"})
"""Reasons whose parameters are somebody else's words: they may name a person."""


def sentences(decision: Decision) -> str:
    """Why something is not done, for a screen that everybody can read."""
    told = [reason.text({**HOLD_REASONS, **LOAN_REASONS}) for reason in decision.reasons if reason.code not in _GENERAL]
    asked = [question.words for question in decision.questions]
    tail = [] if decision.verdict is Verdict.DENY and told else [ASK_STAFF]
    return " ".join((*told, *asked, *([] if asked else tail)))


@frozen
class _Thing:
    """The item of a request, and how its title is called: looked up before anything is done, so that it cannot fail."""

    item: Item
    title: str


@frozen
class DeskHandlers:
    """The handlers of one machine."""

    station: Station
    facts: Facts

    @classmethod
    def of(cls, station: Station) -> DeskHandlers:
        """The handlers of a machine that has logged in."""
        return cls(station, Facts(station))

    def table(self) -> Mapping[str, Handler]:
        """Each request that the desks can answer, by its code; what they cannot is left out of `BX`."""
        desk = self.station.desk
        offered: dict[str, Handler] = {"35": self._end}
        if desk.patrons is not None:
            offered |= {"23": self.facts.patron_status, "63": self.facts.patron_information}
        if desk.catalog is not None:
            offered["17"] = self.facts.item_information
        if desk.catalog is not None and desk.patrons is not None and desk.loans is not None:
            offered |= {"11": self._check_out, "09": self._check_in, "29": self._renew}
        if desk.catalog is not None and desk.patrons is not None and desk.holds is not None:
            offered["15"] = self._hold
        return {code: self._told(handler) for code, handler in offered.items()}

    def _told(self, handler: Handler) -> Handler:
        """Answer what the desk raises: nothing was done then, since the desk tells of its writes in outcomes."""

        def run(request: Message) -> Message:
            try:
                return handler(request)
            except NotFound:
                return self.station.refuse(request, "It is not known here.")
            except ScldError:
                return self.station.refuse(request, f"The library's system does not answer. {ASK_STAFF}")

        return run

    def _once(self, request: Message, act: Callable[[str], Message]) -> Message:
        """Answer a request that was carried out before as it was answered then."""
        cause = self.station.cause(request)
        return self.station.memory.done.get(cause) or act(cause)

    def _end(self, request: Message) -> Message:
        return make(
            "36",
            end_session="Y",
            transaction_date=self.station.now,
            institution_id=self._institution(request),
            patron_identifier=request.text("AA"),
        )

    def _institution(self, request: Message) -> str:
        return self.station.institution or request.text("AO")

    def _patron(self, request: Message) -> Patron | str:
        """The patron who may act, or why nobody may."""
        found, right = self.facts.who(request)
        if found is None:
            return _NO_CARD
        return found if self.facts.permitted(right) else NO_PIN

    def _thing(self, request: Message) -> _Thing | None:
        item = self.facts.item(request)
        return None if item is None else _Thing(item, self.facts.title(item))

    # --- lending and renewing ---

    def _check_out(self, request: Message) -> Message:
        return self._once(request, lambda cause: self._lend(request, cause))

    def _lend(self, request: Message, cause: str) -> Message:
        loans, patron, thing = self.station.desk.loans, self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None or loans is None:
            return self.station.refuse(request, patron if isinstance(patron, str) else _NO_ITEM)
        if request.text("no_block") == "Y" or request.text("BI") == "Y":
            return self.station.refuse(request, f"What was lent off line is entered by staff. {ASK_STAFF}")
        lent = loans.look(thing.item.id).open_loan
        mine = lent is not None and lent.patron == patron.id
        if lent is not None and mine and cause in self.station.memory.open:
            return self._lent(request, thing, lent, cause)  # it was done after all
        if mine and request.text("sc_renewal_policy") == "Y":
            return self._renewed(request, loans, thing, cause)

        def act(answers: Answers | None, cause: str) -> Outcome[Loan]:
            return loans.check_out(patron.id, thing.item.id, at=self.station.machine.at, answers=answers, cause=cause)

        return self._answered(request, thing, self._asked(request, act, cause), cause)

    def _renew(self, request: Message) -> Message:
        return self._once(request, lambda cause: self._prolong(request, cause))

    def _prolong(self, request: Message, cause: str) -> Message:
        loans, patron, thing = self.station.desk.loans, self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None or loans is None:
            return self.station.refuse(request, patron if isinstance(patron, str) else _NO_ITEM)
        lent = loans.look(thing.item.id).open_loan
        if lent is None or lent.patron not in (None, patron.id):
            return self.station.refuse(request, "It is not on loan to this card.")
        return self._renewed(request, loans, thing, cause)

    def _renewed(self, request: Message, loans: CirculationDesk, thing: _Thing, cause: str) -> Message:
        def act(answers: Answers | None, cause: str) -> Outcome[Loan]:
            return loans.renew(thing.item.id, answers=answers, cause=cause)

        return self._answered(request, thing, self._asked(request, act, cause), cause)

    def _asked(
        self, request: Message, act: Callable[[Answers | None, str], Outcome[Loan]], cause: str
    ) -> Outcome[Loan]:
        """Do it, and once more with yes to what is asked where the patron has accepted the fee (`BO`)."""
        outcome = act(None, cause)
        if outcome.decision.verdict is not Verdict.ASK or request.text("BO") != "Y":
            return outcome
        given = tuple((question.code, "yes") for question in outcome.decision.questions if question.takes("yes"))
        return act(Answers(given, outcome.decision.token), f"{cause}-accepted")

    def _answered(self, request: Message, thing: _Thing, outcome: Outcome[Loan], cause: str) -> Message:
        if outcome.done and outcome.value is not None:
            return self._lent(request, thing, outcome.value, cause)
        return self._not_done(request, outcome, cause)

    def _lent(self, request: Message, thing: _Thing, loan: Loan, cause: str) -> Message:
        answer = make(
            request.spec.answer or "",
            ok="1",
            renewal_ok="Y" if request.code == "29" else "N",
            magnetic_media="N",
            desensitize="Y",
            transaction_date=self.station.now,
            institution_id=self._institution(request),
            patron_identifier=request.text("AA"),
            item_identifier=request.text("AB"),
            title_identifier=thing.title,
            due_date=self.station.due(loan.due_at),
        )
        return self.station.memory.keep(cause, answer)

    def _not_done(self, request: Message, outcome: Outcome[Any], cause: str) -> Message:
        """What was decided against it; or that nobody knows, where a system gave no answer or tells no record."""
        if outcome.done or (outcome.receipt is not None and outcome.receipt.result in ("unknown", "waiting")):
            self.station.memory.open.add(cause)
            return self.station.refuse(request, NOT_KNOWN)
        if outcome.decision.permitted:
            return self.station.refuse(request, NOT_DONE)
        return self.station.refuse(request, sentences(outcome.decision))

    # --- taking back ---

    def _check_in(self, request: Message) -> Message:
        return self._once(request, lambda cause: self._take_back(request, cause))

    def _take_back(self, request: Message, cause: str) -> Message:
        loans, thing = self.station.desk.loans, self._thing(request)
        if thing is None or loans is None:
            return self.station.refuse(request, _NO_ITEM)
        if request.text("no_block") == "Y" or request.text("BI") == "Y":
            return self.station.refuse(request, f"What came back off line is entered by staff. {ASK_STAFF}")
        outcome = loans.check_in(thing.item.id, self.station.machine.at, cause=cause)
        if not outcome.done or outcome.value is None:
            return self._not_done(request, outcome, cause)
        back = outcome.value
        answer = make(
            "10",
            ok="1",
            resensitize="Y",
            magnetic_media="N",
            alert="Y" if back.hold is not None or back.route_to is not None else "N",
            transaction_date=self.station.now,
            institution_id=self._institution(request),
            item_identifier=request.text("AB"),
            permanent_location="" if thing.item.home is None else str(thing.item.home),
            title_identifier=thing.title,
            extra=tuple(_routing(back)),
        )
        return self.station.memory.keep(cause, answer)

    # --- holds ---

    def _hold(self, request: Message) -> Message:
        return self._once(request, lambda cause: self._on_hold(request, cause))

    def _on_hold(self, request: Message, cause: str) -> Message:
        patron, thing = self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None:
            return self.station.refuse(request, patron if isinstance(patron, str) else _NO_ITEM)
        outcome = self._hold_outcome(request, patron, thing.item, cause)
        if outcome is None:
            return self.station.refuse(request, "There is no such hold of this card.")
        if not outcome.done or outcome.value is None:
            return self._not_done(request, outcome, cause)
        hold = outcome.value
        answer = make(
            "16",
            ok="1",
            available="N",
            transaction_date=self.station.now,
            queue_position=None if hold.rank is None else str(hold.rank),
            pickup_location=str(hold.pickup),
            institution_id=self._institution(request),
            patron_identifier=request.text("AA"),
            item_identifier=request.text("AB"),
            title_identifier=thing.title,
        )
        return self.station.memory.keep(cause, answer)

    def _hold_outcome(self, request: Message, patron: Patron, item: Item, cause: str) -> Outcome[Hold] | None:
        """The hold placed, cancelled or moved; None where there is nothing to place or to change."""
        desk, mode = self.station.desk.holds, request.text("hold_mode")
        pickup = self._pickup(request)
        if desk is None or item.title is None or pickup is None:
            return None
        if mode == "+":
            one = item.id if request.text("BY") == "3" else None
            return desk.place(patron.id, title=item.title, pickup=pickup, item=one, cause=cause)
        found = next((hold for hold in desk.of_patron(patron.id) if hold.title == item.title), None)
        if found is None:
            return None
        return desk.cancel(found.id, cause=cause) if mode == "-" else desk.change_pickup(found.id, pickup, cause=cause)

    def _pickup(self, request: Message) -> LocationId | None:
        """The library of `BS`, or else the machine's own; None for what is no library's name."""
        said = request.text("BS").strip()
        try:
            return LocationId(said) if said else self.station.machine.at
        except InvalidValue:
            return None


def _routing(back: CheckIn) -> Iterator[tuple[str, str]]:
    """Where the item has to go, and why the machine calls staff (3M 2005)."""
    if back.route_to is not None:
        yield "CT", str(back.route_to)
    if back.hold is not None:
        yield "CV", "01" if back.route_to is None else "02"
    elif back.route_to is not None:
        yield "CV", "04"
