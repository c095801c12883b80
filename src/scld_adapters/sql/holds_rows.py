"""The rows of holds in one transaction: read as the queue they are, and written back.

A row keeps what was last said of a hold; what the days have made of it since is worked out at each
reading, and written where the hold is written to. So a suspension ends on its day though no program ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from attrs import evolve, frozen

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.owners import survivor
from scld_adapters.sql.statements import fetch
from scld_adapters.sql.tables import ils_items, ils_patrons, instant_text, read_instant
from scld_adapters.sql.tables_catalog import ils_item_facts
from scld_adapters.sql.tables_holds import OPEN_HOLD, SHELVED_HOLD, TRAPPED_HOLD, ils_hold_writes, ils_holds
from scld_core.circulation.model import ItemState
from scld_core.errors import NotFound
from scld_core.holds.model import Hold, HoldManner
from scld_core.holds.rules import in_order, in_shelf_order, on_day, ranked
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId

__all__ = ["MANNER", "HoldRows", "Standing"]

MANNER = HoldManner()
"""How the embedded ILS treats holds."""

_GONE = frozenset({ItemState.WITHDRAWN, ItemState.LOST, ItemState.LOST_PAID, ItemState.MISSING})
_COLUMNS = tuple(column.name for column in ils_holds.c if column.name != "seq")


def _given(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.Text())


_open = sa.text(f"ils_holds.{OPEN_HOLD}")
_trapped = sa.text(f"ils_holds.{TRAPPED_HOLD}")
_shelved = sa.text(f"ils_holds.{SHELVED_HOLD}")
_rows = sa.select(ils_holds, ils_patrons.c.merged_into).join(ils_patrons, ils_patrons.c.id == ils_holds.c.patron)

_mine = sa.select(ils_patrons.c.id).where(ils_patrons.c.id == _given("patron")).cte("mine", recursive=True)
_mine = _mine.union(sa.select(ils_patrons.c.id).where(ils_patrons.c.merged_into == _mine.c.id))

_STATEMENTS: Mapping[str, sa.ClauseElement] = {
    "hold": _rows.where(ils_holds.c.id == _given("id")),
    "queue": _rows.where(ils_holds.c.title == _given("title"), _open).order_by(ils_holds.c.seq),
    "of_patron": _rows.where(ils_holds.c.patron.in_(sa.select(_mine)), _open).order_by(
        ils_holds.c.placed_at, ils_holds.c.id
    ),
    "trap": _rows.where(ils_holds.c.trapped == _given("item"), _trapped),
    "waited": _rows.where(ils_holds.c.trapped == _given("item"), _shelved),
    "shelf": _rows.where(ils_holds.c.pickup == _given("at"), ils_holds.c.trapped.is_not(None), _shelved),
    "copies": sa.select(ils_item_facts, ils_items.c.state, ils_items.c.location)
    .join(ils_items, ils_items.c.id == ils_item_facts.c.item)
    .where(ils_item_facts.c.title == _given("title"))
    .order_by(ils_item_facts.c.item),
    "title_of": sa.select(ils_item_facts.c.title).where(ils_item_facts.c.item == _given("item")),
    "titles_at": sa.select(ils_item_facts.c.title)
    .distinct()
    .join(ils_items, ils_items.c.id == ils_item_facts.c.item)
    .join(ils_holds, sa.and_(ils_holds.c.title == ils_item_facts.c.title, _open))
    .where(ils_items.c.location == _given("at"), ils_items.c.state == ItemState.CHECKED_IN.value)
    .order_by(ils_item_facts.c.title),
    "patron": sa.select(ils_patrons.c.merged_into).where(ils_patrons.c.id == _given("patron")),
    "count": sa.select(sa.func.coalesce(sa.func.max(ils_holds.c.seq), 0).label("last")),
    "insert": sa.insert(ils_holds).inline().values({name: _given(name) for name in _COLUMNS}),
    "update": sa.update(ils_holds)
    .where(ils_holds.c.id == _given("hold"))
    .values(
        {name: _given(name) for name in ("pickup", "state", "trapped", "suspended_until", "shelf_until")},
    ),
    "write": sa.select(ils_hold_writes).where(ils_hold_writes.c.key == _given("key")),
    "remember": sa.insert(ils_hold_writes).values({name: _given(name) for name in ("key", "hold", "body")}),
}


@frozen
class Standing:
    """An item of a title: whether it can be held, and on which library's shelf it stands now, None elsewhere."""

    item: ItemId
    holdable: bool
    at: LocationId | None
    call_number: str


