"""Who may be referred to the agency, decided from facts, policy and a date, with every reason.

The amount that counts is made of charges that are old enough and of which the debtor was told, in a
notice that names the assignment, at least `referral_notice_days` before. A charge assessed after a
notice is not covered by it. An account is never dropped in silence: what only a window of age keeps
out, and what nobody can tell, are outcomes that a person has to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum

from attrs import field, frozen

from scld_core.agency.policy import AgencyPolicy, Minors, UnknownAge
from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Decision, Reason, Verdict
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons import age_on

__all__ = ["REASONS", "AccountFacts", "Assessment", "ChargeFact", "HoldCause", "Outcome", "assess"]


class HoldCause(Enum):
    """Why nothing more is done against a debtor for the time being."""

    DISPUTE = "dispute"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    MINOR = "minor"


class Outcome(Enum):
    """What becomes of an account, by precedence: the first that applies is the outcome."""

    ALREADY_REFERRED = "already_referred"
    ON_HOLD = "on_hold"
    EXEMPT = "exempt"
    NOT_ELIGIBLE = "not_eligible"
    MINOR = "minor"
    NOTICE_MISSING = "notice_missing"
    UNRESOLVED = "unresolved"  # a minor without a known responsible adult
    UNKNOWN_AGE = "unknown_age"
    PAST_WINDOW = "past_window"  # reaches the threshold with charges older than the policy sends unasked
    ELIGIBLE = "eligible"


_FOR_A_PERSON = frozenset({Outcome.NOTICE_MISSING, Outcome.UNRESOLVED, Outcome.UNKNOWN_AGE, Outcome.PAST_WINDOW})

REASONS: Mapping[str, str] = {
    "already-referred": "has an open referral with this agency",
    "hold": "is on hold: {cause}",
    "came-back": "came back from the agency unpaid on {date}; only a notice after that counts for another referral",
    "exempt": "is exempt by a note on the account",
    "exempt-category": "is of an exempt category",
    "below-threshold": "{amount} counts towards the threshold of {threshold}",
    "too-young": "{amount} of it counts only when it is {days} days old, from {date} on",
    "notice-waits": "{amount} was announced too lately; it counts from {date} on",
    "notice-missing": "{amount} lacks evidence of a notice that names the agency",
    "minor": "is a minor",
    "responsible-adult": "is a minor; the responsible adult is the debtor",
    "no-responsible-adult": "is a minor, and no responsible adult is known",
    "unknown-age": "has no usable birth date",
    "past-window": "reaches the threshold only with charges older than {days} days",
    "withheld": "{amount} is not told to the agency yet, for lack of a notice {days} days before",
    "owes": "{amount} counts, noticed by {date}",
}
"""Each reason as a sentence about the account."""


@frozen
class ChargeFact:
    """One open charge: its kind, what is still owed of it, and the local date on which it was assessed.

    A negative amount is a credit, which always counts.
    """

    kind: str = field(validator=nonempty)
    outstanding: Money = field(validator=instance(Money))
    assessed_on: date = field(validator=instance(date))


@frozen
class AccountFacts:
    """What is known of one patron on one date.

    `notices` are the local dates of notices to the debtor that name the assignment and left
    (`notices.assignment_notices`). `open_referral` is about the agency in question, and so is `back_on`,
    the day on which a referral came back unpaid: what was announced until then was that one, not another.
    """

    charges: tuple[ChargeFact, ...] = field(validator=each(instance(ChargeFact)))
    notices: tuple[date, ...] = field(default=(), validator=each(instance(date)))
    category: str = field(default="", validator=instance(str))
    exempt: bool = field(default=False, validator=instance(bool))
    open_referral: bool = field(default=False, validator=instance(bool))
    back_on: date | None = field(default=None, validator=optional(instance(date)))
    holds: tuple[HoldCause, ...] = field(default=(), validator=each(instance(HoldCause)))
    patron: str = personal(default="", validator=instance(str))
    birth_date: date | None = personal(default=None, validator=optional(instance(date)))
    responsible_adult: str | None = personal(default=None, validator=optional(nonempty))


@frozen
class Assessment:
    """The outcome, all reasons, and the amounts they rest on.

    `counted` is what counts towards the threshold, `reported` what the agency would be told,
    `withheld` what it would be told had it been noticed. `evidence` are the dates of the notices
    that cover what counts. `debtor` is the patron, or the responsible adult of one. An ELIGIBLE one cannot
    be built without evidence of a notice that is old enough.
    """

    outcome: Outcome = field(validator=instance(Outcome))
    decision: Decision = field(validator=instance(Decision))
    as_of: date = field(validator=instance(date))
    counted: Money
    reported: Money
    withheld: Money
    lawful_until: date
    evidence: tuple[date, ...] = ()
    patron: str = personal(default="", validator=instance(str))
    debtor: str = personal(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        lawful = self.evidence and max(self.evidence) <= self.lawful_until < self.as_of
        if self.outcome is Outcome.ELIGIBLE and not lawful:
            raise InvalidValue("Assessment", "evidence", "must have the lawful notice (RCW 19.16.500(2))")

    @property
    def eligible(self) -> bool:
        """Whether the account may go into the next batch."""
        return self.outcome is Outcome.ELIGIBLE


def assess(facts: AccountFacts, policy: AgencyPolicy, as_of: date, *, version: str = "") -> Assessment:
    """Whether the account may be referred on `as_of`: pure, and the same for the same arguments.

    `version` is the policy version that each reason records.
    """
    sums = _Sums(facts.charges, _notices(facts), policy, as_of)
    age, debtor = _age(facts, policy, as_of)
    found = [*_standing(facts, policy), *age, *sums.findings()]
    outcomes = {outcome for outcome, *_ in found}
    outcome = next((o for o in Outcome if o in outcomes), Outcome.ELIGIBLE)
    reasons = tuple(_reason(code, params, key, version) for _, code, params, key in found)
    return Assessment(
        outcome,
        Decision(_verdict(outcome), reasons),
        as_of,
        sums.counted,
        sums.reported,
        sums.withheld,
        policy.lawful_until(as_of),
        sums.evidence,
        facts.patron,
        debtor,
    )


_Params = Mapping[str, str]
_Found = tuple[Outcome, str, _Params, str]
"""An outcome that a fact asks for (ELIGIBLE: none other), a reason's code and parameters, the policy's key."""


def _reason(code: str, params: _Params, key: str, version: str) -> Reason:
    return Reason(code, tuple(params.items()), key and f"agency.{key}", version)


def _verdict(outcome: Outcome) -> Verdict:
    if outcome is Outcome.ELIGIBLE:
        return Verdict.PERMIT
    return Verdict.REFER if outcome in _FOR_A_PERSON else Verdict.DENY


def _notices(facts: AccountFacts) -> Sequence[date]:
    """Those that announce a referral which has not been yet."""
    return [day for day in facts.notices if facts.back_on is None or day > facts.back_on]


def _standing(facts: AccountFacts, policy: AgencyPolicy) -> Iterator[_Found]:
    if facts.open_referral:
        yield Outcome.ALREADY_REFERRED, "already-referred", {}, ""
    if facts.back_on is not None:
        yield Outcome.ELIGIBLE, "came-back", {"date": str(facts.back_on)}, "referral_notice_required"
    for cause in sorted(set(facts.holds), key=lambda cause: cause.value):
        yield Outcome.ON_HOLD, "hold", {"cause": cause.value}, ""
    if facts.exempt:
        yield Outcome.EXEMPT, "exempt", {}, ""
    if facts.category in policy.exempt_categories:
        yield Outcome.EXEMPT, "exempt-category", {}, "exempt_categories"


def _age(facts: AccountFacts, policy: AgencyPolicy, as_of: date) -> tuple[list[_Found], str]:
    """What the debtor's age asks for, and who the debtor is. A birth date in the future is none."""
    age = age_on(facts.birth_date, as_of)
    found: list[_Found] = []
    if age is None:
        outcome = Outcome.UNKNOWN_AGE if policy.unknown_age is UnknownAge.ASK else Outcome.ELIGIBLE
        found.append((outcome, "unknown-age", {}, "unknown_age"))
        minor = policy.unknown_age is UnknownAge.MINOR
    else:
        minor = age < policy.adult_age
    if not minor:
        return found, facts.patron
    if policy.minors is Minors.NEVER:
        return [*found, (Outcome.MINOR, "minor", {}, "minors")], facts.patron
    if facts.responsible_adult is None:
        return [*found, (Outcome.UNRESOLVED, "no-responsible-adult", {}, "minors")], facts.patron
    return [*found, (Outcome.ELIGIBLE, "responsible-adult", {}, "minors")], facts.responsible_adult


