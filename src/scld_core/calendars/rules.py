"""Opening times as functions of weekly hours, closures and a zone; no clock, no state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scld_core.calendars.model import Closure, OpenHours, WeeklyHours
from scld_core.kernel.ids import LocationId
from scld_core.kernel.time import local_instant

__all__ = ["business_date", "day_end", "open_dates", "openings", "wall_hours"]

_DAY = timedelta(days=1)


def wall_hours(
    hours: Sequence[WeeklyHours], closures: Sequence[Closure], day: date, location: LocationId | None
) -> tuple[OpenHours, ...]:
    """The stretches of wall time in which `location` is open on `day`."""
    if any(closure.covers(day, location) for closure in closures):
        return ()
    for week in hours:
        if (week.valid_from or date.min) <= day and (week.valid_to is None or day < week.valid_to):
            return week.on(day)
    return ()


def openings(walls: Sequence[OpenHours], day: date, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The same stretches as half-open pairs of instants; one that a spring gap swallows is left out."""
    pairs = ((local_instant(day, opens, zone), local_instant(day, closes, zone)) for opens, closes in walls)
    return tuple((start, end) for start, end in pairs if start < end)


def open_dates(
    hours: Sequence[WeeklyHours], closures: Sequence[Closure], after: date, *, location: LocationId | None
) -> Iterator[date]:
    """The dates after `after` with opening hours, in order; ends when none can follow.

    Nothing changes after the last boundary of hours and closures but the day of the week, so a week
    without an open day beyond it is the end of the search. A closure is crossed in one step.
    """
    changes = [b for week in hours for b in (week.valid_from, week.valid_to) if b]
    settled = max([*changes, *(closure.last for closure in closures), after])
    day, idle = after, 0
    while idle <= 7 and day < date.max:
        day += _DAY
        if wall_hours(hours, closures, day, location):
            idle = 0
            yield day
        elif day > settled:
            idle += 1
        else:
            day = _before_change(day, closures, changes, location)


def _before_change(
    day: date, closures: Sequence[Closure], changes: Sequence[date], location: LocationId | None
) -> date:
    """The last day that is closed for the same reason as `day`: the end of its closure, or itself."""
    return max((c.last for c in closures if c.covers(day, location)), default=day)


def day_end(day: date, day_ends: time, zone: ZoneInfo) -> datetime:
    """The instant at which the business day `day` ends: the wall time `day_ends` of the next date."""
    return local_instant(day + _DAY, day_ends, zone)


def business_date(instant: datetime, day_ends: time, zone: ZoneInfo) -> date:
    """The business day that contains `instant`.

    Compared with the ends of days as instants, since a wall time can occur twice in autumn.
    """
    day = instant.astimezone(zone).date()
    if instant < day_end(day - _DAY, day_ends, zone):
        return day - _DAY
    return day
