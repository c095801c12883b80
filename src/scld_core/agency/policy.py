"""What a district decides about collection, and what the law leaves it to decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from typing import Any

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.kernel.validate import between, each, instance, matching, nonempty, optional
from scld_core.policies.law import COLLECTION_COST, NOTICE_DAYS

__all__ = ["ALL_KINDS", "AgencyPolicy", "Minors", "UnknownAge"]

ALL_KINDS = "all"
"""In place of charge kinds: every kind."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST = 1_000_000_000


class Minors(Enum):
    """What is done with a minor's debt."""

    NEVER = "never"
    RESPONSIBLE_ADULT = "responsible_adult"  # the adult is the debtor; without one a person decides


class UnknownAge(Enum):
    """What is done when the birth date is not known; no choice is silent."""

    ASK = "ask"  # a person decides
    ADULT = "adult"
    MINOR = "minor"


def _cents(low: int = 0) -> list[Callable[[Any, Any, Any], None]]:
    return [instance(int), between(low, _MOST)]


_days = [instance(int), between(0, 100_000)]


@frozen
class AgencyPolicy:
    """One key each under ``[policy.agency]``; a key without a sourced value must be set there.

    threshold_cents: what the counted charges must come to before a patron is referred.
    threshold_inclusive: whether exactly that amount is enough.
    threshold_kinds: charge kinds that count towards the threshold, or the one word all.
    reported_kinds: charge kinds whose amounts the agency is told, or the one word all.
    min_age_days: days since a charge was assessed from which on it counts.
    max_age_days: days after which a charge is no longer referred without a person; left out, no limit.
    exempt_categories: patron categories that are never referred.
    adult_age: years from which on a patron is no minor.
    minors: never or responsible_adult.
    unknown_age: ask, adult or minor, for a patron without a birth date.
    referral_notice_required, referral_notice_days: the notice that the law demands before a referral.
    referral_fee_cents: the fee that a referral adds to the account.
    referral_fee_legal_class: the fee's legal class, which the law fixes as collection_cost.
    referral_fee_excess_over_cents, referral_fee_excess_cents: above this amount that fee is added too.
    removal_cents: an account at or below this balance is reported as settled.
    send_weekdays: days on which new referrals are sent.
    in_flight_days: how long a difference may be explained by what is under way.
    stale_days: how long the agency may do nothing on an account before it is asked.
    """

    threshold_cents: int = field(validator=_cents(1))
    threshold_inclusive: bool = field(validator=instance(bool))
    threshold_kinds: tuple[str, ...] = field(validator=each(nonempty))
    reported_kinds: tuple[str, ...] = field(validator=each(nonempty))
    min_age_days: int = field(validator=_days)
    exempt_categories: tuple[str, ...] = field(validator=each(nonempty))
    adult_age: int = field(validator=[instance(int), between(1, 150)])
    minors: Minors = field(validator=instance(Minors))
    unknown_age: UnknownAge = field(validator=instance(UnknownAge))
    referral_notice_required: bool = field(
        validator=matching(lambda value: value is True, "must be true (RCW 19.16.500(2))")
    )
    referral_notice_days: int = field(validator=[instance(int), between(NOTICE_DAYS, 100_000)])
    referral_fee_cents: int = field(validator=_cents())
    referral_fee_legal_class: str = field(
        validator=matching(lambda value: value == COLLECTION_COST, f"must be {COLLECTION_COST} (RCW 19.16.500(1)(b))")
    )
    removal_cents: int = field(validator=_cents())
    send_weekdays: tuple[str, ...] = field(
        validator=each(matching(lambda value: value in _WEEKDAYS, "must be days such as monday"))
    )
    in_flight_days: int = field(validator=_days)
    stale_days: int = field(validator=_days)
    max_age_days: int | None = field(default=None, validator=optional(between(0, 100_000)))
    referral_fee_excess_over_cents: int | None = field(default=None, validator=optional(between(0, _MOST)))
    referral_fee_excess_cents: int = field(default=0, validator=_cents())

    def __attrs_post_init__(self) -> None:
        if self.max_age_days is not None and self.max_age_days < self.min_age_days:
            raise InvalidValue("AgencyPolicy", "max_age_days", "must not be below min_age_days: nothing would count")

        if not all(map(self.reports, self.threshold_kinds)):
            rule = "must have every threshold kind: nobody is referred for what the agency is not told"
            raise InvalidValue("AgencyPolicy", "reported_kinds", rule)

    def reaches(self, amount: Money) -> bool:
        """Whether an amount is enough for a referral."""
        if self.threshold_inclusive:
            return amount.cents >= self.threshold_cents
        return amount.cents > self.threshold_cents

    def counts(self, kind: str) -> bool:
        """Whether charges of this kind count towards the threshold."""
        return self.threshold_kinds == (ALL_KINDS,) or kind in self.threshold_kinds

    def reports(self, kind: str) -> bool:
        """Whether the agency is told of charges of this kind."""
        return self.reported_kinds == (ALL_KINDS,) or kind in self.reported_kinds

    def settled(self, balance: Money) -> bool:
        """Whether a balance ends the referral; a credit does."""
        return balance.cents <= self.removal_cents

    def fee(self, reported: Money) -> Money:
        """The referral fee for an amount: the basic fee, and the second one above its limit."""
        over = self.referral_fee_excess_over_cents
        more = self.referral_fee_excess_cents if over is not None and reported.cents > over else 0
        return Money(self.referral_fee_cents + more, reported.currency)

    def sends_on(self, day: date) -> bool:
        """Whether new referrals are sent on that day. Updates are owed on every day."""
        return _WEEKDAYS[day.weekday()] in self.send_weekdays

    def lawful_until(self, as_of: date) -> date:
        """The last day on which the notice must have been sent for a referral on `as_of`."""
        return as_of - timedelta(days=self.referral_notice_days)
