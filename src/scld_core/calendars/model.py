"""When the libraries are open: weekly hours with their validity, and dated closures."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Any, Protocol

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import each, instance, nonempty, optional

__all__ = ["Closure", "OpenHours", "WeeklyHours", "no_two_at_once"]

OpenHours = tuple[time, time]
"""Opening and closing wall time of one stretch of a day; the second is not open any more."""


class _Valid(Protocol):
    @property
    def valid_from(self) -> date | None: ...

    @property
    def valid_to(self) -> date | None: ...


def _is_day(value: object) -> bool:
    if not isinstance(value, tuple) or not all(_is_stretch(stretch) for stretch in value):  # pyright: ignore[reportUnknownVariableType]
        return False
    walls: list[time] = [wall for stretch in value for wall in stretch]  # pyright: ignore[reportUnknownVariableType]
    return all(before < after for before, after in pairwise(walls))


def _is_stretch(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2  # pyright: ignore[reportUnknownArgumentType]
        and all(isinstance(wall, time) and wall.tzinfo is None for wall in value)  # pyright: ignore[reportUnknownVariableType]
    )


def _day() -> Any:
    def check(owner: object, attribute: Any, value: Any) -> None:
        if not _is_day(value):
            rule = "must be pairs of opening and closing time, each later than the one before"
            raise InvalidValue(type(owner).__name__, attribute.name, rule)

    return field(default=(), validator=check)


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

    def __attrs_post_init__(self) -> None:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise InvalidValue("WeeklyHours", "valid_to", "must be after valid_from")

    def on(self, day: date) -> tuple[OpenHours, ...]:
        """The stretches of `day`'s weekday, whether or not these hours are in force then."""
        week = (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )
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


def no_two_at_once(owner: object, attribute: Any, value: tuple[_Valid, ...]) -> None:
    """Accept dated values of which at most one is in force on any day."""
    ordered = sorted(value, key=lambda hours: hours.valid_from or date.min)
    for before, after in pairwise(ordered):
        if before.valid_to is None or after.valid_from is None or after.valid_from < before.valid_to:
            starts = f"{before.valid_from or 'always'} and the one from {after.valid_from or 'always'}"
            rule = f"the set from {starts} hold on the same days; end the earlier one with valid_to"
            raise InvalidValue(type(owner).__name__, attribute.name, rule)
