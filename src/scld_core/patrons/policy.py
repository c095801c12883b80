"""What a district decides about its patrons: who may ask, what proves it, where its cards are free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any, Self, cast

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, each, instance, matching
from scld_core.patrons.address import AddressKind

__all__ = [
    "Belonging",
    "Channel",
    "Evidence",
    "Fact",
    "FactClass",
    "Facts",
    "JurisdictionPolicy",
    "PatronPolicy",
    "Signal",
]


class FactClass(Enum):
    """What somebody may want to know of a patron's record."""

    AMOUNT_OWED = "amount_owed"
    DUE_DATES = "due_dates"
    TITLES = "titles"
    HOLDS = "holds"


class Evidence(Enum):
    """What a responsible adult brings to ask about a child's record."""

    CHILDS_CARD = "childs_card"
    NUMBER_AND_PIN = "number_and_pin"
    CHILD_PRESENT = "child_present"  # and the child agrees


class Channel(Enum):
    """How somebody speaks with the desk."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"


class Fact(Enum):
    """What somebody can name or show to be taken for the patron."""

    CARD_NUMBER = "card_number"
    BIRTH_DATE = "birth_date"
    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - the word for it, and none
    PHOTO_ID = "photo_id"


@frozen
class Facts:
    """Facts that suffice together, written ``card_number+birth_date``."""

    facts: frozenset[Fact] = field(validator=matching(bool, "must be one fact at least"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read facts joined by ``+``; InvalidValue for a word that is none."""
        known = {fact.value: fact for fact in Fact}
        parts = [part.strip() for part in text.split("+")]
        if not known.keys() >= set(parts):
            raise InvalidValue(cls.__name__, "", f"must be facts joined by +, of {', '.join(known)}")
        return cls(frozenset(known[part] for part in parts))

    def __str__(self) -> str:
        return "+".join(fact.value for fact in Fact if fact in self.facts)


class Belonging(Enum):
    """What an address gives its household: a district card, one by agreement, or neither."""

    DISTRICT = "district"
    RECIPROCAL = "reciprocal"
    OUTSIDE = "outside"
    UNSURE = "unsure"  # an answer only, and never a policy's value


class Signal(Enum):
    """What two records have in common or apart; what one of them does not say is no signal."""

    SAME_CARD = "same_card"
    SAME_NAME = "same_name"
    NEAR_NAME = "near_name"  # the words of one are among the other's, initials counted
    OTHER_NAME = "other_name"
    SAME_BIRTH_DATE = "same_birth_date"
    NEAR_BIRTH_DATE = "near_birth_date"  # day and month exchanged
    OTHER_BIRTH_DATE = "other_birth_date"
    SAME_ADDRESS = "same_address"
    SAME_BUILDING = "same_building"
    OTHER_ADDRESS = "other_address"
    SAME_PHONE = "same_phone"
    OTHER_PHONE = "other_phone"
    SAME_EMAIL = "same_email"
    OTHER_EMAIL = "other_email"


def _table(keys: type[Enum], value: Callable[[Any], bool], rule: str) -> Callable[[Any, Any, Any], None]:
    def fits(table: Any) -> bool:
        if not isinstance(table, Mapping):
            return False
        rows = cast("Mapping[object, object]", table)
        return all(isinstance(key, keys) and value(row) for key, row in rows.items())

    return matching(fits, rule)


def _members(kind: type[Any]) -> Callable[[Any], bool]:
    def fits(row: Any) -> bool:
        members = cast("tuple[object, ...]", row) if isinstance(row, tuple) else (None,)
        return all(isinstance(member, kind) for member in members)

    return fits


def _areas(table: Any) -> bool:
    rows = cast("Mapping[object, object]", table) if isinstance(table, Mapping) else {"": None}
    return all(isinstance(k, str) and isinstance(v, Belonging) and v is not Belonging.UNSURE for k, v in rows.items())


@frozen
class JurisdictionPolicy:
    """One key each under ``[policy.jurisdiction]``; apart from the rest, since it is asked before anybody is a patron.

    areas: what each area that address files name is to the district: district, reciprocal or outside; an area
        that is not there leaves the answer open.
    """

    areas: Mapping[str, Belonging] = field(
        validator=matching(_areas, "must give district, reciprocal or outside to names of areas")
    )


_score = [instance(int), between(-100_000, 100_000)]


@frozen
class PatronPolicy:
    """One key each under ``[policy.patrons]``; a key without a sourced value must be set there.

    adult_age: years from which on a patron is no minor, and no other adult may ask for the record.
    guardian_access: for each class of facts the evidence of which any one lets a responsible adult know it;
        a class that is not there is never told.
    guardian_must_be_liable: whether only an adult who answers for the child's loans may ask.
    verification: for each channel the sets of facts of which any one suffices, such as card_number+birth_date;
        a channel that is not there verifies nobody.
    verification_failures: failures of one patron on one day after which the channels below are locked that day.
    verification_locks: the channels that are locked then.
    household_kinds: kinds of address that make those who share one a household.
    duplicate_weights: for each signal between two records its points; a signal that is not there has none.
    duplicate_same, duplicate_possible: points from which on two records are taken for one patron, or perhaps.
    duplicate_block: how many records that share one trait are compared with each other; a larger group is named
        and not compared.
    placeholder_birth_dates: dates that stand for an unknown one, such as 1900-01-01.
    """

    adult_age: int = field(validator=[instance(int), between(1, 150)])
    guardian_access: Mapping[FactClass, tuple[Evidence, ...]] = field(
        validator=_table(FactClass, _members(Evidence), "must give lists of evidence to classes of facts")
    )
    guardian_must_be_liable: bool = field(validator=instance(bool))
    verification: Mapping[Channel, tuple[Facts, ...]] = field(
        validator=_table(Channel, _members(Facts), "must give lists of facts to channels")
    )
    verification_failures: int = field(validator=[instance(int), between(1, 100_000)])
    verification_locks: tuple[Channel, ...] = field(validator=each(instance(Channel)))
    household_kinds: tuple[AddressKind, ...] = field(validator=each(instance(AddressKind)))
    duplicate_weights: Mapping[Signal, int] = field(
        validator=_table(Signal, lambda v: type(v) is int, "must give whole numbers to signals")
    )
    duplicate_same: int = field(validator=_score)
    duplicate_possible: int = field(validator=_score)
    duplicate_block: int = field(validator=[instance(int), between(2, 100_000)])
    placeholder_birth_dates: tuple[date, ...] = field(validator=each(instance(date)))

    def __attrs_post_init__(self) -> None:
        if self.duplicate_possible > self.duplicate_same:
            raise InvalidValue("PatronPolicy", "duplicate_possible", "must not be above duplicate_same")

    def birth_date(self, written: date | None) -> date | None:
        """The birth date, or None for one that only stands for an unknown one."""
        return None if written in self.placeholder_birth_dates else written
