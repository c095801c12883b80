"""Opening a record of notices, using only what is declared, keeping patrons' data, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from scld_core.testing.case import Check, check, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import NoticesBench
from scld_core.testing.lists import rows_of
from scld_core.testing.notices_tools import OPERATIONS, Record, asked
from scld_core.testing.synthetic import PATRON, SECRET
from scld_core.testing.synthetic_accounts import patron
from scld_core.testing.synthetic_agency import notices

__all__ = ["CHECKS"]


def _list(bench: NoticesBench, operation: str, number: int) -> list[Any]:
    return rows_of(asked(bench, operation, patron(number)))


def declared(case: Record) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(notices())
    offered(case, lambda: _list(bench, case.operation, 2))


def keeps_patrons(case: Record) -> None:
    """No patron's data and no secret shows in a log, an exception or a repr, those of notices included."""
    with listening() as heard:
        bench = case.open(notices())
        said = [repr(bench.notices)]
        said.extend(quiet_words(lambda: list(asked(bench, case.operation, patron(0)))) for _ in range(2))
        if bench.outage is not None:
            bench.outage()
            said.append(quiet_words(lambda: list(asked(bench, case.operation, patron(0)))))
    for canary in (PATRON, SECRET):
        unseen(canary, "a patron's data or a secret", said=said, heard=heard)


def _calls(case: Record, bench: NoticesBench) -> Iterable[Callable[[], object]]:
    del case
    return [partial(_list, bench, operation, 2) for operation in OPERATIONS]


def notices_of_its_own(case: Record) -> None:
    """Two instances of one backend know nothing of each other's notices."""
    for instance in ("kit-a", "kit-b"):
        bench = case.open(notices(instance), instance=instance)
        rows = rows_of(asked(bench, case.operation, patron(2, instance)))
        require(rows, "an instance does not show its own notices")
        require({row.patron.backend for row in rows} == {instance}, "an instance shows the notices of another")
        require(len(set(rows)) == len(rows), "a notice is shown twice once another instance is open")


CHECKS: tuple[Check[Any], ...] = (
    check("notices", *OPERATIONS, always=True)(declared),
    check("notices", *OPERATIONS)(keeps_patrons),
    *closing("notices", notices, _calls),
    check("notices", *OPERATIONS)(notices_of_its_own),
)
"""In the order of the report."""
