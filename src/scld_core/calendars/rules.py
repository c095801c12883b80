"""Opening times as functions of weekly hours, closures and a zone; no clock, no state."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scld_core.calendars.model import Closure, OpenHours, WeeklyHours
from scld_core.errors import InvalidValue
from scld_core.kernel.ids import LocationId
from scld_core.kernel.time import local_instant
from scld_core.policies import in_force

__all__ = ["business_date", "day_end", "local_date", "open_dates", "openings", "wall_hours"]

_DAY = timedelta(days=1)
_WEEK = 7


def wall_hours(
    hours: Sequence[WeeklyHours], closures: Sequence[Closure], day: date, location: LocationId | None = None
) -> tuple[OpenHours, ...]:
    """The stretches of wall time in which `location` is open on `day`."""
    if any(closure.covers(day, location) for closure in closures):
        return ()
    return next((week.on(day) for week in hours if in_force(week, day)), ())


def openings(walls: Sequence[OpenHours], day: date, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The same stretches as half-open pairs of instants; one that a spring gap swallows is left out."""
    pairs = ((local_instant(day, opens, zone), local_instant(day, closes, zone)) for opens, closes in walls)
    return tuple((start, end) for start, end in pairs if start < end)


def open_dates(
    hours: Sequence[WeeklyHours], closures: Sequence[Closure], after: date, location: LocationId | None = None
) -> Iterator[date]:
    """The dates after `after` with opening hours, in order; ends when none can follow.

    Between two changes of hours and closures only the day of the week matters: a whole week without
    an open day lasts until the next change, and after the last change for ever.
    """
    changes = sorted(_changes(hours, closures))
    day, idle = after, 0
    while day < date.max:
        day += _DAY
        if wall_hours(hours, closures, day, location):
            idle = 0
            yield day
            continue
        idle = 1 if day in changes else idle + 1
        if idle == _WEEK:
            following = bisect_right(changes, day)
            if following == len(changes):
                return
            day, idle = changes[following] - _DAY, 0


def _changes(hours: Sequence[WeeklyHours], closures: Sequence[Closure]) -> set[date]:
    of_hours = {day for week in hours for day in (week.valid_from, week.valid_to) if day and day > date.min}
    starts = {closure.first for closure in closures if closure.first > date.min}
    return of_hours | starts | {closure.last + _DAY for closure in closures if closure.last < date.max}


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall; raises InvalidValue at the very ends of the calendar that Python knows."""
    try:
        day = instant.astimezone(zone).date()
    except OverflowError:
        day = date.min
    if day == date.min:  # it has no yesterday
        raise InvalidValue("Calendar", "instant", "is outside the years that can be reckoned with")
    return day


def day_end(day: date, day_ends: time, zone: ZoneInfo) -> datetime:
    """The instant at which the business day `day` ends: the wall time `day_ends` of the next date.

    The last date there is, which some systems write for "never", ends with time itself.
    """
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return local_instant(day + _DAY, day_ends, zone)


def business_date(instant: datetime, day_ends: time, zone: ZoneInfo) -> date:
    """The business day that contains `instant`.

    Compared with the end of a day as an instant, since a wall time can occur twice in autumn.
    """
    day = local_date(instant, zone)
    return day - _DAY if instant < local_instant(day, day_ends, zone) else day
