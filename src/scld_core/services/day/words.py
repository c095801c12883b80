"""The sentences of all areas, by code."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency import text as agency
from scld_core.agency.referrals import text as referrals
from scld_core.hotspots import text as hotspots

__all__ = ["REASONS", "TEXTS", "VERBS"]

REASONS: Mapping[str, str] = {**agency.REASONS, **referrals.REASONS, **hotspots.REASONS}
"""Why a step is there, or is left alone."""

TEXTS: Mapping[str, str] = {**agency.TEXTS, **referrals.TEXTS, **hotspots.TEXTS}
"""Everything a report needs."""

VERBS: Mapping[str, str] = {**agency.VERBS, **referrals.VERBS, **hotspots.VERBS}
"""What each action does."""
