"""Seeded scripts on the backend and on the reference: the same calls, the same meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scld_core.testing.case import Case, Check, check, fail
from scld_core.testing.differential import differ
from scld_core.testing.harness import Harness
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE
from scld_core.testing.references_accounts import MEMORY_FEES, MEMORY_PATRONS
from scld_core.testing.references_agency import MEMORY_CHANNEL, MEMORY_NOTICES
from scld_core.testing.references_calendars import MEMORY_CALENDARS
from scld_core.testing.references_catalog import MEMORY_CATALOG
from scld_core.testing.references_holds import MEMORY_HOLDS

__all__ = ["CHECKS"]

_REFERENCES: Mapping[str, Harness[Any]] = {
    "lines": MEMORY_LINES,
    "loans": MEMORY_LOANS,
    "channel": MEMORY_CHANNEL,
    "fees": MEMORY_FEES,
    "patrons": MEMORY_PATRONS,
    "notices": MEMORY_NOTICES,
    "holds": MEMORY_HOLDS,
    "catalog": MEMORY_CATALOG,
    "calendars": MEMORY_CALENDARS,
    "store": MEMORY_STORE,
}
_FIRST = {
    "lines": "iter_lines",
    "loans": "iter_overdue",
    "channel": "deliver",
    "fees": "account",
    "patrons": "get",
    "notices": "iter_notices",
    "holds": "of_title",
    "catalog": "item",
    "calendars": "closures",
    "store": "transaction",
}
_WRITTEN = ("lines", "store")  # of the others there are backends that are only read, or carried by a person
_SEEDS = (1, 2)


def like_the_reference(case: Case[Any]) -> None:
    """Whatever happens in whatever order, it answers as the reference does."""
    for seed in _SEEDS:
        found = differ(_REFERENCES[case.harness.port], case.harness, seed=seed)
        if found is not None:
            fail(f"seed {seed}, {found}")


CHECKS: Mapping[str, tuple[Check[Any], ...]] = {
    port: (check(port, first, writes=port in _WRITTEN)(like_the_reference),) for port, first in _FIRST.items()
}
"""By port."""
