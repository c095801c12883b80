"""The sentences of this area, by code."""

from __future__ import annotations

from scld_core.circulation.claims import REASONS as CLAIMS
from scld_core.circulation.rules import REASONS as RULES
from scld_core.runs.one_step import REASONS as WRITES

__all__ = ["REASONS", "TEXTS", "VERBS"]

REASONS = {**WRITES, **CLAIMS, **RULES}
"""Why something may be done with an item or not."""

TEXTS: dict[str, str] = {}
"""Nothing of a loan is in the day's report but what waits."""

VERBS = {
    "loans.check_out": "lend an item",
    "loans.check_in": "take an item back",
    "loans.renew": "renew a loan",
    "loans.claim_returned": "record that an item is claimed as returned",
    "loans.declare": "say what became of an item",
    "loans.found": "end the loan of a claimed item that was found",
}
"""What each action does."""
