"""Who answers for a minor, since when, and for which loans.

A loan is answered for by whoever answered on the day it was made. On the day a patron comes of age nothing
new is added to what the adult answers for; what becomes of older loans is in the agreement that was signed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Decision, Reason, permit, refer
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons.policy import PatronPolicy
from scld_core.patrons.rules import Minority, minority

__all__ = ["GuardianLink", "Liability", "OlderLoans", "liability"]


class OlderLoans(Enum):
    """What an agreement says of loans that were made before the patron came of age."""

    STAY = "stay"  # with the adult who signed
    PASS = "pass"  # noqa: S105 - to the patron, on that day
    UNSAID = "unsaid"


@frozen(kw_only=True)
class GuardianLink:
    """One adult's responsibility for one minor: from `since` up to but without `until`, None while it lasts.

    `agreement` names the signed form and is never its content; `liable` says whether the adult answers for
    loans by it.
    """

    minor: PatronId = personal(validator=instance(PatronId))
    adult: PatronId = personal(validator=instance(PatronId))
    since: date = field(validator=instance(date))
    until: date | None = field(default=None, validator=optional(instance(date)))
    agreement: str = field(validator=nonempty)
    liable: bool = field(default=True, validator=instance(bool))
    older_loans: OlderLoans = field(default=OlderLoans.UNSAID, validator=instance(OlderLoans))

    def __attrs_post_init__(self) -> None:
        if self.minor == self.adult:
            raise InvalidValue("GuardianLink", "adult", "must be another patron")
        for name, day in (("since", self.since), ("until", self.until)):
            if isinstance(day, datetime):
                raise InvalidValue("GuardianLink", name, "must be a date without a time")
        if self.until is not None and self.until <= self.since:
            raise InvalidValue("GuardianLink", "until", "must be after since")

    def holds(self, day: date) -> bool:
        """Whether the link is in force on a day; coming of age is not looked at."""
        return self.since <= day and (self.until is None or day < self.until)


@frozen(kw_only=True)
class Liability:
    """Who answers for a loan: patrons in order of their ids, none where a person has to look; and why."""

    by: tuple[PatronId, ...] = personal(validator=each(instance(PatronId)))
    decision: Decision = field(validator=instance(Decision))


def liability(
    patron: PatronId,
    birth_date: date | None,
    links: Iterable[GuardianLink],
    policy: PatronPolicy,
    *,
    made_on: date,
    on: date,
    version: str = "",
) -> Liability:
    """Who answers on the day `on` for a loan that the patron made on the day `made_on`. Total.

    A birth date that is not known, a minor's loan that nobody signed for, and an agreement that is silent on
    older loans are each referred to a person.
    """

    def because(code: str, *params: tuple[str, str]) -> Reason:
        return Reason(code, params, "patrons.adult_age", version)

    born = policy.birth_date(birth_date)
    then = minority(born, made_on, adult_age=policy.adult_age)
    if then is Minority.UNKNOWN:
        return Liability(by=(), decision=refer(because("unknown_age")))
    if then is Minority.ADULT:
        return Liability(by=(patron,), decision=permit(because("made_as_adult")))
    signed = _by_adult(link for link in links if link.minor == patron and link.liable and link.holds(made_on))
    if not signed:
        return Liability(by=(), decision=refer(because("nobody_signed")))
    if minority(born, on, adult_age=policy.adult_age) is not Minority.ADULT:
        return Liability(by=_adults(signed), decision=permit(because("made_as_minor")))
    said = {link.older_loans for link in signed}
    if said == {OlderLoans.PASS}:
        return Liability(by=(patron,), decision=permit(because("passed_on", ("agreement", _agreements(signed)))))
    staying = tuple(link for link in signed if link.older_loans is OlderLoans.STAY)
    if OlderLoans.UNSAID in said or not staying:
        return Liability(by=(), decision=refer(because("agreement_silent", ("agreement", _agreements(signed)))))
    return Liability(by=_adults(staying), decision=permit(because("stays", ("agreement", _agreements(staying)))))


def _by_adult(links: Iterable[GuardianLink]) -> tuple[GuardianLink, ...]:
    return tuple(sorted(links, key=lambda link: (link.adult, link.since, link.agreement, link.older_loans.value)))


def _adults(links: Iterable[GuardianLink]) -> tuple[PatronId, ...]:
    return tuple(dict.fromkeys(link.adult for link in links))


def _agreements(links: Iterable[GuardianLink]) -> str:
    return ", ".join(dict.fromkeys(link.agreement for link in links))
