"""Closures as iCalendar text, for any program that shows a calendar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from scld_adapters.calendars.ics._icalendar import icalendar
from scld_core.calendars import Closure
from scld_core.kernel.ids import LocationId

__all__ = ["write_ics"]


def write_ics(closures: Iterable[Closure], *, as_of: datetime, names: Mapping[LocationId, str] | None = None) -> bytes:
    """One whole-day event for each closure, with its libraries as categories, by `names` or their short names.

    The same closures give the same bytes: an event's id is made of what it says.
    """
    shown = names or {}
    calendar: Any = icalendar.Calendar()
    calendar.add("PRODID", "-//scld//closures//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("LAST-MODIFIED", as_of)
    for closure in sorted(closures, key=lambda one: (one.first, one.last, one.reason, one.locations)):
        event: Any = icalendar.Event()
        event.add("UID", _uid(closure))
        event.add("DTSTAMP", as_of)
        event.add("DTSTART", closure.first)
        event.add("DTEND", closure.last + timedelta(days=1))
        event.add("SUMMARY", closure.reason)
        if closure.locations:
            event.add("CATEGORIES", [shown.get(place, str(place)) for place in closure.locations])
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _uid(closure: Closure) -> str:
    told = "\x1f".join((str(closure.first), str(closure.last), closure.reason, *map(str, closure.locations)))
    return f"{hashlib.sha256(told.encode()).hexdigest()[:32]}@scld"
