"""What a district decides about its hotspots."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import between, instance

__all__ = ["HotspotPolicy"]


@frozen
class HotspotPolicy:
    """One key each under ``[policy.hotspots]``; a key without a sourced value must be set there.

    grace_days: open days after the due date before service stops.
    max_fact_age_minutes: facts older than this stop the run.
    lost_terminate_after_days: days after an item was declared lost until its line should end.
    pending_limit_hours: how long a carrier or operator may take before the step is an exception.
    max_batch_count, max_batch_fraction: more suspensions than this in one run need confirmation.
    max_missing_fraction: how much of the inventory a system's list may lack before it is refused, and how
        much of the last run's hotspots the inventory itself.
    per_household: hotspots one household may hold at a time.
    cooling_off_hours: hours between a household's return and its next hotspot.
    max_actions_per_day, max_consecutive_suspended_days, max_suspended_days_per_year,
    resume_notice_days: the carrier's own limits on a line.
    """

    grace_days: int = field(validator=[instance(int), between(0, 100_000)])
    max_fact_age_minutes: int = field(validator=[instance(int), between(1, 100_000)])
    lost_terminate_after_days: int = field(validator=[instance(int), between(0, 100_000)])
    pending_limit_hours: int = field(validator=[instance(int), between(1, 100_000)])
    max_batch_count: int = field(validator=[instance(int), between(0, 100_000)])
    max_batch_fraction: float = field(validator=between(0, 1))
    max_missing_fraction: float = field(validator=between(0, 1))
    per_household: int = field(validator=[instance(int), between(1, 100_000)])
    cooling_off_hours: int = field(validator=[instance(int), between(0, 100_000)])
    max_actions_per_day: int = field(validator=[instance(int), between(1, 100_000)])
    max_consecutive_suspended_days: int = field(validator=[instance(int), between(1, 100_000)])
    max_suspended_days_per_year: int = field(validator=[instance(int), between(1, 100_000)])
    resume_notice_days: int = field(validator=[instance(int), between(0, 100_000)])
