"""Instants, clocks and half-open intervals.

An instant is an aware datetime in UTC. Local dates and wall times exist beside it and are turned
into instants by a calendar, which knows the zone; two local datetimes are never subtracted.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import instant, optional

__all__ = ["EPOCH", "Clock", "FixedClock", "Interval", "SystemClock", "local_instant", "parse_instant", "to_instant"]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Before everything a district remembers."""


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        ...


@frozen
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, to the microsecond, in UTC."""
        return datetime.now(UTC)


@frozen
class FixedClock:
    """A clock that stands still: samples, replays and what-if runs."""

    at: datetime = field(validator=instant)

    def now(self) -> datetime:
        """Always the same instant."""
        return self.at


@frozen
class Interval:
    """From `start` up to but without `end`; None is without end."""

    start: datetime = field(validator=instant)
    end: datetime | None = field(default=None, validator=optional(instant))

    def __attrs_post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise InvalidValue("Interval", "end", "must not be before start")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlap(self, other: Interval) -> timedelta:
        """How long both hold; zero when they do not meet. At least one must have an end."""
        ends = [end for end in (self.end, other.end) if end is not None]
        if not ends:
            raise InvalidValue("Interval", "end", "one of two overlapping intervals needs an end")
        return max(min(ends) - max(self.start, other.start), timedelta(0))


def to_instant(moment: datetime) -> datetime:
    """`moment` in UTC; a naive datetime is refused, since guessing its zone shifts days."""
    if moment.tzinfo is None:
        raise InvalidValue("Instant", "", "has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("Instant", "", "lies outside the years 1 to 9999 in UTC") from None


def parse_instant(text: str) -> datetime:
    """Read ISO 8601 with an offset or Z; refuses text without one."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidValue("Instant", "", "must be ISO 8601 such as 2026-11-01T08:00:00-08:00") from None
    return moment if moment.tzinfo is UTC else to_instant(moment)


def local_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The instant at which the clock on the wall in `zone` shows `wall` on `day`.

    In an autumn fold it is the earlier of the two; a wall time inside a spring gap is read with the
    offset before the gap, so that midnight in a gap is the instant the gap ends.
    """
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
