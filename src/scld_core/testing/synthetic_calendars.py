"""The synthetic closures that every check of a calendar begins with. No library was ever closed so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from scld_core.calendars.model import Closure
from scld_core.kernel.ids import LocationId
from scld_core.plugins.seed import Seed

__all__ = ["DAYS", "FIRST", "LAST", "MORE", "closed", "closures", "many", "within"]

_CHENEY, _NORTH = LocationId("cheney"), LocationId("north-spokane")
_DAY = timedelta(days=1)

FIRST, LAST = date(2026, 11, 1), date(2027, 1, 31)
"""The days that checks ask about."""

_CLOSURES = (
    Closure(date(2026, 10, 30), date(2026, 11, 2), "Floor work, which began before"),
    Closure(date(2026, 11, 11), date(2026, 11, 11), "Veterans Day"),
    Closure(date(2026, 11, 26), date(2026, 11, 27), "Thanksgiving, a long one"),
    Closure(date(2026, 11, 26), date(2026, 11, 26), "Boiler; see the notice, (part 1)", (_CHENEY,)),
    Closure(date(2026, 12, 4), date(2026, 12, 4), "Réparation du toit", (_CHENEY, _NORTH)),
    Closure(date(2026, 12, 24), date(2026, 12, 25), "Christmas"),
    Closure(date(2027, 1, 1), date(2027, 1, 1), "New Year's Day"),
    Closure(date(2027, 1, 30), date(2027, 2, 3), "Move, which ends after", (_NORTH,)),
    Closure(date(2026, 9, 7), date(2026, 9, 7), "Labor Day, before all of it"),
    Closure(date(2027, 2, 15), date(2027, 2, 15), "Presidents' Day, after all of it"),
)

MORE = (
    Closure(date(2026, 11, 5), date(2026, 11, 5), "Smoke"),
    Closure(date(2026, 12, 31), date(2027, 1, 2), "Snow", (_NORTH,)),
    Closure(date(2026, 11, 11), date(2026, 11, 11), "Staff day", (_CHENEY,)),
)
"""Closures that are entered later."""

DAYS = (
    (FIRST, LAST),
    (date(2026, 11, 2), date(2026, 11, 2)),
    (date(2026, 11, 3), date(2026, 11, 10)),
    (date(2026, 11, 27), date(2026, 12, 24)),
)
"""From which day to which is asked: all of it, the last day of one, none at all, both edges."""


def closed(instance: str = "") -> Seed:
    """A calendar that holds these."""
    del instance
    return Seed(closures=_CLOSURES)


def closures() -> tuple[Closure, ...]:
    """What it holds."""
    return _CLOSURES


def many(size: int) -> Seed:
    """So many closures, each a day, all within the days that are asked about."""
    return Seed(closures=tuple(Closure(FIRST + n * _DAY, FIRST + n * _DAY, f"Closed, number {n}") for n in range(size)))


def within(rows: Sequence[Closure], since: date, until: date) -> tuple[Closure, ...]:
    """Those of which a day is among some days, looked at day by day."""
    asked = {since + n * _DAY for n in range((until - since).days + 1)}
    return tuple(one for one in rows if asked & {one.first + n * _DAY for n in range((one.last - one.first).days + 1)})
