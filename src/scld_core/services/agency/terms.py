"""What a profile decides of collection, as the terms of a comparison; what it leaves out is not checked."""

from __future__ import annotations

from datetime import date

from attrs import evolve, field, fields, frozen

from scld_core.agency.classify import Terms
from scld_core.errors import ProfileRefused
from scld_core.kernel.money import Money
from scld_core.kernel.validate import at_least, instance, optional
from scld_core.policies.law import NOTICE_DAYS
from scld_core.policies.profile import Profile

__all__ = ["Given", "terms_of"]


@frozen
class Given:
    """What somebody decides for one comparison, in place of what the profile says; None leaves that."""

    in_flight_days: int | None = field(default=None, validator=optional(at_least(0)))
    stale_days: int | None = field(default=None, validator=optional(at_least(0)))
    referral_fee: Money | None = field(default=None, validator=optional(instance(Money)))

    def over(self, terms: Terms) -> Terms:
        """The terms with these in their place."""
        own = {a.name: value for a in fields(Given) if (value := getattr(self, a.name)) is not None}
        return evolve(terms, **own)


def terms_of(profile: Profile | None, on: date) -> Terms:
    """The terms in force on a date, from the profile's keys ``agency.*``; without a profile none are decided.

    Raises ProfileRefused for a value that is no whole number from 0 on.
    """
    if profile is None:
        return Terms()
    fee = _whole(profile, "referral_fee_cents", on)
    removal = _whole(profile, "removal_cents", on)
    notice = _whole(profile, "referral_notice_days", on)
    return Terms(
        referral_fee=None if fee is None else Money(fee),
        removal_at_or_below=None if removal is None else Money(removal),
        stale_days=_whole(profile, "stale_days", on),
        in_flight_days=_whole(profile, "in_flight_days", on),
        notice_days=NOTICE_DAYS if notice is None else notice,
    )


def _whole(profile: Profile, name: str, on: date) -> int | None:
    found = profile.at(f"agency.{name}", on)
    if found is None:
        return None
    if type(found.value) is not int or found.value < 0:
        raise ProfileRefused(f"profile {profile.name}", f"policy.agency.{name} must be a whole number from 0 on")
    return found.value
