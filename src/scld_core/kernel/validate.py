"""attrs validators whose errors name class, field and rule, and never the value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scld_core.errors import InvalidValue

__all__ = ["Validator", "at_least", "between", "day", "each", "instance", "instant", "matching", "nonempty", "optional"]

Validator = Callable[[Any, Any, Any], None]  # attrs' own shape: (instance, attribute, value)


def _refuse(owner: object, attribute: Any, rule: str) -> InvalidValue:
    return InvalidValue(type(owner).__name__, attribute.name, rule)


def instance(kind: type | tuple[type, ...]) -> Validator:
    """Accept instances of `kind`; a bool is not an int here."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    first = kinds[0]

    def check(owner: object, attribute: Any, value: Any) -> None:
        if type(value) is first:
            return  # nearly always, and every value that is built comes by here
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise _refuse(owner, attribute, "must be " + " or ".join(k.__name__ for k in kinds))

    return check


def matching(test: Callable[[Any], bool], rule: str) -> Validator:
    """Accept what `test` accepts; `rule` says in words what that is."""

    def check(owner: object, attribute: Any, value: Any) -> None:
        if not test(value):
            raise _refuse(owner, attribute, rule)

    return check


def nonempty(owner: object, attribute: Any, value: Any) -> None:
    """Accept text with at least one character that is not white space."""
    if not isinstance(value, str) or not value or value.isspace():
        raise _refuse(owner, attribute, "must be text that is not blank")


def instant(owner: object, attribute: Any, value: Any) -> None:
    """Accept an aware datetime in UTC: the only form in which scld orders instants."""
    if type(value) is datetime and value.tzinfo is UTC:
        return
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _refuse(owner, attribute, "must be a datetime with a time zone")
    if value.utcoffset() != timedelta(0):
        raise _refuse(owner, attribute, "must be in UTC")


def day(owner: object, attribute: Any, value: Any) -> None:
    """Accept a date without a time."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise _refuse(owner, attribute, "must be a date without a time")


def optional(inner: Validator) -> Validator:
    """Accept None as well as what `inner` accepts."""

    def check(owner: object, attribute: Any, value: Any) -> None:
        if value is not None:
            inner(owner, attribute, value)

    return check


def each(inner: Validator) -> Validator:
    """Accept a tuple whose every member `inner` accepts."""

    def check(owner: object, attribute: Any, value: Any) -> None:
        if not isinstance(value, tuple):
            raise _refuse(owner, attribute, "must be a tuple")
        for member in value:  # pyright: ignore[reportUnknownVariableType]
            inner(owner, attribute, member)

    return check


def at_least(low: float) -> Validator:
    """Accept numbers from `low` upwards."""
    return matching(
        lambda v: (type(v) is int or (isinstance(v, int | float) and not isinstance(v, bool))) and v >= low,
        f"must be a number of at least {low}",
    )


def between(low: float, high: float) -> Validator:
    """Accept numbers from `low` to `high`, both included."""
    return matching(
        lambda v: (type(v) is int or (isinstance(v, int | float) and not isinstance(v, bool))) and low <= v <= high,
        f"must be a number from {low} to {high}",
    )
