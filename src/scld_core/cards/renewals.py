"""Requests for renewal that are not answered at once: each has a day by which it is answered, and it is kept.

The day counts open days alone. While the patron is to tell more, nobody at the library is late; with the
answer the days begin anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.calendars import Calendar
from scld_core.cards.states import OPEN, RenewalEvent, RenewalState, renewal_states
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance, instant, nonempty, optional
from scld_core.runs.model import JournalEntry
from scld_core.runs.ports import Store

__all__ = ["REQUESTS", "RenewalRequest", "due_by", "keep_request", "move_request", "stored_requests"]

REQUESTS = "cards.renewal"
"""The kind of record of a request for renewal, by its number."""


@frozen(kw_only=True)
class RenewalRequest:
    """One request: whose card, since when, the open day by which it is answered, and how it stands.

    `due_on` is None while the library waits for the patron and once it is settled. `asked` says in the desk's
    own words what the patron is to tell, and never what the patron has told.
    """

    number: str = field(validator=nonempty)
    patron: PatronId = personal(validator=instance(PatronId))
    received_at: datetime = field(validator=instant)
    due_on: date | None = field(default=None, validator=optional(instance(date)))
    state: RenewalState = field(default=RenewalState.OPEN, validator=instance(RenewalState))
    months: int | None = None
    asked: str = field(default="", validator=instance(str))

    @property
    def is_open(self) -> bool:
        """Whether the request is not settled."""
        return self.state in OPEN

    def late_on(self, day: date) -> bool:
        """Whether the library should have answered before a day."""
        return self.due_on is not None and self.due_on < day


def due_by(calendar: Calendar, moment: datetime, open_days: int) -> date:
    """The open day by which something that came at an instant is answered, never a closed one."""
    return calendar.nth_open_day_after(calendar.business_date(moment), open_days)


def stored_requests(store: Store) -> tuple[RenewalRequest, ...]:
    """Every request there ever was, the oldest first."""
    with store.transaction() as unit:
        found = [codecs.load(RenewalRequest, body) for _, body in unit.records(REQUESTS).items()]
    return tuple(sorted(found, key=lambda one: (one.received_at, one.number)))


def keep_request(store: Store, request: RenewalRequest, *, by: str) -> RenewalRequest:
    """Keep a new request, and give what is kept under its number: the first one stays."""
    with store.transaction() as unit:
        known = unit.records(REQUESTS).get(request.number)
        if known is not None:
            return codecs.load(RenewalRequest, known)
        unit.records(REQUESTS).put(request.number, codecs.dump(request))
        entry = JournalEntry(request.received_at, by, "cards.renewal.received", request.number)
        unit.journal.append(entry)
    return request


def move_request(
    store: Store,
    number: str,
    event: RenewalEvent,
    change: Callable[[RenewalRequest], RenewalRequest],
    *,
    by: str,
    at: datetime,
) -> RenewalRequest | None:
    """What an event makes of a request, kept with one line in the journal; None where nobody knows its number.

    InvalidValue for an event that its state does not have.
    """
    with store.transaction() as unit:
        body = unit.records(REQUESTS).get(number)
        if body is None:
            return None
        known = codecs.load(RenewalRequest, body)
        moved = evolve(change(known), state=renewal_states.after(known.state, event))
        unit.records(REQUESTS).put(number, codecs.dump(moved))
        unit.journal.append(JournalEntry(at, by, f"cards.renewal.{moved.state.value}", number))
    return moved
