"""What becomes of holds when an item comes in, goes out or is gone: called within the transaction that does that.

Each takes the connection of the store's transaction first, so that the item's state, its loan and its
hold change together. Ids are the ILS's own, without the instance name.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from attrs import evolve

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds import moved
from scld_adapters.sql.holds_rows import HoldRows
from scld_adapters.sql.tables_catalog import ils_item_facts
from scld_core.errors import Rejected
from scld_core.holds.model import Hold
from scld_core.holds.rules import first_fillable
from scld_core.holds.states import HoldEvent, HoldState
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.plugins.seed import Seed

__all__ = ["file_holds", "free", "pick_up", "send", "set_aside", "trap_for"]


def set_aside(connection: sa.Connection, item: str, *, backend: str, now: datetime, today: date) -> Hold | None:
    """The hold for which an item is set aside."""
    return HoldRows(connection, backend, now, today).trapped(item)


def trap_for(
    connection: sa.Connection,
    item: str,
    at: LocationId,
    *,
    backend: str,
    now: datetime,
    today: date,
    shelf_until: date | None = None,
) -> Hold | None:
    """The hold for which an item that comes in at a library is set aside from now on; None for none.

    It is ready where it came in at its pickup library, until `shelf_until`, and has to be sent there
    otherwise. One for which the item was set aside before stays the one.
    """
    rows = HoldRows(connection, backend, now, today)
    hold = rows.trapped(item)
    if hold is None:
        _taken_down(rows, item)
        hold = _first(rows, item, backend)
        if hold is None:
            return None
        hold = moved(hold, HoldEvent.ITEM_TRAPPED, "check_in", trapped=ItemId(backend, item))
    if hold.pickup == at and hold.state in (HoldState.TRAPPED, HoldState.IN_TRANSIT):
        hold = moved(hold, HoldEvent.ITEM_ARRIVED, "check_in", shelf_until=shelf_until)
    rows.write(hold)
    return hold


def send(connection: sa.Connection, item: str, *, backend: str, now: datetime, today: date) -> Hold | None:
    """Put an item that is set aside on its way to the pickup library; None where it is set aside for nobody."""
    return _on_trapped(HoldRows(connection, backend, now, today), item, HoldEvent.ITEM_SENT, "send")


def free(connection: sa.Connection, item: str, *, backend: str, now: datetime, today: date) -> Hold | None:
    """Take an item away from the hold for which it is set aside, which waits again in its place."""
    rows = HoldRows(connection, backend, now, today)
    return _on_trapped(rows, item, HoldEvent.ITEM_FREED, "free", trapped=None)


def pick_up(
    connection: sa.Connection, item: str, patron: str, *, backend: str, now: datetime, today: date
) -> Hold | None:
    """Fill the hold for which an item is set aside when that patron borrows it; None where it is for nobody.

    Rejected where it is set aside for somebody else.
    """
    rows = HoldRows(connection, backend, now, today)
    hold = rows.trapped(item)
    if hold is None:
        _taken_down(rows, item)
        return None
    if hold.patron != PatronId(backend, patron):
        raise Rejected(backend, "check_out", "the item is set aside for somebody else")
    if hold.state is not HoldState.READY:  # it is handed over before it was ever put on the hold shelf
        hold = moved(hold, HoldEvent.ITEM_ARRIVED, "check_out")
    filled = moved(hold, HoldEvent.PICKED_UP, "check_out")
    rows.write(filled)
    return filled


def file_holds(connection: sa.Connection, seed: Seed, *, backend: str) -> None:
    """Start with the copies and the holds of a sample; its items and patrons are there already."""
    copies = [
        {"item": item, "title": copy.title.local, "call_number": copy.call_number, "holdable": copy.holdable}
        for item, copy in seed.copies.items()
    ]
    if copies:
        connection.execute(sa.insert(ils_item_facts), copies)
    for hold in seed.holds:
        HoldRows(connection, backend, hold.as_of, hold.as_of.date()).insert(hold)


def _first(rows: HoldRows, item: str, backend: str) -> Hold | None:
    row = rows.one("title_of", item=item)
    if row is None or row.title is None:
        return None
    return first_fillable(rows.queue(TitleId(backend, row.title)), ItemId(backend, item))


def _taken_down(rows: HoldRows, item: str) -> None:
    """Who did not pick an item up has it no more on the hold shelf: an item is set aside for one hold only."""
    for row in rows.run("waited", item=item):
        rows.write(evolve(rows.read(row), trapped=None))


def _on_trapped(rows: HoldRows, item: str, event: HoldEvent, operation: str, **fields: Any) -> Hold | None:
    hold = rows.trapped(item)
    if hold is None:
        if event is HoldEvent.ITEM_FREED:
            _taken_down(rows, item)
        return None
    hold = moved(hold, event, operation, **fields)
    rows.write(hold)
    return hold
