"""The sentences of this area, by code."""

from __future__ import annotations

from scld_core.cards.rules import REASONS as RULES
from scld_core.patrons.actions import REASONS as RECORDS
from scld_core.runs.one_step import REASONS as WRITES

__all__ = ["REASONS", "TEXTS", "VERBS"]

REASONS = {**WRITES, **RECORDS, **RULES}
"""Why a card is given, renewed or replaced, or not."""

TEXTS: dict[str, str] = {}
"""Nothing of a card is in the day's report but what waits."""

VERBS = {
    "cards.issue": "issue a card",
    "cards.upgrade": "give another kind of card",
    "cards.renew": "renew a card",
    "cards.replace": "replace a card",
}
"""What each action does."""
