"""The port Holds over SIP2: 15 places, cancels and moves the hold of a patron on an item.

SIP2 has no holds' ids and lists of a hold no more than the item. A hold that was placed here therefore
has an id that holds all of it, sealed; one that was placed elsewhere has none and cannot be named.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, time
from typing import NoReturn

from attrs import evolve, field, frozen

from scld_adapters._shared.faults import Call
from scld_adapters._shared.keys import Keys
from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.facts import PatronFacts
from scld_adapters.sip2.mapping import local_id, to_code, to_location, why_refused
from scld_adapters.sip2.messages import Message, make
from scld_adapters.sip2.terminal import NOT_READY, Terminal
from scld_core.errors import NotFound, OutcomeUnknown, Rejected, UnsupportedOperation
from scld_core.holds.model import Hold, HoldManner, HoldRequest, Place, Pull
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import local_instant, parse_instant

__all__ = ["Sip2Holds"]

_MANNER = HoldManner(place=Place.LOST, ranks=False, targets=False, title_level=False)
_ONE_COPY = "3"  # BY: a specific copy


@frozen
class Sip2Holds:
    """Holds of patrons on items. `moved` says where a hold is picked up since it was moved in this process."""

    terminal: Terminal
    keys: Keys
    moved: dict[HoldId, LocationId] = field(factory=dict[HoldId, LocationId], repr=False)

    @property
    def live(self) -> bool:
        """Yes: each call asks the system."""
        return True

    @property
    def manner(self) -> HoldManner:
        """Holds on items; no suspension, no rank that can be read again."""
        return _MANNER

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Place a hold on an item; what the patron's counts do not show afterwards is not told as done."""
        del answers
        terminal, call = self.terminal, self.terminal.call("place", key)
        card = terminal.ours(request.patron, call)
        with terminal.writing:
            before = self.keys.done(Hold, key, "place", request)
            if before is not None:
                return before
            item = self._may_hold(request, call)
            count = self._count(card, request, call)
            message = self._message("+", card, item, pickup=request.pickup, until=request.not_needed_after)
            answer = self._proved(message, card, item, call, wanted=count + 1)
            return self.keys.keep(key, "place", request, result=self._placed(request, item, answer))

    def _may_hold(self, request: HoldRequest, call: Call) -> str:
        """The barcode of the item that is asked for; Rejected for what SIP2 or the item does not allow."""
        if request.item is None:
            raise call.error(Rejected, "SIP2 holds an item: give one of the title")
        today = self.terminal.clock.now().astimezone(self.terminal.zone).date()
        if request.not_needed_after is not None and request.not_needed_after < today:
            raise call.error(Rejected, "the last day on which it is needed has passed")
        barcode, reading = self.terminal.ours(request.item, call), self.terminal.call("place")
        found = self.terminal.item(barcode, reading)
        if local_id(TitleId, self.terminal.name, " ".join(found.text("AJ").split())) != request.title:
            raise call.error(Rejected, "the item is of another title")
        return barcode

    def _count(self, card: str, request: HoldRequest, call: Call) -> int:
        count = _holds(self._facts(card, "place"))
        if count is None:
            raise call.error(Rejected, "the system does not count holds, so that no hold could be read back")
        if request.at_most is not None and count >= request.at_most:
            raise call.error(Rejected, f"the patron has {count} holds; {request.at_most} are permitted")
        return count

    def _placed(self, request: HoldRequest, item: str, answer: Message | None) -> Hold:
        now = self.terminal.clock.now()
        told = None if answer is None else to_location(answer.text("BS"), self.terminal.settings)
        sealed = (
            request.patron.local,
            item,
            request.title.local,
            request.pickup.name,
            now.isoformat(),
            secrets.token_hex(4),
        )
        return Hold(
            id=HoldId(self.terminal.name, self.terminal.seal.close(*sealed)),
            patron=request.patron,
            title=request.title,
            pickup=told or request.pickup,
            state=HoldState.WAITING,
            placed_at=now,
            as_of=now,
            item=request.item,
        )

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """Cancel a hold that was placed here; what the patron's counts do not show is not told as done."""
        call = self.terminal.call("cancel", key)
        with self.terminal.writing:
            before = self.keys.done(Hold, key, "cancel", hold)
            if before is not None:
                return before
            opened = self._opened(hold, call)
            card, item = opened.patron.local, opened.item.local if opened.item else ""
            count = _holds(self._facts(card, "cancel"))
            if count is None:
                raise call.error(Rejected, "the system does not count holds, so that nothing could be read back")
            self._proved(self._message("-", card, item), card, item, call, wanted=count - 1)
            cancelled = evolve(opened, state=HoldState.CANCELLED, as_of=self.terminal.clock.now())
            return self.keys.keep(key, "cancel", hold, result=cancelled)

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Change where a hold that was placed here is picked up; done where the answer names that library.

        SIP2 does not tell where a hold is picked up: without an answer it is OutcomeUnknown for good.
        """
        call = self.terminal.call("change_pickup", key)
        with self.terminal.writing:
            before = self.keys.done(Hold, key, "change_pickup", hold, pickup)
            if before is not None:
                return before
            opened = self._opened(hold, call)
            card, item = opened.patron.local, opened.item.local if opened.item else ""
            answer = self._answer(self._message("*", card, item, pickup=pickup), card, item, call)
            if to_location(answer.text("BS"), self.terminal.settings) != pickup:
                raise call.lost("the system answered that it is done, and names no such pickup library")
            self.moved[hold] = pickup
            moved = evolve(opened, pickup=pickup, as_of=self.terminal.clock.now())
            return self.keys.keep(key, "change_pickup", hold, pickup, result=moved)

    # --- one write ---

    def _message(
        self, mode: str, card: str, item: str, *, pickup: LocationId | None = None, until: date | None = None
    ) -> Message:
        terminal = self.terminal
        return make(
            "15",
            hold_mode=mode,
            transaction_date=terminal.now,
            institution_id=terminal.settings.institution,
            patron_identifier=card,
            expiration_date=None if until is None else self._end_of(until),
            pickup_location=None if pickup is None else to_code(pickup, terminal.settings),
            hold_type=_ONE_COPY,
            item_identifier=item,
            terminal_password=terminal.password,
        )

    def _end_of(self, day: date) -> str:
        last = local_instant(day, time(23, 59, 59), self.terminal.zone)
        return format_date(last, self.terminal.zone, self.terminal.settings.dialect.dates)

    def _answer(self, message: Message, card: str, item: str, call: Call) -> Message:
        answer = self.terminal.client.ask(message, operation=call.operation, key=call.key or "")
        self.terminal.same(answer, call, AA=card)
        if answer.text("ok") != "1":
            raise call.error(Rejected, f"the system refuses: {why_refused(answer.values('AF'))}")
        if answer.text("AB").strip():
            self.terminal.same(answer, call, AB=item)
        return answer

    def _proved(self, message: Message, card: str, item: str, call: Call, *, wanted: int) -> Message | None:
        """The answer to a write that the patron's counts show to be done, None where there came none.

        OutcomeUnknown for what they do not show, whatever was answered.
        """
        try:
            answer, problem = self._answer(message, card, item, call), "the system answered that it is done"
        except OutcomeUnknown as lost:
            answer, problem = None, lost.problem
        shown = self.terminal.quietly(lambda: _holds(self._facts(card, "place")))
        if shown != wanted:
            raise call.lost(f"{problem}; what was read since does not show it")
        return answer

    def _facts(self, card: str, operation: str) -> PatronFacts:
        reading = self.terminal.call(operation)
        return self.terminal.facts(self.terminal.patron(card, reading, summary=NOT_READY), reading)

    def _opened(self, hold: HoldId, call: Call) -> Hold:
        """The hold of a sealed id; NotFound for an id that this terminal did not make."""
        texts = self.terminal.seal.open(self.terminal.ours(hold, call))
        if texts is None or len(texts) != 6:
            raise call.error(NotFound, "SIP2 names no holds: only one that was placed here is known")
        card, item, title, pickup, placed, _ = texts
        name = self.terminal.name
        return Hold(
            id=hold,
            patron=PatronId(name, card),
            title=TitleId(name, title),
            pickup=self.moved.get(hold, LocationId(pickup)),
            state=HoldState.WAITING,
            placed_at=parse_instant(placed),
            as_of=self.terminal.clock.now(),
            item=ItemId(name, item),
        )

    # --- what SIP2 has no message for ---

    def get(self, hold: HoldId) -> Hold:
        """Raises UnsupportedOperation."""
        del hold
        self._unsupported("get", "holds_list")

    def of_patron(self, patron: PatronId) -> Iterator[Page[Hold]]:
        """Raises UnsupportedOperation."""
        del patron
        self._unsupported("of_patron", "holds_list")

    def of_title(self, title: TitleId) -> Iterator[Page[Hold]]:
        """Raises UnsupportedOperation."""
        del title
        self._unsupported("of_title", "title_holds")

    def iter_pulls(self, library: LocationId) -> Iterator[Page[Pull]]:
        """Raises UnsupportedOperation."""
        del library
        self._unsupported("iter_pulls", "pick_list")

    def iter_shelf(self, library: LocationId) -> Iterator[Page[Hold]]:
        """Raises UnsupportedOperation."""
        del library
        self._unsupported("iter_shelf", "hold_shelf")

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Raises UnsupportedOperation."""
        del hold, until, key
        self._unsupported("suspend", "suspend_hold")

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """Raises UnsupportedOperation."""
        del hold, key
        self._unsupported("reactivate", "suspend_hold")

    def _unsupported(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self.terminal.name, operation, NOT_IN_SIP2[why])


def _holds(facts: PatronFacts) -> int | None:
    """How many holds the patron has, ready ones included; None where the system does not count both."""
    if facts.holds is None or facts.unavailable_holds is None:
        return None
    return facts.holds + facts.unavailable_holds
