"""Every reference backend in memory, in the order of the ports."""

from __future__ import annotations

from typing import Any

from scld_core.testing.harness import Harness
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE
from scld_core.testing.references_accounts import MEMORY_FEES, MEMORY_PATRONS
from scld_core.testing.references_agency import MEMORY_CHANNEL, MEMORY_NOTICES
from scld_core.testing.references_calendars import MEMORY_CALENDARS
from scld_core.testing.references_catalog import MEMORY_CATALOG
from scld_core.testing.references_holds import MEMORY_HOLDS

__all__ = ["MEMORY"]

MEMORY: tuple[Harness[Any], ...] = (
    MEMORY_LOANS,
    MEMORY_PATRONS,
    MEMORY_FEES,
    MEMORY_NOTICES,
    MEMORY_HOLDS,
    MEMORY_CATALOG,
    MEMORY_CALENDARS,
    MEMORY_LINES,
    MEMORY_CHANNEL,
    MEMORY_STORE,
)
"""One for each port that there is."""
