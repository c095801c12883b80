"""What a district decides about its cards: for whom, by which proof, for what, for how long, and their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from itertools import combinations
from typing import Any, cast

from attrs import field, frozen

from scld_core.cards.model import BarcodeRange, CardKind, Proof, Service
from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, each, instance, matching, nonempty, optional
from scld_core.patrons.policy import Belonging

__all__ = ["CardPolicy"]


def _table(value: Callable[[Any], bool], rule: str, keys: type[Enum] = CardKind) -> Any:
    def fits(table: Any) -> bool:
        if not isinstance(table, Mapping):
            return False
        rows = cast("Mapping[object, object]", table)
        return all(isinstance(key, keys) and value(row) for key, row in rows.items())

    return matching(fits, rule)


def _lists(kind: type[Any]) -> Callable[[Any], bool]:
    def fits(row: Any) -> bool:
        return isinstance(row, tuple) and all(isinstance(one, kind) for one in cast("tuple[object, ...]", row))

    return fits


def _count(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 100_000


def _month_day(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])", value) is not None


def _prices(table: Any) -> bool:
    rows = cast("Mapping[object, object]", table) if isinstance(table, Mapping) else {"": 0}
    return all(
        isinstance(months, str) and re.fullmatch(r"[1-9][0-9]{0,2}", months) and type(cents) is int and cents >= 0
        for months, cents in rows.items()
    )


@frozen
class CardPolicy:
    """One key each under ``[policy.cards]``; a key without a sourced value must be set there.

    excludes: for each kind of card that is issued the services that it is not good for; a kind that is not
        there is not issued.
    proofs: for each kind what an applicant shows, all of it.
    belongings: for each kind what the applicant's address must be to the district; a kind that is not there
        asks for no address.
    signature_below: age in years below which a responsible adult signs; 0 where nobody has to.
    renewal_open_days: open days after which a request for renewal is to be answered.
    valid_months, valid_days: for each kind how long a card lasts; a kind in neither has no end.
    ends_on: for each kind the day of the year, written MM-DD, on which every card ends.
    paid_cents: for each number of months that is sold its price, for households outside the district alone.
    max_owed_cents: who owes more gets no card and no renewal; left out, no limit.
    ignored_blocks: block reasons that stop neither; every other block does.
    update_within_years: a former card that ended no longer ago is renewed in place of a new one; left out,
        however long ago.
    categories: for each kind the ILS's own word; left out, the kind's own name.
    ranges: for each library the ranges of its card numbers, 13 digits without the check digit, in the order
        in which they are used up.
    other_schemes: whether a number that is no 14-digit number beginning with 2 may be a card's.
    """

    excludes: Mapping[CardKind, tuple[Service, ...]] = field(
        validator=_table(_lists(Service), "must give lists of services to kinds of cards")
    )
    proofs: Mapping[CardKind, tuple[Proof, ...]] = field(
        validator=_table(_lists(Proof), "must give lists of proofs to kinds of cards")
    )
    belongings: Mapping[CardKind, tuple[Belonging, ...]] = field(
        validator=_table(_lists(Belonging), "must give lists of what an address is to kinds of cards")
    )
    signature_below: int = field(validator=[instance(int), between(0, 150)])
    renewal_open_days: int = field(validator=[instance(int), between(1, 100_000)])
    valid_months: Mapping[CardKind, int] = field(
        factory=dict[CardKind, int], validator=_table(_count, "must give whole numbers to kinds of cards")
    )
    valid_days: Mapping[CardKind, int] = field(
        factory=dict[CardKind, int], validator=_table(_count, "must give whole numbers to kinds of cards")
    )
    ends_on: Mapping[CardKind, str] = field(
        factory=dict[CardKind, str], validator=_table(_month_day, "must give days such as 08-01 to kinds of cards")
    )
    paid_cents: Mapping[str, int] = field(
        factory=dict[str, int], validator=matching(_prices, "must give prices in cents to numbers of months")
    )
    max_owed_cents: int | None = field(default=None, validator=optional(between(0, 1_000_000_000)))
    ignored_blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    update_within_years: int | None = field(default=None, validator=optional(between(1, 150)))
    categories: Mapping[CardKind, str] = field(
        factory=dict[CardKind, str],
        validator=_table(lambda v: isinstance(v, str) and bool(v.strip()), "must give words to kinds of cards"),
    )
    ranges: Mapping[str, tuple[BarcodeRange, ...]] = field(
        factory=dict[str, tuple[BarcodeRange, ...]],
        validator=matching(
            lambda v: isinstance(v, Mapping) and all(map(_lists(BarcodeRange), cast("Mapping[str, Any]", v).values())),
            "must give lists of ranges to libraries",
        ),
    )
    other_schemes: bool = field(default=False, validator=instance(bool))

    def __attrs_post_init__(self) -> None:
        ranges = [one for library in self.ranges.values() for one in library]
        if any(one.overlaps(other) for one, other in combinations(ranges, 2)):
            raise InvalidValue("CardPolicy", "ranges", "must not overlap: a number would be given twice")
        words = list(self.categories.values())
        if len(set(words)) != len(words):
            raise InvalidValue("CardPolicy", "categories", "must have each word once, or a card's kind is not known")

    def category(self, kind: CardKind) -> str:
        """The ILS's word for a kind."""
        return self.categories.get(kind, kind.value)
