"""The quick way in: msgspec reads the text into twins of our classes, and our classes are built from these.

Of every text that `dump` wrote it gives the value that the converter gives. Whatever it does not
understand or refuses is left to the converter, which also names every mistake. Validators run. Of
instants it takes what RFC 3339 permits: a small z, and more than six digits, which it rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import attrs
import msgspec

from scld_core.kernel.time import to_instant

__all__ = ["Reader", "reader"]

Reader = Callable[[str], Any]
"""From the text of an envelope to its value; raises where the converter has to look."""

_Make = Callable[[Any], Any]
_Way = tuple[Any, _Make | None]
"""What msgspec reads, and how our value is made of it; None where it is that already."""

_PLAIN = frozenset({str, bool, int, date})


class _Strange(Exception):
    """A kind of value that only the converter understands."""


@cache
def reader(kind: Any, name: str, version: int) -> Reader | None:
    """How envelopes of `kind` are read; None where its classes hold what only the converter understands."""
    try:
        twin, make = _Builder().way(kind)
    except _Strange:
        return None
    fields = [("v", int), ("kind", str), ("body", twin)]
    envelope: Any = msgspec.defstruct("Envelope", fields, forbid_unknown_fields=True)  # pyright: ignore[reportUnknownMemberType]
    decode = msgspec.json.Decoder(envelope).decode
    if make is None:
        return None

    def read(text: str) -> Any:
        found = decode(text)
        if found.v != version or found.kind != name:
            raise ValueError
        return make(found.body)

    return read


class _Builder:
    """Makes the twins of one kind and of all that it holds."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    def way(self, kind: Any) -> _Way:
        """What msgspec reads for a kind, and how it becomes ours."""
        if kind in _PLAIN:
            return kind, None
        if kind is datetime:
            return Annotated[datetime, msgspec.Meta(tz=True)], _instant
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _enum(kind)
        if get_origin(kind) in (Union, UnionType):
            return self._optional(get_args(kind))
        if get_origin(kind) is tuple:
            return self._tuple(get_args(kind))
        if isinstance(kind, type) and attrs.has(kind):
            parse = getattr(kind, "parse", None)
            return (str, parse) if callable(parse) else self._class(kind)
        raise _Strange

    def _optional(self, kinds: tuple[Any, ...]) -> _Way:
        given = [kind for kind in kinds if kind is not NoneType]
        if len(given) != 1:
            raise _Strange
        twin, make = self.way(given[0])
        return twin | None, make  # whoever calls it leaves None as it is

    def _tuple(self, kinds: tuple[Any, ...]) -> _Way:
        open_ended = len(kinds) == 2 and kinds[1] is Ellipsis
        ways = [self.way(kind) for kind in (kinds[:1] if open_ended else kinds)]
        makes = [make for _, make in ways if make is not None]
        if not makes:
            return kinds and tuple[kinds], None  # type: ignore[valid-type]
        if not open_ended:
            raise _Strange
        twin, make = ways[0][0], makes[0]
        if NoneType in get_args(twin):
            raise _Strange
        return list[twin], lambda raw: tuple([make(one) for one in raw])  # type: ignore[valid-type]

    def _class(self, kind: type[attrs.AttrsInstance]) -> _Way:
        if kind in self._open:
            raise _Strange
        self._open.append(kind)
        fields = [field for field in attrs.fields(attrs.resolve_types(kind)) if field.init]
        ways = [(field.alias, self.way(field.type)) for field in fields]
        self._open.pop()
        twin: Any = msgspec.defstruct(  # pyright: ignore[reportUnknownMemberType]
            kind.__name__,
            [(name, what) for name, (what, _) in ways],
            forbid_unknown_fields=True,
            gc=False,
        )
        return twin, _maker(kind, ways)


def _instant(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else to_instant(moment)


def _enum(kind: type[Enum]) -> _Way:
    members = {member.value: member for member in kind}
    if not all(type(value) is str for value in members):
        raise _Strange
    return str, members.__getitem__


def _maker(kind: Any, ways: list[tuple[str, _Way]]) -> _Make:
    """A function from a twin to ours, every field by its name."""
    scope: dict[str, Any] = {"kind": kind}
    parts: list[str] = []
    for name, (twin, make) in ways:
        scope[f"make_{name}"] = make
        made = f"twin.{name}" if make is None else f"make_{name}(twin.{name})"
        skips = make is not None and NoneType in get_args(twin)
        parts.append(f"{name}=None if twin.{name} is None else {made}" if skips else f"{name}={made}")
    return cast("_Make", eval(f"lambda twin: kind({', '.join(parts)})", scope))  # noqa: S307 - names of our fields
