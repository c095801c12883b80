"""What goes wrong around a port whatever it is about: at its close, on its line, and in what it declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import evolve

from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.testing.harness import (
    CalendarsBench,
    CatalogBench,
    ChannelBench,
    FeesBench,
    HoldsBench,
    LoansBench,
    NoticesBench,
    PatronsBench,
)

__all__ = ["breaks_after_close", "cannot_close_twice", "denies_the_effect", "foreign_on_outage"]

B = TypeVar(
    "B",
    CalendarsBench,
    CatalogBench,
    ChannelBench,
    FeesBench,
    HoldsBench,
    LoansBench,
    NoticesBench,
    PatronsBench,
)

_PORTS = {
    CalendarsBench: "calendars",
    CatalogBench: "catalog",
    ChannelBench: "channel",
    FeesBench: "fees",
    HoldsBench: "holds",
    LoansBench: "loans",
    NoticesBench: "notices",
    PatronsBench: "patrons",
}


class _Wrapped:
    """A port each of whose calls goes through `around`."""

    def __init__(self, port: object, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self._port = port
        self._around = around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._around(found) if callable(found) else found


def _around(bench: B, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> B:
    name = _PORTS[type(bench)]
    changed: dict[str, Any] = {name: _Wrapped(getattr(bench, name), around)}
    return evolve(bench, **changed)


def cannot_close_twice(bench: B) -> B:
    """Releases what it has released already."""
    held = ["connection"]

    def release() -> None:
        held.pop()

    return evolve(bench, close=release)


def breaks_after_close(bench: B) -> B:
    """Raises what its connection raises once it is closed."""
    closed: list[bool] = []

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            if closed:
                raise AttributeError("'NoneType' object has no attribute 'cursor'")
            return call(*args, **kwargs)

        return called

    return evolve(_around(bench, around), close=lambda: closed.append(True))


def foreign_on_outage(bench: B) -> B:
    """Lets the network library's own exception through when the system is down."""
    down: list[bool] = []

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            if down:
                raise ConnectionRefusedError("[Errno 111]")
            return call(*args, **kwargs)

        return called

    return evolve(_around(bench, around), outage=lambda: down.append(True))


def denies_the_effect(bench: B) -> B:
    """Takes every broken connection for a request that never arrived."""

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            try:
                return call(*args, **kwargs)
            except OutcomeUnknown as lost:
                raise Unavailable(lost.backend, lost.operation, "timed out") from None

        return called

    return _around(bench, around)