class _Sums:
    """What the charges come to on a date, by how old and how announced they are."""

    def __init__(
        self, charges: Sequence[ChargeFact], notices: Sequence[date], policy: AgencyPolicy, as_of: date
    ) -> None:
        self._charges = charges
        self._notices = sorted(notices)
        self._policy = policy
        self._as_of = as_of
        self._lawful = policy.lawful_until(as_of)
        self._oldest = None if policy.max_age_days is None else as_of - timedelta(days=policy.max_age_days)
        self._youngest = as_of - timedelta(days=policy.min_age_days)
        self.counted = self._sum(self._counts)
        told = self._sum(lambda c: c.outstanding.cents < 0 or policy.reports(c.kind))
        self.reported = self._sum(lambda c: c.outstanding.cents < 0 or (policy.reports(c.kind) and self._covered(c)))
        self.withheld = told - self.reported
        covering = (self._cover(c) for c in charges if c.outstanding.cents > 0 and self._counts(c))
        self.evidence = tuple(sorted({day for day in covering if day is not None}))

    def findings(self) -> Iterator[_Found]:
        """What the amounts ask for: nothing but a reason to refer, or every reason not to."""
        policy = self._policy
        if policy.reaches(self.counted):
            yield from self._reached()
            return
        aged = self._sum(self._aged)
        amount = {"amount": str(self.counted), "threshold": str(Money(policy.threshold_cents, self.counted.currency))}
        missing = policy.reaches(aged) and policy.reaches(self.counted + self._silent())
        outcome = Outcome.NOTICE_MISSING if missing else Outcome.NOT_ELIGIBLE
        yield outcome, "below-threshold", amount, "threshold_cents"
        yield from self._shortfalls()

    def _reached(self) -> Iterator[_Found]:
        policy, oldest = self._policy, self._oldest
        told = {"amount": str(self.counted), "date": str(max(self.evidence))}
        yield Outcome.ELIGIBLE, "owes", told, "threshold_cents"
        if oldest is not None and not policy.reaches(
            self._sum(lambda c: self._counts(c) and (c.outstanding.cents < 0 or c.assessed_on >= oldest))
        ):
            yield Outcome.PAST_WINDOW, "past-window", {"days": str(policy.max_age_days)}, "max_age_days"
        if self.withheld:
            withheld = {"amount": str(self.withheld), "days": str(policy.referral_notice_days)}
            yield Outcome.ELIGIBLE, "withheld", withheld, "referral_notice_days"

    def _shortfalls(self) -> Iterator[_Found]:
        """What would count on another day, or with a notice; it explains the outcome and decides nothing."""
        policy = self._policy
        young = [c for c in self._charges if policy.counts(c.kind) and c.assessed_on > self._youngest]
        if young:
            first = min(c.assessed_on for c in young) + timedelta(days=policy.min_age_days)
            params = {"amount": str(self._total(young)), "days": str(policy.min_age_days), "date": str(first)}
            yield Outcome.ELIGIBLE, "too-young", params, "min_age_days"
        waiting = [c for c in self._charges if self._aged(c) and not self._covered(c) and self._next(c)]
        if waiting:
            days = timedelta(days=policy.referral_notice_days)
            first = min(day for c in waiting if (day := self._next(c))) + days
            params = {"amount": str(self._total(waiting)), "date": str(first)}
            yield Outcome.ELIGIBLE, "notice-waits", params, "referral_notice_days"
        if silent := self._silent():
            yield Outcome.ELIGIBLE, "notice-missing", {"amount": str(silent)}, "referral_notice_required"

    def _silent(self) -> Money:
        """Old enough, and never announced."""
        return self._sum(lambda c: c.outstanding.cents > 0 and self._aged(c) and self._next(c) is None)

    def _aged(self, charge: ChargeFact) -> bool:
        """Of a kind that counts and old enough; a credit is always both."""
        old = charge.assessed_on <= self._youngest and self._policy.counts(charge.kind)
        return charge.outstanding.cents < 0 or old

    def _counts(self, charge: ChargeFact) -> bool:
        return self._aged(charge) and self._covered(charge)

    def _covered(self, charge: ChargeFact) -> bool:
        return charge.outstanding.cents <= 0 or self._cover(charge) is not None

    def _cover(self, charge: ChargeFact) -> date | None:
        """The first notice after the charge was assessed, if it is old enough to be lawful."""
        first = self._next(charge)
        return first if first is not None and first <= self._lawful else None

    def _next(self, charge: ChargeFact) -> date | None:
        return next((day for day in self._notices if charge.assessed_on <= day <= self._as_of), None)

    def _sum(self, wanted: Callable[[ChargeFact], bool]) -> Money:
        return self._total([charge for charge in self._charges if wanted(charge)])

    def _total(self, charges: Sequence[ChargeFact]) -> Money:
        currency = self._charges[0].outstanding.currency if self._charges else "USD"
        return sum((charge.outstanding for charge in charges), Money(0, currency))
