"""When the libraries are open: weekly hours with their validity, and dated closures."""

from __future__ import annotations

from datetime import date, time
from itertools import chain, pairwise
from typing import Any, cast

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import each, instance, matching, nonempty, optional

__all__ = ["Closure", "OpenHours", "WeeklyHours"]

OpenHours = tuple[time, time]
"""Opening and closing wall time of one stretch of a day; at the second it is closed again."""


def _is_day(value: object) -> bool:
    if not isinstance(value, tuple) or not all(map(_is_stretch, cast("tuple[object, ...]", value))):
        return False
    walls = chain.from_iterable(cast("tuple[OpenHours, ...]", value))
    return all(before < after for before, after in pairwise(walls))


def _is_stretch(value: object) -> bool:
    if not isinstance(value, tuple) or len(cast("tuple[object, ...]", value)) != 2:
        return False
    return all(isinstance(wall, time) and wall.tzinfo is None for wall in cast("tuple[object, ...]", value))


def _day() -> Any:
    rule = "must be pairs of opening and closing time, each time later than the one before"
    return field(default=(), validator=matching(_is_day, rule))


@frozen
class WeeklyHours:
    """Opening hours of each weekday, in force from `valid_from` up to but without `valid_to`.

    A weekday without stretches is a closed day. None is without beginning or end.
    """

    monday: tuple[OpenHours, ...] = _day()
    tuesday: tuple[OpenHours, ...] = _day()
    wednesday: tuple[OpenHours, ...] = _day()
    thursday: tuple[OpenHours, ...] = _day()
    friday: tuple[OpenHours, ...] = _day()
    saturday: tuple[OpenHours, ...] = _day()
    sunday: tuple[OpenHours, ...] = _day()
    valid_from: date | None = field(default=None, validator=optional(instance(date)))
    valid_to: date | None = field(default=None, validator=optional(instance(date)))

    def on(self, day: date) -> tuple[OpenHours, ...]:
        """The stretches of the weekday of `day`, whether or not these hours are in force then."""
        week = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return week[day.weekday()]


@frozen
class Closure:
    """Closed from `first` to `last`, both included; everywhere when `locations` is empty."""

    first: date = field(validator=instance(date))
    last: date = field(validator=instance(date))
    reason: str = field(validator=nonempty)
    locations: tuple[LocationId, ...] = field(default=(), validator=each(instance(LocationId)))

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidValue("Closure", "last", "must not be before first")

    def covers(self, day: date, location: LocationId | None) -> bool:
        """Whether `location` is closed on `day` by this; None stands for the district as a whole."""
        return self.first <= day <= self.last and (not self.locations or location in self.locations)
