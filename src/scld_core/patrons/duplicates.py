"""Records that may be one patron, each pair with what speaks for it and against it.

Nothing is merged here. Records are compared only within groups that share a trait (a card, a mailbox, a
telephone, a name, a birth date and an initial, an address and a name), so that the work grows with the
number of records and not with its square. A group that is larger than the policy's limit, such as all who
gave the telephone of one school, is named and not compared. What one of two records does not say speaks
neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from itertools import combinations

from attrs import Factory, field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance
from scld_core.patrons.address import AddressKey, AddressKind, address_key
from scld_core.patrons.contact import Contact
from scld_core.patrons.person import Patron
from scld_core.patrons.policy import PatronPolicy, Signal

__all__ = ["REASONS", "Duplicate", "Duplicates", "Likeness", "Record", "compare", "find_duplicates"]

REASONS: Mapping[str, str] = {
    "same_card": "a card is on both ({points})",
    "same_name": "they have the same name ({points})",
    "near_name": "one name is part of the other ({points})",
    "other_name": "their names differ ({points})",
    "same_birth_date": "they have the same birth date ({points})",
    "near_birth_date": "day and month of the birth dates are exchanged ({points})",
    "other_birth_date": "their birth dates differ ({points})",
    "same_address": "they have the same address ({points})",
    "same_building": "they live in one building, in two units ({points})",
    "other_address": "their addresses differ ({points})",
    "same_phone": "they share a telephone number ({points})",
    "other_phone": "they share no telephone number ({points})",
    "same_email": "they share a mailbox ({points})",
    "other_email": "they share no mailbox ({points})",
}
"""Each signal as a sentence about two records."""


class Likeness(Enum):
    """What two records are to each other."""

    SAME = "same"
    POSSIBLY = "possibly"
    DIFFERENT = "different"


@frozen
class _Traits:
    """What is compared, worked out once for each record."""

    name: tuple[str, ...] = personal()
    address: AddressKey = personal()
    phones: frozenset[str] = personal()
    emails: frozenset[str] = personal()
    cards: frozenset[str] = personal()


def _traits(record: Record) -> _Traits:
    contact = record.contact
    nowhere = AddressKey(kind=AddressKind.NONE)
    return _Traits(
        contact.name.key if contact.name else (),
        address_key(contact.address) if contact.address else nowhere,
        frozenset(phone.key for phone in contact.phones),
        frozenset(email.key for email in contact.emails),
        frozenset(str(card.number) for card in record.patron.cards),
    )


@frozen
class Record:
    """One patron record with its contact."""

    patron: Patron = field(validator=instance(Patron))
    contact: Contact = field(validator=instance(Contact))
    traits: _Traits = field(init=False, repr=False, eq=False, default=Factory(_traits, takes_self=True))


@frozen(kw_only=True)
class Duplicate:
    """Two records, in order of their ids: what they are to each other, the points, and every signal."""

    ids: tuple[PatronId, PatronId] = personal(validator=each(instance(PatronId)))
    likeness: Likeness = field(validator=instance(Likeness))
    points: int
    reasons: tuple[Reason, ...] = field(validator=each(instance(Reason)))


@frozen
class Duplicates:
    """Pairs that are the same or possibly so, most points first, and the groups that were too large.

    Each entry of `too_large` is a kind of trait and the number of records that share one.
    """

    pairs: tuple[Duplicate, ...]
    too_large: tuple[tuple[str, int], ...] = ()


def compare(one: Record, other: Record, policy: PatronPolicy, *, version: str = "") -> Duplicate:
    """What two records are to each other; the same whichever comes first. InvalidValue for one record."""
    if one.patron.id == other.patron.id:
        raise InvalidValue("compare", "other", "must be another record")
    first, second = sorted((one, other), key=lambda record: record.patron.id)
    signals = tuple(_signals(first, second, policy))
    points = {signal: policy.duplicate_weights.get(signal, 0) for signal in signals}
    total = sum(points.values())
    reasons = tuple(
        Reason(signal.value, (("points", f"{value:+d}"),), f"patrons.duplicate_weights.{signal.value}", version)
        for signal, value in points.items()
    )
    ids = (first.patron.id, second.patron.id)
    return Duplicate(ids=ids, likeness=_likeness(total, policy), points=total, reasons=reasons)


def _likeness(points: int, policy: PatronPolicy) -> Likeness:
    if points >= policy.duplicate_same:
        return Likeness.SAME
    return Likeness.POSSIBLY if points >= policy.duplicate_possible else Likeness.DIFFERENT


def _signals(one: Record, other: Record, policy: PatronPolicy) -> Iterator[Signal]:
    ours, theirs = one.traits, other.traits
    if ours.cards & theirs.cards:
        yield Signal.SAME_CARD
    yield from _of_names(ours.name, theirs.name)
    born = (policy.birth_date(one.patron.birth_date), policy.birth_date(other.patron.birth_date))
    yield from _of_birth_dates(*born)
    yield from _of_addresses(ours.address, theirs.address)
    for mine, yours, same, apart in (
        (ours.phones, theirs.phones, Signal.SAME_PHONE, Signal.OTHER_PHONE),
        (ours.emails, theirs.emails, Signal.SAME_EMAIL, Signal.OTHER_EMAIL),
    ):
        if mine and yours:
            yield same if mine & yours else apart


def _of_names(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[Signal]:
    if one and other:
        near = _within(one, other) or _within(other, one)
        yield Signal.SAME_NAME if one == other else Signal.NEAR_NAME if near else Signal.OTHER_NAME


def _within(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    """Whether each word of one name is a word of the other, or its initial; and one at least is a whole word."""
    left = list(many)
    rest: list[str] = []
    for word in few:
        if word in left:
            left.remove(word)
        else:
            rest.append(word)
    return len(rest) < len(few) and all(_takes_initial(word, left) for word in rest)


def _takes_initial(word: str, left: list[str]) -> bool:
    found = next((name for name in left if 1 in (len(word), len(name)) and name[0] == word[0]), None)
    if found is not None:
        left.remove(found)
    return found is not None


def _of_birth_dates(one: date | None, other: date | None) -> Iterator[Signal]:
    if one is not None and other is not None:
        exchanged = (one.year, one.month, one.day) == (other.year, other.day, other.month)
        same = one == other
        yield Signal.SAME_BIRTH_DATE if same else Signal.NEAR_BIRTH_DATE if exchanged else Signal.OTHER_BIRTH_DATE


def _of_addresses(one: AddressKey, other: AddressKey) -> Iterator[Signal]:
    if one.text and other.text:
        building = one.place and (one.place, one.zone) == (other.place, other.zone)
        yield Signal.SAME_ADDRESS if one == other else Signal.SAME_BUILDING if building else Signal.OTHER_ADDRESS


def find_duplicates(records: Iterable[Record], policy: PatronPolicy, *, version: str = "") -> Duplicates:
    """The pairs among `records` that are the same patron or possibly so; in any order of records the same.

    Of two records with one id the first counts.
    """
    by_id: dict[PatronId, Record] = {}
    for record in records:
        by_id.setdefault(record.patron.id, record)
    groups: dict[tuple[str, str], list[PatronId]] = {}
    for number, record in by_id.items():
        for trait in _keys(record, policy):
            groups.setdefault(trait, []).append(number)
    pairs: set[tuple[PatronId, PatronId]] = set()
    too_large: list[tuple[str, int]] = []
    for (kind, _), members in groups.items():
        if len(members) > policy.duplicate_block:
            too_large.append((kind, len(members)))
        else:
            pairs.update(combinations(sorted(members), 2))
    found = (compare(by_id[one], by_id[other], policy, version=version) for one, other in pairs)
    kept = [pair for pair in found if pair.likeness is not Likeness.DIFFERENT]
    return Duplicates(tuple(sorted(kept, key=lambda pair: (-pair.points, pair.ids))), tuple(sorted(too_large)))


def _keys(record: Record, policy: PatronPolicy) -> set[tuple[str, str]]:
    """The traits by which a record is grouped: kind and value."""
    traits = record.traits
    born = policy.birth_date(record.patron.birth_date)
    keys = {("card", card) for card in traits.cards}
    keys |= {("phone", phone) for phone in traits.phones} | {("email", email) for email in traits.emails}
    if born is not None:
        when = f"{born.year} {min(born.month, born.day)} {max(born.month, born.day)}"
        keys |= {("birth date and initial", f"{when} {word[0]}") for word in traits.name}
    if traits.address.place:
        where = f"{traits.address.place} {traits.address.zone}"
        keys |= {("address and name", f"{where}\0{word}") for word in traits.name}
    if traits.name:
        keys.add(("name", " ".join(traits.name)))
    return keys
