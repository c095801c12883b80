"""The district's calendar: which instants and days are open, and when a business day ends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.calendars import rules
from scld_core.calendars.model import Closure, WeeklyHours
from scld_core.errors import InvalidValue, SettingsError
from scld_core.kernel.ids import LocationId
from scld_core.kernel.time import to_instant
from scld_core.kernel.validate import each, instance, matching
from scld_core.policies import never_two_at_once

__all__ = ["Calendar", "is_day_end", "is_zone"]

_DAY = timedelta(days=1)


def is_zone(name: object) -> bool:
    """Whether `name` is a zone of the tz database such as ``America/Los_Angeles``."""
    try:
        return isinstance(name, str) and bool(ZoneInfo(name).key)
    except (OSError, ValueError, KeyError):  # a folder of the database; a path; an unknown name
        return False


def is_day_end(wall: object) -> bool:
    """Whether a business day may end at this wall time of the following date: before noon."""
    return isinstance(wall, time) and wall.tzinfo is None and wall < time(12)


@frozen
class Calendar:
    """Opening hours of a district in its zone; everything it answers follows from its fields.

    zone: name in the tz database.
    hours: the weekly hours, of which one set at most is in force on any day; days without are closed.
    closures: dates closed in spite of the hours.
    day_ends: the wall time of the *following* date at which a business day ends; 00:00 is midnight.

    Where a method takes `location`, closures of that location count as well as the district's own.
    """

    zone: str = field(validator=matching(is_zone, "must be a time zone such as America/Los_Angeles"))
    hours: tuple[WeeklyHours, ...] = field(default=(), validator=[each(instance(WeeklyHours)), never_two_at_once])
    closures: tuple[Closure, ...] = field(default=(), validator=each(instance(Closure)))
    day_ends: time = field(default=time(0), validator=matching(is_day_end, "must be a time before noon"))

    @property
    def tz(self) -> ZoneInfo:
        """The zone itself."""
        return ZoneInfo(self.zone)

    def openings(self, day: date, location: LocationId | None = None) -> tuple[tuple[datetime, datetime], ...]:
        """The open stretches of a date as half-open pairs of UTC instants, in order."""
        walls = rules.wall_hours(self.hours, self.closures, day, location)
        return rules.openings(walls, day, self.tz)

    def open_on(self, day: date, location: LocationId | None = None) -> bool:
        """Whether the date has opening hours."""
        return bool(rules.wall_hours(self.hours, self.closures, day, location))

    def is_open(self, moment: datetime, location: LocationId | None = None) -> bool:
        """Whether it is open at the instant; at closing time it is not."""
        day = rules.local_date(to_instant(moment), self.tz)
        return any(start <= moment < end for start, end in self.openings(day, location))

    def next_open(self, moment: datetime, location: LocationId | None = None) -> datetime:
        """The instant itself when open, else the next opening in UTC; raises SettingsError when there is none."""
        moment = to_instant(moment)
        yesterday = rules.local_date(moment, self.tz) - _DAY
        for day in rules.open_dates(self.hours, self.closures, yesterday, location):
            for start, end in self.openings(day, location):
                if moment < end:
                    return max(start, moment)
        raise self._never(yesterday)

    def business_date(self, moment: datetime) -> date:
        """The business day that contains the instant."""
        return rules.business_date(to_instant(moment), self.day_ends, self.tz)

    def end_of_business_day(self, day: date) -> datetime:
        """The UTC instant at which the business day ends; that instant is already the next day."""
        return rules.day_end(day, self.day_ends, self.tz)

    def open_days_between(self, first: date, last: date) -> int:
        """How many open days follow `first` up to and including `last`; 0 when `last` is not later."""
        days = rules.open_dates(self.hours, self.closures, first)
        return sum(1 for _ in takewhile(lambda day: day <= last, days))

    def nth_open_day_after(self, day: date, n: int, location: LocationId | None = None) -> date:
        """The `n`-th open day after `day`, `n` from 1; raises SettingsError when there are not so many."""
        if n < 1:
            raise InvalidValue("Calendar", "nth_open_day_after", "counts from 1")
        days = rules.open_dates(self.hours, self.closures, day, location)
        found = next(islice(days, n - 1, None), None)
        if found is None:
            raise self._never(day)
        return found

    def _never(self, after: date) -> SettingsError:
        return SettingsError(
            "calendar", f"no open day follows {after}", "Enter opening hours and check the closures in district.toml"
        )
