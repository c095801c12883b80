"""Opening a catalogue, using only what is declared, keeping secrets, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.testing.case import Check, check, require
from scld_core.testing.catalog_tools import OPERATIONS, Shelves, calls, told
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import CatalogBench
from scld_core.testing.synthetic import SECRET
from scld_core.testing.synthetic_catalog import books

__all__ = ["CHECKS"]


def declared(case: Shelves) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(books())
    offered(case, calls(bench)[case.operation])


def keeps_secrets(case: Shelves) -> None:
    """No secret of the settings shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(books())
        said = [repr(bench.catalog), quiet_words(calls(bench)[case.operation])]
        if bench.outage is not None:
            bench.outage()
            said.append(quiet_words(calls(bench)[case.operation]))
    unseen(SECRET, "a secret", said=said, heard=heard)


def _calls(case: Shelves, bench: CatalogBench) -> Iterable[Callable[[], object]]:
    del case
    return calls(bench).values()


def books_of_its_own(case: Shelves) -> None:
    """Two instances of one backend know nothing of each other's titles and items."""
    for instance in ("kit-a", "kit-b"):
        bench = case.open(books(instance), instance=instance)
        rows = told(calls(bench, instance)[case.operation]())
        require(rows, "an instance does not show what is its own")
        require({row.id.backend for row in rows} == {instance}, "an instance shows what is another's")
        require(len({row.id for row in rows}) == len(rows), "a record is shown twice once another instance is open")


CHECKS: tuple[Check[Any], ...] = (
    check("catalog", *OPERATIONS, always=True)(declared),
    check("catalog", *OPERATIONS)(keeps_secrets),
    *closing("catalog", books, _calls),
    check("catalog", *(name for name in OPERATIONS if name != "libraries"))(books_of_its_own),
)
"""In the order of the report."""
