"""What merging two patron records would leave, shown before anything is done.

Nothing is lost: every card and id stays an alias, every charge, loan and hold goes over, every restriction
and exemption holds on, the stricter of two for one reason. Consents become the narrower. What only a person
can decide is a referral, with all of it named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TypeVar

from attrs import evolve, field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons.consent import ConsentKind, Consents, narrower
from scld_core.patrons.guardians import GuardianLink
from scld_core.patrons.person import Block, Patron
from scld_core.patrons.policy import PatronPolicy
from scld_core.patrons.rules import merged

__all__ = ["REASONS", "Dossier", "MergePreview", "Obligation", "Standing", "merge_preview", "stricter", "united"]

REASONS: Mapping[str, str] = {
    "mergeable": "nothing is against merging them",
    "alias": "{count} numbers become aliases",
    "obligations": "{count} charges, loans and holds go over",
    "restriction": "the restriction {code} holds on",
    "exemption": "the exemption {code} holds on",
    "consent_narrowed": "the consent {kind} ends, since only one record has it",
    "guardians": "{count} responsible adults go over",
    "same_record": "it is one and the same record",
    "merged_before": "one of them was merged into the other already",
    "two_referrals": "both are in collection; one of the referrals has to end first",
    "two_birth_dates": "their birth dates differ",
    "two_adults": "they have different responsible adults",
    "own_adult": "one is the responsible adult of the other",
    "shared_card": "{count} cards stand on both records",
}
"""Each reason as a sentence about the two records."""


@frozen(kw_only=True)
class Standing:
    """A restriction or an exemption: its code, since when, and the first day without it, None for no end."""

    code: str = field(validator=nonempty)
    since: date | None = field(default=None, validator=optional(instance(date)))
    until: date | None = field(default=None, validator=optional(instance(date)))


@frozen(order=True)
class Obligation:
    """Something open between patron and library: its kind (charge, loan, hold) and the ILS's number of it."""

    kind: str = field(validator=nonempty)
    number: str = field(validator=nonempty)


@frozen(kw_only=True)
class Dossier:
    """One record with everything that a merge has to keep."""

    patron: Patron = field(validator=instance(Patron))
    consents: Consents = field(factory=Consents, validator=instance(Consents))
    restrictions: tuple[Standing, ...] = field(default=(), validator=each(instance(Standing)))
    exemptions: tuple[Standing, ...] = field(default=(), validator=each(instance(Standing)))
    obligations: tuple[Obligation, ...] = field(default=(), validator=each(instance(Obligation)))
    guardians: tuple[GuardianLink, ...] = field(default=(), validator=each(instance(GuardianLink)))


@frozen
class MergePreview:
    """What would be left, None where a person has to decide first; the decision, and what happens to what."""

    result: Dossier | None
    decision: Decision = field(validator=instance(Decision))
    changes: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))


def merge_preview(
    gone: Dossier, kept: Dossier, policy: PatronPolicy, *, at: datetime, version: str = ""
) -> MergePreview:
    """What merging `gone` into `kept` at an instant would leave. Total; changes nothing."""
    impossible = tuple(_stamped(_impossible(gone.patron, kept.patron), version))
    if impossible:
        return MergePreview(None, deny(*impossible))
    open_questions = tuple(_stamped(_questions(gone.patron, kept.patron, policy), version))
    if open_questions:
        return MergePreview(None, refer(*open_questions))
    result = Dossier(
        patron=_left(gone.patron, kept.patron, policy, at),
        consents=narrower(gone.consents, kept.consents),
        restrictions=united(gone.restrictions, kept.restrictions),
        exemptions=united(gone.exemptions, kept.exemptions),
        obligations=tuple(sorted({*gone.obligations, *kept.obligations})),
        guardians=_links(gone, kept),
    )
    decision = permit(*_stamped([Reason("mergeable")], version))
    return MergePreview(result, decision, tuple(_stamped(_changes(gone, kept, result), version)))


def _stamped(reasons: Iterable[Reason], version: str) -> Iterator[Reason]:
    return (Reason(reason.code, reason.params, "patrons.merge", version) for reason in reasons)


