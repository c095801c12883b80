"""Who gets which card, who renews it, and until when: facts and policy to a decision with every reason."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum

from attrs import field, frozen

from scld_core.cards.model import CardKind, Entitlement, Proof, Service
from scld_core.cards.policy import CardPolicy
from scld_core.kernel.barcode import Barcode, BarcodeCheck
from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.money import Money
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons.duplicates import Likeness
from scld_core.patrons.policy import Belonging
from scld_core.patrons.rules import Minority

__all__ = [
    "REASONS",
    "CardFacts",
    "Known",
    "RenewFacts",
    "ends_on",
    "entitlement",
    "kind_of",
    "may_have",
    "may_renew",
    "may_replace",
    "number_reasons",
]

REASONS: Mapping[str, str] = {
    "gets_card": "A card of the kind {kind} can be given, until {until}.",
    "gets_card_open": "A card of the kind {kind} can be given; it has no end.",
    "kind_not_issued": "Cards of the kind {kind} are not issued: [policy.cards.excludes] does not name it.",
    "proofs_not_set": "Nobody has said which proofs the kind {kind} needs: set [policy.cards.proofs].",
    "proof_missing": "It needs to be shown: {proof}.",
    "wrong_area": "The address is {belonging}; this kind of card is for: {needed}.",
    "area_unsure": "Nobody can tell yet what the address is to the district: {asks}.",
    "resident_pays_nothing": "The address is in the district, where a card costs nothing (AGO 2005 no. 5).",
    "months_not_sold": "A period of {months} is not sold; these are: {sold}.",
    "ends_earlier": "The card is good until {until} already; renewed today it would end earlier.",
    "kind_not_sold": "A card of the kind {kind} is not sold by months; its period is the policy's.",
    "signature_missing": "Somebody below {age} needs the signature of a responsible adult.",
    "unknown_age": "The birth date is not known, so that a person has to decide who signs.",
    "known_already": "This person has a record: renew or replace that card.",
    "perhaps_known": "A record may be this person's: compare before a second one is made.",
    "card_blocked": "The record has a block: {reason}.",
    "card_owes": "The record owes {owed}; no more than {most} may be owed.",
    "number_taken": "The number is a card already, or was.",
    "number_of_item": "The number begins with 3: it is an item's.",
    "number_check_digit": "The check digit of the number is wrong: scan it again.",
    "number_scheme": "A number of {length} signs is not of the 14-digit scheme that cards have here.",
    "no_numbers": "No number is left for {library}: set a range under [policy.cards.ranges].",
    "renewable": "The card can be renewed, until {until}.",
    "never_ends": "A card of the kind {kind} has no end and needs no renewal.",
    "kind_unknown": "The ILS's category is no kind of card of this district: set [policy.cards.categories].",
    "not_activated": "It was registered online: it becomes a card at a desk, by proof, and is not renewed.",
    "replaceable": "The card can be replaced; the old number still finds the patron.",
    "request_refused": "The request was refused; the patron may ask again.",
    "not_identified": "Whoever asks has not shown to be the patron.",
}
"""Each reason as a sentence."""


class _Weight(Enum):
    FOR = "for"
    AGAINST = "against"
    PERSON = "person"


@frozen
class Known:
    """A record that is, or may be, the applicant's: how alike it is, and until when its card lasted."""

    likeness: Likeness = field(validator=instance(Likeness))
    expired_on: date | None = None


@frozen(kw_only=True)
class CardFacts:
    """What is known when somebody wants a card of a kind.

    `belonging` is what the address is to the district, None where nobody looked; `asks` what would make an
    unsure one sure. `known` are records of the same person. `blocks` and `owed` are those of the record that
    the card is for, none for a new one.
    """

    kind: CardKind = field(validator=instance(CardKind))
    today: date = field(validator=instance(date))
    proofs: frozenset[Proof] = frozenset()
    belonging: Belonging | None = field(default=None, validator=optional(instance(Belonging)))
    asks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    minority: Minority = field(default=Minority.UNKNOWN, validator=instance(Minority))
    signed: bool = False
    months: int | None = None
    known: tuple[Known, ...] = field(default=(), validator=each(instance(Known)))
    blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    owed: Money | None = field(default=None, validator=optional(instance(Money)))


@frozen(kw_only=True)
class RenewFacts:
    """What is known when a card is to be renewed; `kind` is None for a category that is no kind.

    `expires` is the last day that the card has now, None without one.
    """

    kind: CardKind | None = field(validator=optional(instance(CardKind)))
    today: date = field(validator=instance(date))
    months: int | None = None
    expires: date | None = None
    belonging: Belonging | None = field(default=None, validator=optional(instance(Belonging)))
    blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    owed: Money | None = field(default=None, validator=optional(instance(Money)))


_Found = Iterator[tuple[_Weight, Reason]]


