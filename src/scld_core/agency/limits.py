"""What a district decides about the agency's part of the day: how old and how whole its files must be."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import between, instance

__all__ = ["AgencyLimits"]


@frozen
class AgencyLimits:
    """One key each under ``[policy.agency_day]``; none has a sourced value, so each must be set there.

    max_fact_age_minutes: an ILS snapshot or a list of the agency older than this stops the run.
    max_missing_fraction: how much of what one side has may be unknown to the other before a file is
        refused, and how much smaller the list may be than at the last run.
    max_batch_count, max_batch_fraction: more risky steps than this in one run need confirmation; risky is
        what is to a patron's disadvantage.
    """

    max_fact_age_minutes: int = field(validator=[instance(int), between(1, 100_000)])
    max_missing_fraction: float = field(validator=between(0, 1))
    max_batch_count: int = field(validator=[instance(int), between(0, 100_000)])
    max_batch_fraction: float = field(validator=between(0, 1))
