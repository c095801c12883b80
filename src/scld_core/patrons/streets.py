"""Ranges of house numbers on streets, and which area each belongs to."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum

from attrs import Factory, field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import at_least, each, instance, matching, nonempty, optional
from scld_core.patrons.address import street_key
from scld_core.patrons.address_words import DIRECTIONS, SUFFIXES

__all__ = ["Parity", "StreetRange", "StreetRanges"]


class Parity(Enum):
    """Which house numbers of a range are meant: one side of the street or both."""

    EVEN = "even"
    ODD = "odd"
    BOTH = "both"

    def has(self, number: int) -> bool:
        """Whether a number is of this parity."""
        return self is Parity.BOTH or (number % 2 == 0) is (self is Parity.EVEN)


@frozen(kw_only=True)
class StreetRange:
    """House numbers from `low` to `high`, both included, of one street, in an area on certain days.

    `street` is a street's key, `postcode` five digits or blank for any. In force from `valid_from` up to but
    without `valid_to`; None is without bound. `line` is the row's own line in its file, and `name` the street as
    it is written there.
    """

    street: str = field(validator=matching(lambda v: bool(v) and street_key(v) == v, "must be the key of a street"))
    low: int = field(validator=[instance(int), at_least(0)])
    high: int = field(validator=[instance(int), at_least(0)])
    parity: Parity = field(default=Parity.BOTH, validator=instance(Parity))
    postcode: str = field(
        default="", validator=matching(lambda v: v == "" or (len(v) == 5 and v.isdigit()), "must be five digits")
    )
    area: str = field(validator=nonempty)
    valid_from: date | None = field(default=None, validator=optional(instance(date)))
    valid_to: date | None = field(default=None, validator=optional(instance(date)))
    line: int = field(validator=[instance(int), at_least(1)])
    name: str = field(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        if self.high < self.low:
            raise InvalidValue("StreetRange", "high", "must not be below low")
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise InvalidValue("StreetRange", "to", "must be after from")

    def covers(self, number: int, zone: str, on: date) -> bool:
        """Whether a number of this street is meant on a day; a zone that is no postcode excludes nothing."""
        same = self.postcode == zone or not self.postcode or not (len(zone) == 5 and zone.isdigit())
        later = self.valid_from is None or self.valid_from <= on
        return (
            self.low <= number <= self.high
            and self.parity.has(number)
            and same
            and later
            and (self.valid_to is None or on < self.valid_to)
        )


def _by_street(ranges: StreetRanges) -> Mapping[str, tuple[StreetRange, ...]]:
    found: dict[str, list[StreetRange]] = {}
    for row in ranges.rows:
        found.setdefault(row.street, []).append(row)
    return {street: tuple(rows) for street, rows in found.items()}


def _core(street: str) -> str:
    """A street's name without directions and suffixes, which people leave out and confuse."""
    own = [word for word in street.split() if word not in DIRECTIONS and word not in SUFFIXES]
    return " ".join(own or street.split())


def _by_core(ranges: StreetRanges) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for street, rows in ranges.by_street.items():
        found.setdefault(_core(street), []).append(min(row.name or street for row in rows))
    return {core: tuple(sorted(streets)) for core, streets in found.items()}


_MOST_NEAR = 5


@frozen
class StreetRanges:
    """The ranges of a file, found by street."""

    rows: tuple[StreetRange, ...] = field(default=(), validator=each(instance(StreetRange)), repr=False)
    by_street: Mapping[str, tuple[StreetRange, ...]] = field(
        init=False, repr=False, eq=False, default=Factory(_by_street, takes_self=True)
    )
    _cores: Mapping[str, tuple[str, ...]] = field(
        init=False, repr=False, eq=False, default=Factory(_by_core, takes_self=True)
    )

    def covering(self, street: str, number: int, zone: str, on: date) -> Iterator[StreetRange]:
        """The rows that cover a house number of a street, by its key, on a day."""
        return (row for row in self.by_street.get(street, ()) if row.covers(number, zone, on))

    def near(self, street: str) -> tuple[str, ...]:
        """At most five other streets of nearly this name: another direction or suffix, or a letter or two apart."""
        if not street:
            return ()
        cores = difflib.get_close_matches(_core(street), self._cores, n=_MOST_NEAR)
        return tuple(name for core in cores for name in self._cores[core] if street_key(name) != street)[:_MOST_NEAR]
