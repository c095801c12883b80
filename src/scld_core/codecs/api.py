"""From values to text and back, without losing a bit and without guessing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast, get_origin

from scld_core.codecs.problems import Problem, raise_all
from scld_core.errors import BadInput

__all__ = ["VERSION", "attempt", "carefully", "dump", "load", "structure", "unstructure"]

T = TypeVar("T")

VERSION = 1
"""The version of the envelope and of every body in it; raised when a stored body changes its meaning."""


def unstructure(value: Any) -> Any:
    """Plain data: dicts, lists, text, numbers, booleans, None. Ids, dates and enums become text."""
    from scld_core.codecs import _cattrs  # noqa: PLC0415 - cattrs is loaded at first use

    return _cattrs.unstructure(value)


def attempt(kind: Any, data: Any) -> tuple[Any, tuple[Problem, ...]]:
    """The value of `kind`, or None and every mistake at its path, for callers that gather more of them.

    `kind` may be any annotation, such as ``tuple[Step, ...]``. The rules are those of `structure`.
    """
    from scld_core.codecs import _cattrs  # noqa: PLC0415 - cattrs is loaded at first use

    return _cattrs.attempt(kind, data)


def structure(kind: type[T], data: Mapping[str, Any], *, where: str) -> T:
    """A `kind` out of the tables of a TOML or JSON document.

    Nothing is converted that is not of the right type already (``"5"`` is no 5, 1 is no true);
    TOML's own dates and times are accepted. Raises SettingsError that names every mistake with its
    path under `where`, an unknown key with the nearest valid one, and no value.
    """
    built, found = attempt(kind, data)
    raise_all(where, found)
    return cast(T, built)


def dump(value: Any) -> str:
    """Canonical JSON of a value in its envelope: sorted keys, no spaces, ASCII; equal values, equal text."""
    envelope = {"v": VERSION, "kind": type(value).__name__, "body": unstructure(value)}
    return json.dumps(envelope, sort_keys=True, separators=(",", ":"), allow_nan=False)


def load(kind: type[T], text: str) -> T:
    """The value that `dump` wrote.

    With the extra ``fast`` it is read by msgspec where it is as it should be, to the same value. Raises
    BadInput for text that is no envelope, for another kind, for a newer version, and for a body that
    does not fit, with every path and no value.
    """
    read = _quick(cast(Any, kind))
    if read is not None:
        try:
            return cast(T, read(text))
        except Exception:  # noqa: BLE001, S110 - what is wrong is for the converter to say, outside this handler
            pass
    return carefully(kind, text)


def carefully(kind: type[T], text: str) -> T:
    """The same by the converter, with or without the extra."""
    name = _name_of(kind)
    where = f"stored {name}"
    body = _open(text, name, where)
    built, found = attempt(kind, body)
    raise_all(where, found, error=BadInput)
    return cast(T, built)


@cache
def _quick(kind: Any) -> Callable[[str], Any] | None:
    """The quick way to read a kind; None where there is none, or the extra is missing."""
    try:
        from scld_core.codecs import _msgspec  # noqa: PLC0415 - an optional library, loaded at first use
    except ImportError:
        return None
    return _msgspec.reader(kind, _name_of(kind), VERSION)


def _name_of(kind: Any) -> str:
    return cast(str, getattr(get_origin(kind) or kind, "__name__"))  # noqa: B009 - a generic alias has no typed name


def _open(text: str, name: str, where: str) -> Any:
    envelope = _json(text, where)
    if not isinstance(envelope, dict) or set(cast("dict[str, Any]", envelope)) != {"v", "kind", "body"}:
        raise BadInput(where, "is not an envelope with v, kind and body")
    parts = cast("dict[str, Any]", envelope)
    version = parts["v"]
    if type(version) is not int or version < 1:
        raise BadInput(where, "has no version number")
    if version > VERSION:
        raise BadInput(where, f"was written by a newer scld (version {version}, this one reads {VERSION})", "Upgrade")
    if parts["kind"] != name:
        raise_all(where, [Problem(("kind",), f"holds another kind of value, not {name}")], error=BadInput)
    return parts["body"]


def _no_number(_: str) -> None:
    raise ValueError


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise BadInput(where, f"is not JSON ({place})") from None
    except (RecursionError, ValueError):  # nesting without end; NaN; an integer of thousands of digits
        raise BadInput(where, "is not JSON that can be read") from None
