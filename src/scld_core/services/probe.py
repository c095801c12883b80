"""A read-only live self-test of one backend, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from scld_core.errors import ScldError, SnapshotRefused, UnsupportedOperation
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page
from scld_core.plugins.spec import OpenBackend

__all__ = ["ProbeStep", "probe"]


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
    """Try each read of the backend's ports in turn; never calls a write.

    `items` and `lines` are some of the district's own, to be read one by one.
    """
    if backend.loans is not None:
        loans = backend.loans
        yield _try("overdue list", lambda: _count(loans.iter_overdue(now)))
        yield _try("item list", lambda: _count(loans.iter_items(items)))
        for item in items[:1]:
            yield _try("one item", lambda item=item: loans.get(item).state.value)  # type: ignore[misc]
    if backend.lines is not None:
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
            yield _try("one line", lambda line=line: port.get(line).state.value)  # type: ignore[misc]
