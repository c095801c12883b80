"""Policy is data with dates: effective values, profiles, the law's limits, resolution for a day."""

from scld_core.policies.effective import Dated, Effective, Validity, in_force, never_two_at_once

__all__ = ["Dated", "Effective", "Validity", "in_force", "never_two_at_once"]
