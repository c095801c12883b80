"""The sentences of all areas, by code."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency import text as agency
from scld_core.agency.referrals import text as referrals
from scld_core.cards import text as cards
from scld_core.circulation import text as circulation
from scld_core.holds import text as holds
from scld_core.hotspots import text as hotspots
from scld_core.patrons import text as patrons

__all__ = ["REASONS", "TEXTS", "VERBS"]

REASONS: Mapping[str, str] = {
    **agency.REASONS,
    **referrals.REASONS,
    **hotspots.REASONS,
    **circulation.REASONS,
    **holds.REASONS,
    **patrons.REASONS,
    **cards.REASONS,
}
"""Why a step is there, or is left alone."""

TEXTS: Mapping[str, str] = {
    **agency.TEXTS,
    **referrals.TEXTS,
    **hotspots.TEXTS,
    **circulation.TEXTS,
    **holds.TEXTS,
    **patrons.TEXTS,
    **cards.TEXTS,
}
"""Everything a report needs."""

VERBS: Mapping[str, str] = {
    **agency.VERBS,
    **referrals.VERBS,
    **hotspots.VERBS,
    **circulation.VERBS,
    **holds.VERBS,
    **patrons.VERBS,
    **cards.VERBS,
}
"""What each action does."""