def entitlement(kind: CardKind, policy: CardPolicy, *, holds: int | None = None) -> Entitlement:
    """What a kind of card is good for: nothing where it is not issued. `holds` is the limit before activation."""
    left_out = policy.excludes.get(kind, tuple(Service))
    services = tuple(service for service in Service if service not in left_out)
    limited = kind is CardKind.ONLINE and Service.HOLDS in services
    return Entitlement(kind, services, holds if limited else None)


def kind_of(category: str, policy: CardPolicy) -> CardKind | None:
    """The kind of card that an ILS's category stands for; None for a category that is no kind."""
    return next((kind for kind in CardKind if policy.category(kind) == category), None)


def ends_on(
    kind: CardKind, policy: CardPolicy, *, today: date, months: int | None = None, expires: date | None = None
) -> date | None:
    """The last day of a card that is given or renewed today: the first of all ends; None without one.

    A period that is paid for begins where the one before ends, which is `expires`.
    """
    period = policy.valid_months.get(kind)
    ends = [] if period is None else [_months_after(today, period)]
    if kind is CardKind.NON_RESIDENT and months is not None:
        ends.append(_months_after(max(today, expires or today), months))
    if kind in policy.valid_days:
        ends.append(today + timedelta(days=policy.valid_days[kind]))
    if kind in policy.ends_on:
        ends.append(_next(policy.ends_on[kind], today))
    return min(ends) if ends else None


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _next(month_day: str, today: date) -> date:
    month, day = (int(part) for part in month_day.split("-"))
    this_year = date(today.year, month, day)
    return this_year if this_year > today else date(today.year + 1, month, day)


def may_have(facts: CardFacts, policy: CardPolicy, *, version: str = "") -> Decision:
    """Whether a card of the kind is given. Total; adding a block, a debt or a record never opens anything."""
    if facts.kind not in policy.excludes:
        params = (("kind", facts.kind.value),)
        return deny(Reason("kind_not_issued", params, f"cards.excludes.{facts.kind.value}", version))
    found = [
        *_of_proofs(facts, policy),
        *_of_address(facts.kind, facts.belonging, facts.asks, policy),
        *_of_period(facts.kind, facts.months, policy),
        *_of_age(facts, policy),
        *_of_known(facts, policy),
        *_of_record(facts.blocks, facts.owed, policy),
    ]
    until = ends_on(facts.kind, policy, today=facts.today, months=facts.months)
    code = "gets_card_open" if until is None else "gets_card"
    params = (("kind", facts.kind.value), *((("until", until.isoformat()),) if until else ()))
    found.append((_Weight.FOR, Reason(code, params, "cards.valid_months")))
    return _weighed(found, version)


def may_renew(facts: RenewFacts, policy: CardPolicy, *, version: str = "") -> Decision:
    """Whether a card is renewed. Total; adding a block or a debt never opens anything."""
    if facts.kind is None:
        return _weighed([(_Weight.PERSON, Reason("kind_unknown", (), "cards.categories"))], version)
    found = [*_of_period(facts.kind, facts.months, policy), *_of_record(facts.blocks, facts.owed, policy)]
    if facts.belonging is Belonging.DISTRICT and facts.kind is CardKind.NON_RESIDENT:
        found.append((_Weight.AGAINST, Reason("resident_pays_nothing", (), "cards.paid_cents")))
    params = (("kind", facts.kind.value),)
    until = ends_on(facts.kind, policy, today=facts.today, months=facts.months, expires=facts.expires)
    if facts.kind is CardKind.ONLINE:
        found.append((_Weight.AGAINST, Reason("not_activated", (), "cards.proofs.resident")))
    elif facts.kind not in policy.excludes:
        found.append((_Weight.AGAINST, Reason("kind_not_issued", params, f"cards.excludes.{facts.kind.value}")))
    elif until is None and facts.kind is not CardKind.NON_RESIDENT:
        found.append((_Weight.AGAINST, Reason("never_ends", params, "cards.valid_months")))
    if until is not None and facts.expires is not None and until < facts.expires:
        found.append(
            (_Weight.AGAINST, Reason("ends_earlier", (("until", facts.expires.isoformat()),), "cards.valid_months"))
        )
    told = (("until", "" if until is None else until.isoformat()),)
    found.append((_Weight.FOR, Reason("renewable", told, "cards.valid_months")))
    return _weighed(found, version)


def may_replace(
    number: Barcode | None, policy: CardPolicy, *, identified: bool, taken: bool, version: str = ""
) -> Decision:
    """Whether a card is replaced by one with a number; a block does not take away the card that somebody has.

    `number` is None before there is one.
    """
    against = () if number is None else number_reasons(number, policy, taken=taken)
    found = [(_Weight.AGAINST, reason) for reason in against]
    if not identified:
        found.append((_Weight.AGAINST, Reason("not_identified", (), "patrons.verification")))
    found.append((_Weight.FOR, Reason("replaceable", (), "cards.ranges")))
    return _weighed(found, version)


