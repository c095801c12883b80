"""The sentences of this area, by code."""

from __future__ import annotations

from scld_core.patrons.access import REASONS as ACCESS
from scld_core.patrons.actions import REASONS as ACTIONS
from scld_core.patrons.duplicates import REASONS as DUPLICATES
from scld_core.patrons.jurisdiction import REASONS as JURISDICTION
from scld_core.patrons.lookup import REASONS as LOOKUP
from scld_core.patrons.merge import REASONS as MERGE
from scld_core.patrons.verification import REASONS as VERIFICATION
from scld_core.runs.one_step import REASONS as WRITES

__all__ = ["DESK", "REASONS", "TEXTS", "VERBS"]

REASONS = {**WRITES, **ACTIONS}
"""Why something was done with a record or not, as the day's run tells it."""

DESK = {
    **DUPLICATES,
    **JURISDICTION,
    **MERGE,
    **ACCESS,
    **VERIFICATION,
    **LOOKUP,
    **REASONS,
}
"""Every sentence of the patron desk; those about households are in their own module, since some codes are the same."""

TEXTS: dict[str, str] = {}
"""Nothing of a patron is in the day's report but what waits."""

VERBS = {
    "patrons.block": "block a patron",
    "patrons.unblock": "end a block",
    "patrons.update": "change a patron's record",
    "patrons.merge": "merge two records",
}
"""What each action does."""
