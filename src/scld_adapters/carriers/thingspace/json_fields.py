"""JSON of unknown origin, read field by field: a wrong shape is a None and never an exception."""

from __future__ import annotations

import json
from typing import cast

__all__ = ["Fields", "as_object", "items", "number", "read_object", "word"]

Fields = dict[str, object]
"""A JSON object whose values nobody has checked yet."""


def _no_constant(name: str) -> object:
    raise ValueError(name)


def read_object(body: bytes) -> Fields | None:
    """The JSON object that `body` holds in UTF-8, or None for everything else (NaN and deep nesting included)."""
    try:
        value: object = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return as_object(value)


def as_object(value: object) -> Fields | None:
    """`value` when it is a JSON object."""
    return cast("Fields", value) if isinstance(value, dict) else None


def items(fields: Fields, name: str) -> tuple[object, ...] | None:
    """The members of the list under `name`, or None when there is no list."""
    value = fields.get(name)
    return tuple(cast("list[object]", value)) if isinstance(value, list) else None


def word(fields: Fields, name: str, limit: int = 200) -> str | None:
    """The text under `name` when it is printable, not blank and at most `limit` characters long."""
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        return None
    return value if value.isprintable() and value.strip() else None


def number(value: object) -> int | None:
    """A whole number from 0 to 2**63 - 1, written as a number or in digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        return None
    return value