def number_reasons(number: Barcode, policy: CardPolicy, *, taken: bool) -> tuple[Reason, ...]:
    """What there is against a number as a card's."""
    found: list[Reason] = []
    if taken:
        found.append(Reason("number_taken", (), "cards.ranges"))
    if number.check is BarcodeCheck.WRONG_CHECK_DIGIT:
        found.append(Reason("number_check_digit", (), "cards.other_schemes"))
    elif number.check is BarcodeCheck.OTHER_SCHEME and not policy.other_schemes:
        found.append(Reason("number_scheme", (("length", str(len(number.number))),), "cards.other_schemes"))
    elif number.check is BarcodeCheck.VALID and number.number[0] == "3":
        found.append(Reason("number_of_item", (), "cards.ranges"))
    return tuple(found)


def _of_proofs(facts: CardFacts, policy: CardPolicy) -> _Found:
    section = f"cards.proofs.{facts.kind.value}"
    needed = policy.proofs.get(facts.kind)
    if needed is None:
        yield _Weight.PERSON, Reason("proofs_not_set", (("kind", facts.kind.value),), section)
        return
    for proof in needed:
        if proof not in facts.proofs:
            yield _Weight.AGAINST, Reason("proof_missing", (("proof", proof.value),), section)


def _of_address(kind: CardKind, belonging: Belonging | None, asks: Iterable[str], policy: CardPolicy) -> _Found:
    if kind is CardKind.NON_RESIDENT and belonging is Belonging.DISTRICT:
        yield _Weight.AGAINST, Reason("resident_pays_nothing", (), "cards.paid_cents")
    needed = policy.belongings.get(kind)
    if needed is None or belonging in needed:
        return
    section = f"cards.belongings.{kind.value}"
    if belonging is None or belonging is Belonging.UNSURE:
        yield _Weight.PERSON, Reason("area_unsure", (("asks", "; ".join(asks) or "look it up"),), section)
    else:
        params = (("belonging", belonging.value), ("needed", ", ".join(one.value for one in needed)))
        yield _Weight.AGAINST, Reason("wrong_area", params, section)


def _of_period(kind: CardKind, months: int | None, policy: CardPolicy) -> _Found:
    if kind is CardKind.NON_RESIDENT and str(months) not in policy.paid_cents:
        sold = ", ".join(sorted(policy.paid_cents, key=int)) or "none"
        told = "no months" if months is None else f"{months} months"
        yield _Weight.AGAINST, Reason("months_not_sold", (("months", told), ("sold", sold)), "cards.paid_cents")
    elif kind is not CardKind.NON_RESIDENT and months is not None:
        yield _Weight.AGAINST, Reason("kind_not_sold", (("kind", kind.value),), "cards.paid_cents")


def _of_age(facts: CardFacts, policy: CardPolicy) -> _Found:
    if policy.signature_below == 0 or facts.signed or facts.minority is Minority.ADULT:
        return
    if facts.minority is Minority.UNKNOWN:
        yield _Weight.PERSON, Reason("unknown_age", (), "cards.signature_below")
    else:
        params = (("age", str(policy.signature_below)),)
        yield _Weight.AGAINST, Reason("signature_missing", params, "cards.signature_below")


def _of_known(facts: CardFacts, policy: CardPolicy) -> _Found:
    years = policy.update_within_years
    for known in facts.known:
        old = years is not None and known.expired_on is not None
        if old and known.expired_on is not None and _months_after(known.expired_on, 12 * (years or 0)) < facts.today:
            continue
        if known.likeness is Likeness.SAME:
            yield _Weight.AGAINST, Reason("known_already", (), "cards.update_within_years")
        else:
            yield _Weight.PERSON, Reason("perhaps_known", (), "patrons.duplicate_possible")


def _of_record(blocks: Iterable[str], owed: Money | None, policy: CardPolicy) -> _Found:
    for reason in sorted(set(blocks) - set(policy.ignored_blocks)):
        yield _Weight.AGAINST, Reason("card_blocked", (("reason", reason),), "cards.ignored_blocks")
    most = policy.max_owed_cents
    if most is not None and owed is not None and owed.cents > most:
        params = (("owed", str(owed)), ("most", str(Money(most, owed.currency))))
        yield _Weight.AGAINST, Reason("card_owes", params, "cards.max_owed_cents")


def _weighed(found: Iterable[tuple[_Weight, Reason]], version: str) -> Decision:
    by_weight: dict[_Weight, list[Reason]] = {weight: [] for weight in _Weight}
    for weight, reason in found:
        stamped = Reason(reason.code, reason.params, reason.section, version)
        if stamped not in by_weight[weight]:
            by_weight[weight].append(stamped)
    against, person = by_weight[_Weight.AGAINST], by_weight[_Weight.PERSON]
    if against:
        return deny(*against, *person)
    return refer(*person) if person else permit(*by_weight[_Weight.FOR])
