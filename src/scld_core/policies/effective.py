"""Values that hold from one date to another, and never two of them at once."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeVar, cast

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, optional

__all__ = ["Dated", "Effective", "Validity", "in_force", "never_two_at_once"]

T = TypeVar("T")


class Validity(Protocol):
    """Anything in force from `valid_from` up to but without `valid_to`; None is without bound."""

    @property
    def valid_from(self) -> date | None:
        """The first day."""
        ...

    @property
    def valid_to(self) -> date | None:
        """The first day on which it does not hold any more."""
        ...


def in_force(value: Validity, on: date) -> bool:
    """Whether `value` holds on the date."""
    return (value.valid_from is None or value.valid_from <= on) and (value.valid_to is None or on < value.valid_to)


def never_two_at_once(owner: object, attribute: Any, value: Any) -> None:
    """An attrs validator: of the dated values at most one is in force on any day, and each on one at least."""
    entries = cast("tuple[Validity, ...]", value)
    ordered = sorted(enumerate(entries), key=lambda row: row[1].valid_from or date.min)
    for place, one in ordered:
        if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
            rule = f"[{place}] ({_span(one)}) is never in force: valid_to must be after valid_from"
            raise InvalidValue(type(owner).__name__, attribute.name, rule)
    for (place, before), (other, after) in pairwise(ordered):
        if before.valid_to is None or after.valid_from is None or after.valid_from < before.valid_to:
            rule = f"[{place}] ({_span(before)}) and [{other}] ({_span(after)}) hold on the same days"
            raise InvalidValue(type(owner).__name__, attribute.name, rule)


def _span(value: Validity) -> str:
    return f"{value.valid_from or 'ever'} to {value.valid_to or 'ever'}"


@frozen
class Dated(Generic[T]):
    """A value with its validity, where it is written, and who may change it."""

    value: T
    source: str = ""
    changed_by: str = ""
    valid_from: date | None = field(default=None, validator=optional(instance(date)))
    valid_to: date | None = field(default=None, validator=optional(instance(date)))


@frozen
class Effective(Generic[T]):
    """The versions of one value; gaps are days on which it is not set."""

    versions: tuple[Dated[T], ...] = field(validator=[each(instance(Dated)), never_two_at_once])

    def at(self, on: date) -> Dated[T] | None:
        """The version in force on the date, or None."""
        return next((version for version in self.versions if in_force(version, on)), None)
