"""Policy is data with dates: effective values, profiles, the law's limits, resolution for a day."""

from scld_core.policies.effective import Dated, Effective, Validity, in_force, never_two_at_once
from scld_core.policies.law import offences
from scld_core.policies.profile import Law, Profile, load_profile, parse_profile, profile_names
from scld_core.policies.resolve import Resolved, check_overrides, resolve
from scld_core.policies.tables import Layer, Values, read_layer

__all__ = [
    "Dated",
    "Effective",
    "Law",
    "Layer",
    "Profile",
    "Resolved",
    "Validity",
    "Values",
    "check_overrides",
    "in_force",
    "load_profile",
    "never_two_at_once",
    "offences",
    "parse_profile",
    "profile_names",
    "read_layer",
    "resolve",
]
