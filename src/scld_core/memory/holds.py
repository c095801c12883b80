"""The reference ILS for holds: what `holds.ports.Holds` means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.holds.model import Hold, HoldManner, HoldRequest, OnTrapped, Place, Pull
from scld_core.holds.rules import first_fillable, in_order, in_shelf_order, on_shelf, pulls, ranked
from scld_core.holds.states import TRAPPED, HoldEvent, HoldState, hold_states
from scld_core.kernel.decision import Answers, Question, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.memory.patrons import MemoryPatrons

__all__ = ["MemoryHolds"]

T = TypeVar("T")

_UTC = ZoneInfo("UTC")


@frozen
class _Item:
    """A catalogued item: of which title, and on which library's shelf; None while it is elsewhere."""

    title: TitleId
    at: LocationId | None
    holdable: bool = True
    call_number: str = ""


class MemoryHolds:
    """Holds in memory, of the patrons of `patrons`; each answer is true at the clock's present.

    The writers below the port's methods stand for staff and for the ILS's own nightly work. `zone` says
    which day it is. `cut_after` makes a list break off after so many pages, as a failing connection would.
    """

    live = True

    def __init__(
        self,
        clock: Clock,
        patrons: MemoryPatrons,
        *,
        backend: str = "main",
        manner: HoldManner | None = None,
        zone: ZoneInfo = _UTC,
        page_size: int = 100,
    ) -> None:
        self.manner = manner or HoldManner()
        self.cut_after: int | None = None
        self._clock = clock
        self._patrons = patrons
        self._backend = backend
        self._zone = zone
        self._page_size = page_size
        self._items: dict[ItemId, _Item] = {}
        self._holds: dict[HoldId, Hold] = {}  # in the order of the queue
        self._keys: dict[str, tuple[HoldId, tuple[Any, ...]]] = {}
        self._questions: dict[TitleId, tuple[Question, ...]] = {}

    def get(self, hold: HoldId) -> Hold:
        """The hold now, also one that has ended."""
        known = self._known(hold, "get")
        if not known.is_open:
            return self._shown(known)
        return next(row for row in self._queue(known.title) if row.id == hold)

    def of_patron(self, patron: PatronId) -> Iterator[Page[Hold]]:
        """The patron's open holds, and those of records that were merged into this one."""
        self._owner(patron, "of_patron")
        own = [self.get(known.id) for known in self._holds.values() if known.is_open]
        own = [known for known in own if known.patron == patron]
        return self._pages(sorted(own, key=lambda known: (known.placed_at, known.id)))

    def of_title(self, title: TitleId) -> Iterator[Page[Hold]]:
        """The title's open holds, trapped ones first."""
        self._items_of(title, "of_title")
        return self._pages(self._queue(title))

    def iter_pulls(self, library: LocationId) -> Iterator[Page[Pull]]:
        """The pick list of a library, by call number."""
        found: list[Pull] = []
        for title in sorted({item.title for item in self._items.values()}):
            for hold, item in pulls(self._in_line(title), self._on_shelf(title)):
                at = self._items[item].at
                if at == library:
                    found.append(Pull(hold.id, title, item, library, hold.pickup, self._items[item].call_number))
        return self._pages(sorted(found, key=lambda row: (row.call_number, row.item)))

    def iter_shelf(self, library: LocationId) -> Iterator[Page[Hold]]:
        """The hold shelf of a library, the first day over first."""
        there = [one for one in self._holds.values() if on_shelf(one) and one.pickup == library]
        return self._pages(in_shelf_order(self.get(known.id) for known in there))

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Place a hold, the last of its title."""
        if (again := self._again(key, "place", request)) is not None:
            return again
        self._owner(request.patron, "place")
        self._check(request)
        if (asked := self._unanswered(request.title, answers)) is not None:
            return asked
        number = HoldId(self._backend, f"hold-{len(self._holds) + 1}")
        now = self._clock.now()
        placed = Hold(
            id=number,
            patron=request.patron,
            title=request.title,
            pickup=request.pickup,
            state=HoldState.WAITING,
            placed_at=now,
            as_of=now,
            item=request.item,
            not_needed_after=request.not_needed_after,
        )
        return self._done(placed, key, "place", request)

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """End a hold; its item is free for the next one."""
        if (again := self._again(key, "cancel", hold)) is not None:
            return again
        known = self._known(hold, "cancel")
        if known.state is not HoldState.CANCELLED:
            known = self._changed(known, HoldEvent.CANCELLED, "cancel", trapped=None)
        return self._done(known, key, "cancel", hold)

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Pass over a hold until a day."""
        if (again := self._again(key, "suspend", hold, until)) is not None:
            return again
        known = self._known(hold, "suspend")
        if until is not None and until <= self._today():
            raise Rejected(self._backend, "suspend", f"{until} is not after today")
        if known.state in TRAPPED and self.manner.on_trapped is OnTrapped.REFUSED:
            raise Rejected(self._backend, "suspend", "an item is set aside for this hold already")
        changed = self._changed(known, HoldEvent.SUSPENDED, "suspend", trapped=None, suspended_until=until)
        return self._done(changed, key, "suspend", hold, until)

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """End the suspension now."""
        if (again := self._again(key, "reactivate", hold)) is not None:
            return again
        known = self._known(hold, "reactivate")
        if not known.is_open:
            raise Rejected(self._backend, "reactivate", f"the hold has ended: {known.state.value}")
        return self._done(self._active(known), key, "reactivate", hold)

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Change where it is picked up; an item that was set aside has to be sent there."""
        if (again := self._again(key, "change_pickup", hold, pickup)) is not None:
            return again
        known = self._known(hold, "change_pickup")
        if known.pickup != pickup or not known.is_open:
            if known.state in TRAPPED and not self.manner.moves_trapped:
                raise Rejected(self._backend, "change_pickup", "an item is set aside for this hold already")
            known = self._changed(known, HoldEvent.PICKUP_MOVED, "change_pickup", pickup=pickup)
        return self._done(known, key, "change_pickup", hold, pickup)

    def add(
        self, item: ItemId, title: TitleId, at: LocationId | None, *, holdable: bool = True, call_number: str = ""
    ) -> None:
        """Catalogue an item of a title, on a library's shelf or (None) elsewhere."""
        self._items[item] = _Item(title, at, holdable, call_number)

    def withdraw(self, item: ItemId) -> None:
        """Take an item out of the catalogue; the hold for which it was set aside waits again."""
        for known in tuple(self._holds.values()):
            if known.trapped == item and known.state in TRAPPED:
                self.free(known.id)
        self._taken_down(item)
        self._items[item] = evolve(self._items[item], at=None, holdable=False)

    def file(self, hold: Hold) -> None:
        """Hold a hold as it is given, in place of what there is under its id; a new one is the last of its title."""
        if hold.trapped is not None and (hold.state in TRAPPED or on_shelf(hold)):
            self._items[hold.trapped] = evolve(self._items[hold.trapped], at=None)
        self._holds[hold.id] = evolve(hold, rank=None, targets=None)

    def ask_before(self, title: TitleId, *questions: Question) -> None:
        """Let every hold on a title wait for answers; only the first choice of each lets it through."""
        self._questions[title] = questions

    def has(self, item: ItemId) -> bool:
        """Whether an item is catalogued here."""
        return item in self._items

    def lent(self, item: ItemId) -> None:
        """It is on no shelf any more; of an item that is not catalogued here nothing is kept."""
        self._taken_down(item)
        if item in self._items:
            self._items[item] = evolve(self._items[item], at=None)

    def _taken_down(self, item: ItemId) -> None:
        """Who did not pick an item up has it no more on the hold shelf."""
        for known in tuple(self._holds.values()):
            if known.trapped == item and known.state is HoldState.UNCLAIMED:
                self._holds[known.id] = evolve(known, trapped=None)

    def set_aside(self, item: ItemId) -> Hold | None:
        """The hold for which an item is set aside."""
        found = [known for known in self._holds.values() if known.trapped == item and known.state in TRAPPED]
        return self.get(found[0].id) if found else None

    def check_in(self, item: ItemId, at: LocationId, shelf_until: date | None = None) -> Hold | None:
        """Take an item back at a library: it is trapped for the first hold that it can fill, and given.

        One that is set aside already stays so, and is ready once it comes in where it is to be picked up.
        """
        known = self.set_aside(item)
        if known is None:
            self._taken_down(item)
            self._items[item] = evolve(self._items[item], at=at)
            known = first_fillable(self._in_line(self._items[item].title), item)
            if known is None:
                return None
            self._changed(self._holds[known.id], HoldEvent.ITEM_TRAPPED, "check_in", trapped=item)
        self._items[item] = evolve(self._items[item], at=None)
        here = at == known.pickup and known.state is not HoldState.READY
        return self.arrive(known.id, shelf_until) if here else self.get(known.id)

    def send(self, hold: HoldId) -> Hold:
        """Put the trapped item on its way to the pickup library."""
        return self.get(self._changed(self._known(hold, "send"), HoldEvent.ITEM_SENT, "send").id)

    def arrive(self, hold: HoldId, shelf_until: date | None = None) -> Hold:
        """Put the trapped item on the hold shelf of the pickup library."""
        known = self._known(hold, "arrive")
        return self.get(self._changed(known, HoldEvent.ITEM_ARRIVED, "arrive", shelf_until=shelf_until).id)

    def free(self, hold: HoldId) -> Hold:
        """Take the trapped item away; the hold waits in its place."""
        return self.get(self._changed(self._known(hold, "free"), HoldEvent.ITEM_FREED, "free", trapped=None).id)

    def pick_up(self, hold: HoldId) -> Hold:
        """Lend the item that waits on the hold shelf."""
        return self.get(self._changed(self._known(hold, "pick_up"), HoldEvent.PICKED_UP, "pick_up").id)

    def nightly(self) -> tuple[Hold, ...]:
        """Do what the days do: end suspensions, holds past their last day and those not picked up."""
        today, ended = self._today(), list[Hold]()
        for known in tuple(self._holds.values()):
            if known.state is HoldState.SUSPENDED and known.suspended_until and known.suspended_until <= today:
                known = self._active(known)  # noqa: PLW2901
            if known.state in (HoldState.WAITING, HoldState.SUSPENDED) and _past(known.not_needed_after, today):
                ended.append(self._changed(known, HoldEvent.NOT_NEEDED_ANY_MORE, "nightly"))
            elif known.state is HoldState.READY and _past(known.shelf_until, today):
                ended.append(self._changed(known, HoldEvent.NOT_PICKED_UP, "nightly"))
        return tuple(self.get(known.id) for known in ended)

    def _check(self, request: HoldRequest) -> None:
        items = self._items_of(request.title, "place")
        if not any(items.values()):
            raise Rejected(self._backend, "place", "no item of this title can be held")
        if request.item is not None and not items.get(request.item, False):
            raise Rejected(self._backend, "place", "the item is none of this title, or cannot be held")
        levels = self.manner.item_level if request.item is not None else self.manner.title_level
        if not levels:
            raise Rejected(self._backend, "place", "holds of this level are not offered")
        open_ = [known for known in self._holds.values() if known.is_open and self._is_of(known, request.patron)]
        if any(known.title == request.title for known in open_):
            raise Rejected(self._backend, "place", "the patron has a hold on this title already")
        if request.at_most is not None and len(open_) >= request.at_most:
            raise Rejected(
                self._backend, "place", f"the patron has {len(open_)} holds; {request.at_most} are permitted"
            )
        if request.not_needed_after is not None and request.not_needed_after < self._today():
            raise Rejected(self._backend, "place", f"{request.not_needed_after} is past")

    def _unanswered(self, title: TitleId, answers: Answers | None) -> Unanswered | None:
        questions = self._questions.get(title, ())
        token = f"ask-{title.local}"
        if not questions:
            return None
        if answers is None or answers.token != token:
            return Unanswered(questions, token)
        open_ = tuple(question for question in questions if answers.to(question) is None)
        if open_:
            return Unanswered(open_, token)
        for question in questions:
            if answers.to(question) != question.choices[0][0]:
                raise Rejected(self._backend, "place", f"the answer to {question.code} does not permit it")
        return None

    def _items_of(self, title: TitleId, operation: str) -> dict[ItemId, bool]:
        found = {number: item.holdable for number, item in self._items.items() if item.title == title}
        if not found:
            raise NotFound(self._backend, operation, f"no title {title}")
        return found

    def _on_shelf(self, title: TitleId) -> list[ItemId]:
        items = self._items.items()
        return [number for number, item in items if item.title == title and item.at is not None and item.holdable]

    def _owner(self, patron: PatronId, operation: str) -> None:
        if self._patrons.survivor(patron) != patron:
            raise Rejected(self._backend, operation, "this record was merged into another one")

    def _is_of(self, known: Hold, patron: PatronId) -> bool:
        return self._patrons.survivor(known.patron) == patron

    def _known(self, hold: HoldId, operation: str) -> Hold:
        try:
            return self._holds[hold]
        except KeyError:
            raise NotFound(self._backend, operation, f"no hold {hold}") from None

    def _queue(self, title: TitleId) -> tuple[Hold, ...]:
        """The open holds of a title as they are shown, with ranks and targets where these are told."""
        order = self._in_line(title)
        if self.manner.ranks:
            order = ranked(order, self.manner.place)
        return order if self.manner.targets else tuple(evolve(hold, targets=None) for hold in order)

    def _in_line(self, title: TitleId) -> tuple[Hold, ...]:
        """The open holds of a title in order, each with the items that could fill it."""
        own = [known for known in self._holds.values() if known.title == title]
        return tuple(self._shown(known) for known in in_order(own))

    def _shown(self, known: Hold) -> Hold:
        items = sorted(number for number, item in self._items.items() if item.title == known.title and item.holdable)
        fits = tuple(item for item in items if known.item in (None, item))
        targets = fits if known.is_open and known.state not in TRAPPED else None
        owner = self._patrons.survivor(known.patron)
        return evolve(known, as_of=self._clock.now(), targets=targets, patron=owner)

    def _active(self, known: Hold) -> Hold:
        if known.state is not HoldState.SUSPENDED:
            return known
        if self.manner.place is Place.LOST:
            self._holds[known.id] = self._holds.pop(known.id)
        return self._changed(known, HoldEvent.REACTIVATED, "reactivate")

    def _changed(self, known: Hold, event: HoldEvent, operation: str, **fields: Any) -> Hold:
        if not hold_states.permits(known.state, event):
            raise Rejected(self._backend, operation, f"not possible for a hold that is {known.state.value}")
        state = hold_states.after(known.state, event)
        if state is not HoldState.SUSPENDED:
            fields["suspended_until"] = None
        elif event is not HoldEvent.SUSPENDED:
            fields["suspended_until"] = known.suspended_until
        if state not in (HoldState.READY, HoldState.FILLED, HoldState.UNCLAIMED):
            fields["shelf_until"] = None
        self._holds[known.id] = evolve(known, state=state, **fields)
        return self._holds[known.id]

    def _again(self, key: str, *what: Any) -> Hold | None:
        if key not in self._keys:
            return None
        hold, done = self._keys[key]
        if done != what:
            raise Conflict(self._backend, str(what[0]), "the key was used for something else")
        return self.get(hold)

    def _done(self, known: Hold, key: str, *what: Any) -> Hold:
        self._holds[known.id] = known
        self._keys[key] = (known.id, what)
        return self.get(known.id)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        now, size = self._clock.now(), self._page_size
        for number, start in enumerate(range(0, max(len(rows), 1), size)):
            if number == self.cut_after:
                return
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))


def _past(day: date | None, today: date) -> bool:
    return day is not None and day < today
