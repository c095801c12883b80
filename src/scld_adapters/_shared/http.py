"""Requests, answers and the two kinds of fault of an HTTP exchange; no network here.

A transport is any function from Request to Response that raises NotSent or MaybeSent. The difference
decides whether a write may be repeated, so an implementation says NotSent only when it is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from scld_core.kernel.validate import between, instance, matching

__all__ = ["Headers", "HttpFault", "MaybeSent", "NotSent", "Pairs", "Request", "Response", "Send"]

Pairs = tuple[tuple[str, str], ...]


class HttpFault(Exception):
    """An exchange that gave no whole answer; the text never repeats headers, query or body."""


class NotSent(HttpFault):
    """Provably nothing left us: no address, no connection, no TLS, no free connection in time."""


class MaybeSent(HttpFault):
    """Anything later: the request may have arrived and may have had its effect."""


class Headers(Mapping[str, str]):
    """Header fields by name, in any letter case; of a repeated name the last counts."""

    __slots__ = ("_fields",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """Take (name, value) pairs."""
        self._fields = {name.lower(): value for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        # names only: values may be tokens
        return f"Headers({', '.join(self._fields)})"


def _sendable(pairs: Any) -> bool:
    return isinstance(pairs, tuple) and all(
        isinstance(name, str) and isinstance(value, str) and (name + value).isascii() and (name + value).isprintable()
        for name, value in pairs  # pyright: ignore[reportUnknownVariableType]
    )


@frozen
class Request:
    """One request. Headers, query and body stay out of the repr: they may hold secrets."""

    method: str = field(validator=matching(lambda v: isinstance(v, str) and v.isupper(), "must be an upper-case verb"))
    url: str = field(validator=instance(str))
    headers: Pairs = field(
        default=(), repr=False, validator=matching(_sendable, "must be pairs of printable ASCII text")
    )
    body: bytes = field(default=b"", repr=False, validator=instance(bytes))
    query: Pairs = field(default=(), repr=False, validator=instance(tuple))

    def header(self, name: str) -> str | None:
        """The value of a header in any letter case, or None."""
        return Headers(self.headers).get(name)


@frozen
class Response:
    """A whole answer: its status, headers and body."""

    status: int = field(validator=between(100, 599))
    headers: Headers = field(factory=Headers, validator=instance(Headers))
    body: bytes = field(default=b"", repr=False, validator=instance(bytes))


Send = Callable[[Request], Response]