def _impossible(gone: Patron, kept: Patron) -> Iterator[Reason]:
    if gone.id == kept.id:
        yield Reason("same_record")
    elif {gone.id, *gone.merged_from} & {kept.id, *kept.merged_from}:
        yield Reason("merged_before")


def _questions(gone: Patron, kept: Patron, policy: PatronPolicy) -> Iterator[Reason]:
    if gone.flag is not None and kept.flag is not None:
        yield Reason("two_referrals")
    born = {policy.birth_date(patron.birth_date) for patron in (gone, kept)} - {None}
    if len(born) > 1:
        yield Reason("two_birth_dates")
    adults = {patron.responsible_adult for patron in (gone, kept)} - {None}
    if adults & {gone.id, kept.id}:
        yield Reason("own_adult")
    elif len(adults) > 1:
        yield Reason("two_adults")


T = TypeVar("T", Standing, Block)


def stricter(one: Standing, other: Standing) -> Standing:
    """Of two standings for one reason what lasts longer on both ends; InvalidValue for two reasons."""
    if one.code != other.code:
        raise InvalidValue("stricter", "code", "must be the same for both")
    since = None if one.since is None or other.since is None else min(one.since, other.since)
    until = None if one.until is None or other.until is None else max(one.until, other.until)
    return Standing(code=one.code, since=since, until=until)


def united(ours: Iterable[Standing], theirs: Iterable[Standing]) -> tuple[Standing, ...]:
    """Every standing of both, of two for one reason the stricter, in order of their codes."""
    return _by_code((*ours, *theirs), lambda standing: standing.code, stricter)


def _by_code(members: Iterable[T], code: Callable[[T], str], join: Callable[[T, T], T]) -> tuple[T, ...]:
    found: dict[str, T] = {}
    for member in members:
        before = found.get(code(member))
        found[code(member)] = member if before is None else join(before, member)
    return tuple(found[key] for key in sorted(found))


def _left(gone: Patron, kept: Patron, policy: PatronPolicy, at: datetime) -> Patron:
    """The record that is left: of two blocks for one reason it has the older, and a birth date that is one."""
    left = merged(gone, kept, at)
    blocks = _by_code((*kept.blocks, *gone.blocks), lambda block: block.reason, _older)
    born = policy.birth_date(kept.birth_date) or policy.birth_date(gone.birth_date)
    return evolve(left, blocks=blocks, birth_date=born or left.birth_date)


def _older(one: Block, other: Block) -> Block:
    if one.since is None or other.since is None:
        return one if one.since is None else other
    return min(one, other, key=lambda block: (block.since, block.by))


def _links(gone: Dossier, kept: Dossier) -> tuple[GuardianLink, ...]:
    """Every link once, under the id that is kept; as minor and as adult."""
    old, new = gone.patron.id, kept.patron.id
    moved = [
        evolve(link, minor=new if link.minor == old else link.minor, adult=new if link.adult == old else link.adult)
        for link in (*kept.guardians, *gone.guardians)
        if {link.minor, link.adult} != {old, new}
    ]
    return tuple(dict.fromkeys(moved))


def _changes(gone: Dossier, kept: Dossier, result: Dossier) -> Iterator[Reason]:
    yield Reason("alias", (("count", str(len(result.patron.known_as) - len(kept.patron.known_as))),))
    shared = {card.number for card in gone.patron.cards} & {card.number for card in kept.patron.cards}
    for code, count in (
        ("shared_card", len(shared)),
        ("obligations", len(result.obligations) - len(set(kept.obligations))),
        ("guardians", len(result.guardians) - len(kept.guardians)),
    ):
        if count > 0:
            yield Reason(code, (("count", str(count)),))
    for code, before, after in (
        ("restriction", kept.restrictions, result.restrictions),
        ("exemption", kept.exemptions, result.exemptions),
    ):
        yield from (Reason(code, (("code", standing.code),)) for standing in after if standing not in before)
    had = [blocked.reason for blocked in kept.patron.blocks]
    yield from (Reason("restriction", (("code", b.reason),)) for b in result.patron.blocks if b.reason not in had)
    for kind in ConsentKind:
        if (gone.consents.given(kind) or kept.consents.given(kind)) and not result.consents.given(kind):
            yield Reason("consent_narrowed", (("kind", kind.value),))
