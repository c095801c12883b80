"""Levers that every adapter with a loopback fake gives to the conformance kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_adapters._shared.http import Request
from scld_core.hotspots.account import Fate

__all__ = ["fall", "fates", "sent_texts"]

_FAULTS = {
    Fate.LOST_AFTER: Fault.DROP_AFTER,
    Fate.LOST_BEFORE: Fault.DROP,
    Fate.DUPLICATED: Fault.DUPLICATE,
    Fate.RATE_LIMITED: Fault.TOO_MANY_WAIT,
}
_FOR_GOOD = 50  # requests: more than one check makes


def sent_texts(server: FakeServer) -> Callable[[], list[str]]:
    """Everything that arrived at a fake, as text."""
    return lambda: [
        f"{r.method} {r.url} {r.query} {dict(r.headers)} {r.body.decode(errors='replace')}" for r in server.requests
    ]


def fates(server: FakeServer, is_write: Callable[[Request], bool]) -> Mapping[Fate, Callable[[], None]]:
    """What the wire can do to the next request that asks for a change."""

    def prepare(fault: Fault) -> Callable[[], None]:
        return lambda: server.script(fault, only=is_write)

    return {fate: prepare(fault) for fate, fault in _FAULTS.items()}


def fall(server: FakeServer) -> Callable[[], None]:
    """From now on every request is dropped."""
    return lambda: server.script(*[Fault.DROP] * _FOR_GOOD)
