"""The embedded ILS's holds: `holds.ports.Holds` on the store's own database.

Everything about one request is decided and written in one transaction, in which nobody else writes:
of two that ask for the last permitted hold, one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds_rows import MANNER, HoldRows, Standing
from scld_adapters.sql.owners import writing
from scld_adapters.sql.store import SqlStore
from scld_core import codecs
from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.holds.model import Hold, HoldManner, HoldRequest, Pull
from scld_core.holds.rules import pulls
from scld_core.holds.states import TRAPPED, HoldEvent, HoldState, hold_states
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock

__all__ = ["EmbeddedHolds", "moved"]

T = TypeVar("T")

Change = Callable[[Hold], Hold]


class EmbeddedHolds:
    """Live answers, each out of one consistent state of the database; each write in a transaction of its own.

    `zone` says which day it is. This ILS asks nothing before it places a hold.
    """

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str, zone: str = "UTC", page_size: int = 500) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend
        self._zone = ZoneInfo(zone)
        self._page_size = page_size

    @property
    def manner(self) -> HoldManner:
        """A suspended hold comes back to its place; one with an item set aside is neither suspended nor moved."""
        return MANNER

    def get(self, hold: HoldId) -> Hold:
        """The hold now, also one that has ended."""
        with self._reading() as rows:
            return rows.shown(rows.known(hold, "get"))

    def of_patron(self, patron: PatronId) -> Iterator[Page[Hold]]:
        """The patron's open holds, and those of records that were merged into this one."""
        with self._reading() as rows:
            self._owner(rows, patron, "of_patron")
            found = [rows.shown(hold) for hold in rows.of_patron(patron.local)]
        return self._pages(found)

    def of_title(self, title: TitleId) -> Iterator[Page[Hold]]:
        """The title's open holds, trapped ones first."""
        with self._reading() as rows:
            self._copies(rows, title, "of_title")
            found = rows.queue(title)
        return self._pages(found)

    def iter_pulls(self, library: LocationId) -> Iterator[Page[Pull]]:
        """The pick list of a library, by call number."""
        found: list[Pull] = []
        with self._reading() as rows:
            for row in rows.run("titles_at", at=str(library)):
                found.extend(_pulls(rows, TitleId(self._backend, row.title), library))
        return self._pages(sorted(found, key=lambda pull: (pull.call_number, pull.item)))

    def iter_shelf(self, library: LocationId) -> Iterator[Page[Hold]]:
        """The hold shelf of a library, the first day over first."""
        with self._reading() as rows:
            found = rows.shelf(library)
        return self._pages(found)

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Place a hold, the last of its title."""
        del answers
        with self._writing("place", key) as rows:
            told = codecs.dump(request)
            if (again := self._again(rows, "place", key, request)) is not None:
                return again
            self._owner(rows, request.patron, "place")
            copies = self._copies(rows, request.title, "place")
            self._check(rows, request, copies)
            rest = rows.queue_rows(request.title)
            for ended in (hold for hold in rest if not hold.is_open):  # by the days: the row still says it is open
                rows.write(ended)
            placed = self._placed(rows, request)
            rows.run("remember", key=key, hold=placed.id.local, body=f"place {told}")
            return rows.in_queue((*rest, placed), copies)[-1]

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """End a hold; its item is free for the next one."""

        def cancelled(known: Hold) -> Hold:
            if known.state is HoldState.CANCELLED:
                return known
            return moved(known, HoldEvent.CANCELLED, "cancel", trapped=None)

        return self._change("cancel", hold, "", key, cancelled)

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Pass over a hold until a day."""

        def suspended(known: Hold) -> Hold:
            if until is not None and until <= self._today():
                raise Rejected(self._backend, "suspend", f"{until} is not after today")
            if known.state in TRAPPED:
                raise Rejected(self._backend, "suspend", "an item is set aside for this hold already")
            return moved(known, HoldEvent.SUSPENDED, "suspend", suspended_until=until)

        return self._change("suspend", hold, str(until), key, suspended)

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """End the suspension now."""

        def active(known: Hold) -> Hold:
            if not known.is_open:
                raise Rejected(self._backend, "reactivate", f"the hold has ended: {known.state.value}")
            if known.state is not HoldState.SUSPENDED:
                return known
            return moved(known, HoldEvent.REACTIVATED, "reactivate")

        return self._change("reactivate", hold, "", key, active)

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Change where it is picked up."""

        def elsewhere(known: Hold) -> Hold:
            if known.pickup == pickup and known.is_open:
                return known
            if known.state in TRAPPED:
                raise Rejected(self._backend, "change_pickup", "an item is set aside for this hold already")
            return moved(known, HoldEvent.PICKUP_MOVED, "change_pickup", pickup=pickup)

        return self._change("change_pickup", hold, str(pickup), key, elsewhere)

    def _change(self, verb: str, hold: HoldId, told: str, key: str, change: Change) -> Hold:
        body = f"{verb} {hold.local} {told}"
        with self._writing(verb, key) as rows:
            found = rows.one("write", key=key)
            if found is not None and found.body != body:
                raise Conflict(self._backend, verb, "the key was used for something else")
            known = rows.known(hold, verb)
            if found is None:
                known = change(known)
                rows.write(known)
                rows.run("remember", key=key, hold=hold.local, body=body)
            return rows.shown(known)

    def _again(self, rows: HoldRows, verb: str, key: str, request: HoldRequest) -> Hold | None:
        """The hold that was placed with the key already, as it is now."""
        found = rows.one("write", key=key)
        if found is None:
            return None
        done, _, told = found.body.partition(" ")
        if done != verb or codecs.load(HoldRequest, told) != request:
            raise Conflict(self._backend, verb, "the key was used for something else")
        return rows.shown(rows.known(HoldId(self._backend, found.hold), verb))

    def _check(self, rows: HoldRows, request: HoldRequest, copies: Sequence[Standing]) -> None:
        usable = [copy.item for copy in copies if copy.holdable]
        if not usable:
            raise Rejected(self._backend, "place", "no item of this title can be held")
        if request.item is not None and request.item not in usable:
            raise Rejected(self._backend, "place", "the item is none of this title, or cannot be held")
        mine = rows.of_patron(request.patron.local)
        if any(hold.title == request.title for hold in mine):
            raise Rejected(self._backend, "place", "the patron has a hold on this title already")
        if request.at_most is not None and len(mine) >= request.at_most:
            problem = f"the patron has {len(mine)} holds; {request.at_most} are permitted"
            raise Rejected(self._backend, "place", problem)
        if request.not_needed_after is not None and request.not_needed_after < self._today():
            raise Rejected(self._backend, "place", f"{request.not_needed_after} is past")

    def _placed(self, rows: HoldRows, request: HoldRequest) -> Hold:
        number = rows.run("count")[0].last + 1
        now = self._clock.now()
        placed = Hold(
            id=HoldId(self._backend, f"hold-{number}"),
            patron=request.patron,
            title=request.title,
            pickup=request.pickup,
            state=HoldState.WAITING,
            placed_at=now,
            as_of=now,
            item=request.item,
            not_needed_after=request.not_needed_after,
        )
        rows.insert(placed)
        return placed

    def _copies(self, rows: HoldRows, title: TitleId, operation: str) -> tuple[Standing, ...]:
        found = rows.copies(title)
        if not found:
            raise NotFound(self._backend, operation, f"no title {title}")
        return found

    def _owner(self, rows: HoldRows, patron: PatronId, operation: str) -> None:
        found = rows.one("patron", patron=patron.local) if patron.backend == self._backend else None
        if found is None:
            raise NotFound(self._backend, operation, "no patron with this id")
        if found.merged_into is not None:
            raise Rejected(self._backend, operation, "this record was merged into another one")

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _rows(self, connection: sa.Connection) -> HoldRows:
        return HoldRows(connection, self._backend, self._clock.now(), self._today())

    @contextmanager
    def _reading(self) -> Generator[HoldRows]:
        with self._store.reading() as connection:
            yield self._rows(connection)

    @contextmanager
    def _writing(self, operation: str, key: str) -> Generator[HoldRows]:
        with writing(self._store, self._backend, operation, key) as connection:
            yield self._rows(connection)

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        now, size = self._clock.now(), self._page_size
        for start in range(0, max(len(rows), 1), size):  # an empty list is one empty page, not none
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))


def moved(known: Hold, event: HoldEvent, operation: str, **fields: Any) -> Hold:
    """What an event makes of a hold; Rejected where its state does not permit it."""
    if not hold_states.permits(known.state, event):
        raise Rejected(known.id.backend, operation, f"not possible for a hold that is {known.state.value}")
    state = hold_states.after(known.state, event)
    spared: dict[str, Any] = {"suspended_until": None} if state is not HoldState.SUSPENDED else {}
    if state not in (HoldState.READY, HoldState.FILLED, HoldState.UNCLAIMED):
        spared["shelf_until"] = None
    return evolve(known, state=state, rank=None, **{**spared, **fields})


def _pulls(rows: HoldRows, title: TitleId, library: LocationId) -> Iterator[Pull]:
    copies = {copy.item: copy for copy in rows.copies(title)}
    on_shelf = [item for item, copy in copies.items() if copy.at is not None]
    for hold, item in pulls(rows.queue(title), on_shelf):
        if copies[item].at == library:
            yield Pull(hold.id, title, item, library, hold.pickup, copies[item].call_number)
