"""Whether a responsible adult may be told something of a child's record.

Every question is about one class of facts. The adult needs a link in force, evidence that the policy takes
for that class, and a child who is not of age. More evidence never closes what less has opened; a restriction
on the record never opens anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons.guardians import GuardianLink
from scld_core.patrons.policy import Evidence, FactClass, PatronPolicy
from scld_core.patrons.rules import Minority, minority

__all__ = ["REASONS", "Enquiry", "may_be_told"]

REASONS: Mapping[str, str] = {
    "evidence": "may be told: {evidence}",
    "evidence_missing": "needs one of: {needed}",
    "never_told": "is told to no responsible adult",
    "no_link": "is no responsible adult of this patron on that day",
    "not_liable": "does not answer for this patron's loans",
    "not_identified": "has not shown to be the adult on the record",
    "of_age": "is of age, so that no other adult may ask",
    "unknown_age": "has no usable birth date, so that a person has to decide",
    "restricted": "has a restriction on the record: {restriction}",
}
"""Each reason as a sentence about the adult, the class of facts or the patron."""


@frozen(kw_only=True)
class Enquiry:
    """What is known when an adult asks about a child on a day.

    `identified` says whether the adult was verified to be the one on the record. `restrictions` are codes
    of the child's record that keep it closed to others, whatever they are for.
    """

    child: PatronId = personal(validator=instance(PatronId))
    adult: PatronId = personal(validator=instance(PatronId))
    birth_date: date | None = personal(default=None, validator=optional(instance(date)))
    links: tuple[GuardianLink, ...] = field(default=(), validator=each(instance(GuardianLink)))
    evidence: frozenset[Evidence] = field(factory=frozenset[Evidence], validator=instance(frozenset))
    restrictions: tuple[str, ...] = field(default=(), validator=each(nonempty))
    identified: bool = field(default=False, validator=instance(bool))
    on: date = field(validator=instance(date))


class _Weight(Enum):
    FOR = "for"
    AGAINST = "against"
    PERSON = "person"


def may_be_told(fact: FactClass, enquiry: Enquiry, policy: PatronPolicy, *, version: str = "") -> Decision:
    """Whether the adult may be told facts of a class; with every reason against it, or what speaks for it.

    A birth date that is not known is referred to a person when nothing else is against it.
    """
    found = [*_of_link(enquiry, policy), *_of_age(enquiry, policy), *_of_evidence(fact, enquiry, policy)]
    found += [
        (_Weight.AGAINST, Reason("restricted", (("restriction", code),), "patrons.restrictions"))
        for code in sorted(set(enquiry.restrictions))
    ]
    reasons = {
        weight: tuple(Reason(r.code, r.params, r.section, version) for w, r in found if w is weight)
        for weight in _Weight
    }
    if reasons[_Weight.AGAINST]:
        return deny(*reasons[_Weight.AGAINST], *reasons[_Weight.PERSON])
    if reasons[_Weight.PERSON]:
        return refer(*reasons[_Weight.PERSON])
    return permit(*reasons[_Weight.FOR])


_Found = Iterable[tuple[_Weight, Reason]]


def _of_link(enquiry: Enquiry, policy: PatronPolicy) -> Iterator[tuple[_Weight, Reason]]:
    links = [
        link
        for link in enquiry.links
        if link.minor == enquiry.child and link.adult == enquiry.adult and link.holds(enquiry.on)
    ]
    if not links:
        yield _Weight.AGAINST, Reason("no_link", (), "patrons.guardian_access")
    elif policy.guardian_must_be_liable and not any(link.liable for link in links):
        yield _Weight.AGAINST, Reason("not_liable", (), "patrons.guardian_must_be_liable")
    if not enquiry.identified:
        yield _Weight.AGAINST, Reason("not_identified", (), "patrons.verification")


def _of_age(enquiry: Enquiry, policy: PatronPolicy) -> Iterator[tuple[_Weight, Reason]]:
    age = minority(policy.birth_date(enquiry.birth_date), enquiry.on, adult_age=policy.adult_age)
    if age is Minority.ADULT:
        yield _Weight.AGAINST, Reason("of_age", (), "patrons.adult_age")
    elif age is Minority.UNKNOWN:
        yield _Weight.PERSON, Reason("unknown_age", (), "patrons.adult_age")


def _of_evidence(fact: FactClass, enquiry: Enquiry, policy: PatronPolicy) -> _Found:
    section = f"patrons.guardian_access.{fact.value}"
    takes = policy.guardian_access.get(fact, ())
    given = [evidence.value for evidence in Evidence if evidence in enquiry.evidence and evidence in takes]
    if given:
        yield _Weight.FOR, Reason("evidence", (("evidence", ", ".join(given)),), section)
    elif takes:
        needed = ", ".join(evidence.value for evidence in Evidence if evidence in takes)
        yield _Weight.AGAINST, Reason("evidence_missing", (("needed", needed),), section)
    else:
        yield _Weight.AGAINST, Reason("never_told", (), section)