class HoldRows:
    """Holds within one transaction, as they are on `today` at `now`."""

    def __init__(self, connection: sa.Connection, backend: str, now: datetime, today: date) -> None:
        self._connection = connection
        self._backend = backend
        self._now = now
        self._today = today

    def run(self, name: str, **given: Any) -> list[Any]:
        """Execute one of the statements of this module; gives its rows."""
        return fetch(self._connection, _STATEMENTS[name], **given)

    def one(self, name: str, **given: Any) -> Any | None:
        """The one row of a statement; None where there is none."""
        found = self.run(name, **given)
        return found[0] if found else None

    def known(self, hold: HoldId, operation: str) -> Hold:
        """A hold as it is stored and the days have made it; NotFound for any other."""
        row = self.one("hold", id=hold.local) if hold.backend == self._backend else None
        if row is None:
            raise NotFound(self._backend, operation, f"no hold {hold}")
        return self.read(row)

    def shown(self, hold: Hold) -> Hold:
        """The same with its rank and the items that could fill it."""
        if not hold.is_open:
            return hold
        return next(one for one in self.queue(hold.title) if one.id == hold.id)

    def queue(self, title: TitleId) -> tuple[Hold, ...]:
        """The open holds of a title in the order in which they will be filled, ranked."""
        return self.in_queue(self.queue_rows(title), self.copies(title))

    def queue_rows(self, title: TitleId) -> tuple[Hold, ...]:
        """The same in the order in which they were placed, without rank and targets."""
        return tuple(map(self.read, self.run("queue", title=title.local)))

    def in_queue(self, holds: Iterable[Hold], copies: Iterable[Standing]) -> tuple[Hold, ...]:
        """Holds of one title in the order of their rows, as the queue shows them."""
        usable = [copy.item for copy in copies if copy.holdable]
        shown = ranked(in_order(holds), MANNER.place)
        return tuple(evolve(hold, targets=_targets(hold, usable)) for hold in shown)

    def of_patron(self, patron: str) -> tuple[Hold, ...]:
        """The open holds of a patron and of the records merged into that one, without rank and targets."""
        rows = map(self.read, self.run("of_patron", patron=patron))
        return tuple(hold for hold in rows if hold.is_open)

    def shelf(self, library: LocationId) -> tuple[Hold, ...]:
        """The hold shelf of a library, without rank and targets."""
        return in_shelf_order(map(self.read, self.run("shelf", at=str(library))))

    def trapped(self, item: str) -> Hold | None:
        """The hold for which an item is set aside."""
        row = self.one("trap", item=item)
        found = None if row is None else self.read(row)
        return found if found is not None and found.state in TRAPPED else None

    def copies(self, title: TitleId) -> tuple[Standing, ...]:
        """The items of a title, in the order of their ids."""
        if title.backend != self._backend:
            return ()
        return tuple(self._copy(row) for row in self.run("copies", title=title.local))

    def write(self, hold: Hold) -> None:
        """Store what has become of a hold."""
        self.run(
            "update",
            hold=hold.id.local,
            pickup=str(hold.pickup),
            state=hold.state.value,
            trapped=_local(hold.trapped),
            suspended_until=_day(hold.suspended_until),
            shelf_until=_day(hold.shelf_until),
        )

    def insert(self, hold: Hold) -> None:
        """Store a new hold, the last of its title."""
        self.run(
            "insert",
            id=hold.id.local,
            patron=hold.patron.local,
            title=hold.title.local,
            item=_local(hold.item),
            pickup=str(hold.pickup),
            state=hold.state.value,
            placed_at=instant_text(hold.placed_at),
            trapped=_local(hold.trapped),
            suspended_until=_day(hold.suspended_until),
            shelf_until=_day(hold.shelf_until),
            not_needed_after=_day(hold.not_needed_after),
        )

    def _copy(self, row: Any) -> Standing:
        state = ItemState(row.state)
        holdable = row.holdable is None or bool(row.holdable)
        on_shelf = state is ItemState.CHECKED_IN and holdable and bool(row.location)
        return Standing(
            ItemId(self._backend, row.item),
            holdable and state not in _GONE,
            LocationId(row.location) if on_shelf else None,
            row.call_number,
        )

    def read(self, row: Any) -> Hold:
        """A row of the statements here as the hold that it is today."""
        owner = row.patron
        if row.merged_into is not None:
            owner = survivor(self._connection, owner, self._backend, "holds")
        stored = Hold(
            id=HoldId(self._backend, row.id),
            patron=PatronId(self._backend, owner),
            title=TitleId(self._backend, row.title),
            item=self._item(row.item),
            pickup=LocationId(row.pickup),
            state=HoldState(row.state),
            placed_at=read_instant(row.placed_at),
            as_of=self._now,
            trapped=self._item(row.trapped),
            suspended_until=_read_day(row.suspended_until),
            shelf_until=_read_day(row.shelf_until),
            not_needed_after=_read_day(row.not_needed_after),
        )
        return on_day(stored, self._today)

    def _item(self, local: str | None) -> ItemId | None:
        return None if local is None else ItemId(self._backend, local)


def _targets(hold: Hold, usable: list[ItemId]) -> tuple[ItemId, ...] | None:
    if hold.state in TRAPPED:
        return None
    return tuple(item for item in usable if hold.item in (None, item))


def _local(item: ItemId | None) -> str | None:
    return None if item is None else item.local


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
