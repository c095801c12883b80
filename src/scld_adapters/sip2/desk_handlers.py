"""What a self-check may do at a desk: each request through the desk's own write path, and its answer.

The desk decides. What it denies, refers to somebody or asks is answered as not done, with sentences of our
own that name nobody. Each request has a name made of all that it says, which is its cause at the desk: a
frame that is sent again, over another connection too, acts once and is answered as before, for as long as
machines send a frame again and what was done still shows.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import evolve, frozen

from scld_adapters.sip2.acs import Handler
from scld_adapters.sip2.desk_facts import Facts
from scld_adapters.sip2.desk_offer import is_offered
from scld_adapters.sip2.desk_protocol import ASK_STAFF, Asked, Station
from scld_adapters.sip2.fields import Validated
from scld_adapters.sip2.loans import FEE
from scld_adapters.sip2.messages import Message, make
from scld_core.catalog.model import Item
from scld_core.circulation.desk import CirculationDesk
from scld_core.circulation.model import CheckIn, Loan
from scld_core.circulation.text import REASONS as LOAN_REASONS
from scld_core.errors import (
    BackendError,
    DeadlineExceeded,
    GuardStopped,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ScldError,
    Unavailable,
)
from scld_core.holds.desk import HoldDesk
from scld_core.holds.model import Hold
from scld_core.holds.text import REASONS as HOLD_REASONS
from scld_core.kernel.decision import Answers, Decision, Verdict
from scld_core.kernel.ids import LocationId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Patron
from scld_core.runs.one_step import Outcome

__all__ = ["BY_STAFF", "NOT_DONE", "NOT_KNOWN", "NO_PIN", "UNDER_WAY", "DeskHandlers", "sentences"]

_LOGGER = logging.getLogger("scld.sip2")

T = TypeVar("T")

NOT_KNOWN = f"Nobody knows yet whether this was done. {ASK_STAFF}"
UNDER_WAY = f"The same was asked for before, and nobody knows yet whether that was done. {ASK_STAFF}"
NOT_DONE = f"It was not done. {ASK_STAFF}"
BY_STAFF = f"The library's system does not do this itself. {ASK_STAFF}"
NO_PIN = "The PIN is needed, or is not right."
_PIN_UNSEEN = f"The PIN could not be checked. {ASK_STAFF}"
_NO_ANSWER = f"The library's system does not answer. {ASK_STAFF}"
_NOT_NOW = f"The library's system cannot be used for this now. {ASK_STAFF}"
_NO_CARD = "The card is not known here."
_NO_ITEM = "The item is not known here."

_SILENT = (Unavailable, DeadlineExceeded, OutcomeUnknown, RateLimited)
_AMOUNT = re.compile(r"(?<![0-9.,])[0-9]{1,9}\.[0-9]{2}(?: [A-Z]{3}\b)?(?![0-9])")

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
        known: dict[str, Handler] = {
            "23": self.facts.patron_status,
            "63": self.facts.patron_information,
            "17": self.facts.item_information,
            "11": self._check_out,
            "09": self._check_in,
            "29": self._renew,
            "15": self._hold,
        }
        station, pin = self.station, self.station.settings.require_pin
        offered = {
            code: handler
            for code, handler in known.items()
            if is_offered(code, station.desk, station.lacking, require_pin=pin)
        }
        return {code: self._told(handler) for code, handler in {"35": self._end, **offered}.items()}

    def _told(self, handler: Handler) -> Handler:
        """Answer what the desk raises: nothing was done then, since the desk tells of its writes in outcomes."""

        def run(request: Message) -> Message:
            try:
                return handler(request)
            except NotFound:
                return self.station.refuse(request, "It is not known here.")
            except ScldError as fault:
                # its text may hold what somebody is called: the name alone goes into the log
                machine, kind = self.station.machine.user, type(fault).__name__
                _LOGGER.warning("%s: the request %s could not be answered: %s", machine, request.code, kind)
                answer = self.station.refuse(request, _NO_ANSWER if isinstance(fault, _SILENT) else _NOT_NOW)
                return _about_nothing(answer) if request.code == "17" else answer

        return run

    def _once(self, request: Message, act: Callable[[Asked], Message]) -> Message:
        """Answer a request that was carried out a moment ago as it was answered then, if that still shows."""
        memory, name = self.station.memory, self.station.name(request)
        asked = memory.asked(name, self.station.today)
        if asked.answer is None:
            return act(asked)
        return asked.answer if _still(asked) else act(memory.anew(name))

    def _fresh(
        self,
        asked: Asked,
        act: Callable[[str], Outcome[T]],
        suffix: str = "",
        *,
        shows: Callable[[T], bool] = lambda _: True,
    ) -> Outcome[T]:
        """Do it, and once more under another cause where the desk did this very request before and it shows no more.

        A machine whose clock stands still sends the same frame for another transaction.
        """
        outcome = act(asked.cause + suffix)
        changed = any(reason.code == "changed_since" for reason in outcome.decision.reasons)
        hidden = outcome.done and outcome.value is not None and not shows(outcome.value)
        return act(asked.rename() + suffix) if changed or hidden else outcome

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
        if self.facts.permitted(right):
            return found
        return _PIN_UNSEEN if right is Validated.NOT_VALIDATED and request.text("AD") else NO_PIN

    def _thing(self, request: Message) -> _Thing | None:
        item = self.facts.item(request)
        return None if item is None else _Thing(item, self.facts.title(item))

    # --- lending and renewing ---

    def _check_out(self, request: Message) -> Message:
        return self._once(request, lambda asked: self._lend(request, asked))

    def _lend(self, request: Message, asked: Asked) -> Message:
        loans, patron, thing = self.station.desk.loans, self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None or loans is None:
            return self._unfit(request, patron, thing)
        if request.text("BI") == "Y":
            return self._not_undone(request, thing, "The loan was not undone.")
        if request.text("no_block") == "Y":
            return self._refuse(request, f"What was lent off line is entered by staff. {ASK_STAFF}", thing)
        lent = loans.look(thing.item.id).open_loan
        mine = lent is not None and lent.patron == patron.id
        if lent is not None and mine and asked.open:
            return self._lent(request, loans, thing, lent, asked)  # it was done after all
        if mine and request.text("sc_renewal_policy") == "Y" and "loans.renew" not in self.station.lacking:
            return self._renewed(request, loans, thing, asked)

        def act(answers: Answers | None, cause: str) -> Outcome[Loan]:
            return loans.check_out(patron.id, thing.item.id, at=self.station.machine.at, answers=answers, cause=cause)

        return self._answered(request, loans, thing, self._accepted(request, act, asked), asked)

    def _renew(self, request: Message) -> Message:
        return self._once(request, lambda asked: self._prolong(request, asked))

    def _prolong(self, request: Message, asked: Asked) -> Message:
        loans, patron, thing = self.station.desk.loans, self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None or loans is None:
            return self._unfit(request, patron, thing)
        lent = loans.look(thing.item.id).open_loan
        if lent is None or lent.patron not in (None, patron.id):
            return self._refuse(request, "It is not on loan to this card.", thing)
        return self._renewed(request, loans, thing, asked)

    def _renewed(self, request: Message, loans: CirculationDesk, thing: _Thing, asked: Asked) -> Message:
        def act(answers: Answers | None, cause: str) -> Outcome[Loan]:
            return loans.renew(thing.item.id, answers=answers, cause=cause)

        return self._answered(request, loans, thing, self._accepted(request, act, asked), asked)

    def _accepted(
        self, request: Message, act: Callable[[Answers | None, str], Outcome[Loan]], asked: Asked
    ) -> Outcome[Loan]:
        """Do it, and once more with yes where nothing but a fee is asked and the patron has accepted it (`BO`)."""
        outcome = self._fresh(asked, lambda cause: act(None, cause))
        questions = outcome.decision.questions
        a_fee = all(question.code == FEE and question.takes("yes") for question in questions)
        if request.text("BO") != "Y" or not questions or not a_fee:
            return outcome
        answers = Answers(((FEE, "yes"),), outcome.decision.token)
        return self._fresh(asked, lambda cause: act(answers, cause), "-accepted")

    def _answered(
        self, request: Message, loans: CirculationDesk, thing: _Thing, outcome: Outcome[Loan], asked: Asked
    ) -> Message:
        if outcome.done and outcome.value is not None:
            return self._lent(request, loans, thing, outcome.value, asked)
        answer = self._not_done(request, outcome, asked, thing)
        return evolve(answer, fields=(*answer.fields, *_fee(outcome.decision)))

    def _lent(self, request: Message, loans: CirculationDesk, thing: _Thing, loan: Loan, asked: Asked) -> Message:
        def shows() -> bool:
            now = loans.look(loan.item).open_loan
            return now is not None and now.id == loan.id and now.patron in (None, loan.patron)

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
        return self.station.memory.keep(asked, answer, shows)

    def _not_done(self, request: Message, outcome: Outcome[Any], asked: Asked, thing: _Thing) -> Message:
        """What was decided against it; or that nobody knows, where a system gave no answer or tells no record."""
        result, permitted = "" if outcome.receipt is None else outcome.receipt.result, outcome.decision.permitted
        if result == "waiting" and (permitted or asked.by_staff):
            asked.by_staff = True  # nothing was sent: the system has no way for it
            return self._refuse(request, BY_STAFF, thing)
        if outcome.done or result in ("unknown", "waiting"):
            asked.open = True
            return self._refuse(request, UNDER_WAY if result == "waiting" else NOT_KNOWN, thing)
        return self._refuse(request, NOT_DONE if permitted else sentences(outcome.decision), thing)

    def _refuse(self, request: Message, text: str, thing: _Thing) -> Message:
        return self.station.refuse(request, text, title=thing.title)

    def _unfit(self, request: Message, patron: Patron | str, thing: _Thing | None) -> Message:
        """Nobody may act, or there is nothing to act upon."""
        title = "" if thing is None else thing.title
        return self.station.refuse(request, patron if isinstance(patron, str) else _NO_ITEM, title=title)

    def _not_undone(self, request: Message, thing: _Thing, text: str) -> Message:
        """A machine wants undone what it could not finish (`BI`): that is for a person, who has to hear of it."""
        machine = self.station.machine.user
        _LOGGER.warning("%s: asks to undo its last %s, which stands as it was: see the journal", machine, request.code)
        return self._refuse(request, f"{text} {ASK_STAFF}", thing)

    # --- taking back ---

    def _check_in(self, request: Message) -> Message:
        return self._once(request, lambda asked: self._take_back(request, asked))

    def _take_back(self, request: Message, asked: Asked) -> Message:
        loans, thing = self.station.desk.loans, self._thing(request)
        if thing is None or loans is None:
            return self.station.refuse(request, _NO_ITEM)
        if request.text("BI") == "Y":
            return self._not_undone(request, thing, "The return was not undone.")
        if request.text("no_block") == "Y":
            return self._refuse(request, f"What came back off line is entered by staff. {ASK_STAFF}", thing)
        item, at = thing.item.id, self.station.machine.at
        outcome = self._fresh(asked, lambda cause: loans.check_in(item, at, cause=cause), shows=_is_back)
        if not outcome.done or outcome.value is None or not _is_back(outcome.value):
            return self._not_done(request, outcome, asked, thing)
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
        return self.station.memory.keep(asked, answer, lambda: loans.look(item).open_loan is None)

    # --- holds ---

    def _hold(self, request: Message) -> Message:
        return self._once(request, lambda asked: self._on_hold(request, asked))

    def _on_hold(self, request: Message, asked: Asked) -> Message:
        desk, patron, thing = self.station.desk.holds, self._patron(request), self._thing(request)
        if isinstance(patron, str) or thing is None or desk is None:
            return self._unfit(request, patron, thing)
        pickup = self._pickup(request)
        if pickup is None:
            return self._refuse(request, "The library for the pickup is not known here.", thing)
        outcome = self._hold_outcome(request, desk, patron, thing.item, pickup=pickup, asked=asked)
        if isinstance(outcome, str):
            return self._refuse(request, outcome, thing)
        if not outcome.done or outcome.value is None:
            return self._not_done(request, outcome, asked, thing)
        hold, mode = outcome.value, request.text("hold_mode")

        def shows() -> bool:
            now = next((one for one in desk.of_patron(patron.id) if one.title == hold.title), None)
            return now is None if mode == "-" else now is not None and (mode == "+" or now.pickup == hold.pickup)

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
        return self.station.memory.keep(asked, answer, shows)

    def _hold_outcome(
        self, request: Message, desk: HoldDesk, patron: Patron, item: Item, *, pickup: LocationId, asked: Asked
    ) -> Outcome[Hold] | str:
        """The hold placed, cancelled or moved; or why there is nothing to place or to change."""
        title, mode = item.title, request.text("hold_mode")
        if title is None:
            return f"Of this item no hold can be taken. {ASK_STAFF}"
        if mode == "+":
            one = item.id if request.text("BY") == "3" else None
            return self._fresh(
                asked, lambda cause: desk.place(patron.id, title=title, pickup=pickup, item=one, cause=cause)
            )
        found = next((hold.id for hold in desk.of_patron(patron.id) if hold.title == title), None)
        if found is None:
            return "There is no such hold of this card."
        if mode == "-":
            return self._fresh(asked, lambda cause: desk.cancel(found, cause=cause))
        return self._fresh(asked, lambda cause: desk.change_pickup(found, pickup, cause=cause))

    def _pickup(self, request: Message) -> LocationId | None:
        """The library of `BS`, or else the machine's own; None for what is no library's name."""
        said = request.text("BS").strip()
        try:
            return LocationId(said) if said else self.station.machine.at
        except InvalidValue:
            return None


def _is_back(back: CheckIn) -> bool:
    """Whether nobody has the item any more."""
    return back.circulation.open_loan is None


def _still(asked: Asked) -> bool:
    """Whether what was done a moment ago still shows; what cannot be looked at just now counts as it was then."""
    try:
        return asked.shows is None or asked.shows()
    except (BackendError, GuardStopped):
        return True


def _about_nothing(answer: Message) -> Message:
    """The 18 of an item that nobody could look up: about no item, since "other" without a title means unknown."""
    return evolve(answer, fields=tuple((tag, "" if tag == "AB" else text) for tag, text in answer.fields))


def _fee(decision: Decision) -> Iterator[tuple[str, str]]:
    """The fee that is asked about, as a machine offers it to the patron: its kind is not told, the amount perhaps."""
    asked = [question.words for question in decision.questions if question.code == FEE]
    if not asked:
        return
    yield "BT", "01"
    amounts = _AMOUNT.findall(" ".join(asked))
    if len(amounts) == 1:
        fee = Money.parse(amounts[0])
        yield "BH", fee.currency
        yield "BV", str(Money(fee.cents))


def _routing(back: CheckIn) -> Iterator[tuple[str, str]]:
    """Where the item has to go, and why the machine calls staff (3M 2005)."""
    if back.route_to is not None:
        yield "CT", str(back.route_to)
    if back.hold is not None:
        yield "CV", "01" if back.route_to is None else "02"
    elif back.route_to is not None:
        yield "CV", "04"
