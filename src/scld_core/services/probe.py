"""A read-only live self-test of one backend, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from attrs import frozen

from scld_core.catalog.model import Library
from scld_core.circulation.ports import Loans
from scld_core.errors import ScldError, SnapshotRefused, UnsupportedOperation
from scld_core.holds.ports import Holds
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.devices import Line
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page
from scld_core.plugins.spec import OpenBackend

__all__ = ["ProbeStep", "probe"]

_NOBODY = Barcode("00000000000000")
_YEAR = timedelta(days=365)


@frozen
class ProbeStep:
    """One thing that was tried: `ok` is None when the backend does not offer it."""

    name: str
    ok: bool | None
    detail: str = ""


def _try(name: str, call: Callable[[], str]) -> ProbeStep:
    try:
        return ProbeStep(name, ok=True, detail=call())
    except UnsupportedOperation as fault:
        return ProbeStep(name, ok=None, detail=fault.problem)
    except ScldError as fault:
        return ProbeStep(name, ok=False, detail=str(fault))


def _count(pages: Iterator[Page[Any]]) -> str:
    rows = bad = 0
    whole = False
    for page in pages:
        rows += len(page.rows)
        bad += len(page.quarantined)
        whole = page.last
    told = f"{rows} rows, {bad} unusable, the list is"
    if not whole:
        raise SnapshotRefused(f"{told} not whole: the day's run would refuse it")
    return f"{told} whole"


def probe(
    backend: OpenBackend, *, now: datetime, items: tuple[ItemId, ...] = (), lines: tuple[Line, ...] = ()
) -> Iterator[ProbeStep]:
    """Try the reads of the backend's ports in turn; never calls a write.

    `items` and `lines` are some of the district's own, to be read one by one. Of patrons a card is looked for
    that nobody has: a self-test reads nobody's record.
    """
    yield from _loans(backend, now, items)
    yield from _lines(backend, lines)
    yield from _catalogue(backend)
    if backend.patrons is not None:
        patrons = backend.patrons
        yield _try("a card that nobody has", lambda: "somebody has it" if patrons.find(_NOBODY) else "is nobody's")
    if backend.calendars is not None:
        calendars = backend.calendars
        day = now.date()
        yield _try("closures", lambda: _count(calendars.closures(day, day + _YEAR)))


def _loans(backend: OpenBackend, now: datetime, items: tuple[ItemId, ...]) -> Iterator[ProbeStep]:
    if backend.loans is None:
        return
    loans = backend.loans
    yield _try("overdue list", lambda: _count(loans.iter_overdue(now)))
    yield _try("item list", lambda: _count(loans.iter_items(items)))
    for item in items[:1]:
        yield _try("one item", partial(_state, loans, item))


def _state(port: Loans | CarrierLines, about: Any) -> str:
    found: Any = port.get(about)
    return str(found.state.value)


def _lines(backend: OpenBackend, lines: tuple[Line, ...]) -> Iterator[ProbeStep]:
    if backend.lines is None:
        return
    port = backend.lines
    found: list[LineView] = []

    def listed() -> str:
        pages = list(port.iter_lines())
        found.extend(row for page in pages for row in page.rows)
        return _count(iter(pages))

    yield _try("line list", listed)
    words = sorted({view.word for view in found if view.state is ServiceState.UNKNOWN_WORD})
    if words:
        yield ProbeStep("state words", ok=False, detail=f"no translation for {', '.join(map(repr, words))}")
    for line in lines[:1]:
        yield _try("one line", partial(_state, port, line))


def _catalogue(backend: OpenBackend) -> Iterator[ProbeStep]:
    """The libraries, and the pick list of the first of them."""
    found: list[Library] = []
    if backend.catalog is not None:
        catalog = backend.catalog

        def listed() -> str:
            pages = list(catalog.libraries())
            found.extend(row for page in pages for row in page.rows)
            return _count(iter(pages))

        yield _try("libraries", listed)
    if backend.holds is not None:
        holds = backend.holds
        for library in found[:1]:
            yield _try("pick list", partial(_pulls, holds, library))


def _pulls(holds: Holds, library: Library) -> str:
    return _count(holds.iter_pulls(library.id))
