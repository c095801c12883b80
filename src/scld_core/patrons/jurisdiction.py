"""The daily card question: whether an address is in the district, covered by an agreement, outside, or unsure.

An answer rests on rows of files and names each of them. Nothing is outside because it was not found: what no
row covers, what two rows place differently, what lies on a border and what is no place where people live is
unsure, and the answer says what to ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.decision import Reason
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, nonempty, optional
from scld_core.patrons.address import AddressKey, AddressKind, address_key
from scld_core.patrons.contact import Address
from scld_core.patrons.policy import Belonging, JurisdictionPolicy
from scld_core.patrons.polygons import Feature, Side, side_of
from scld_core.patrons.streets import StreetRanges

__all__ = ["ASKS", "REASONS", "Areas", "Ask", "Finding", "Place", "Source", "SourceRow", "jurisdiction_of"]

REASONS: Mapping[str, str] = {
    "covered": "{area} has this address, by {row} of {source} of {dated}",
    "contradiction": "the sources place this address in {areas}",
    "border": "the point lies on the border of {area}, by {row} of {source} of {dated}",
    "area_unknown": "{area} is not among the areas of the policy",
    "no_residence": "a {kind} is no place where a household lives",
    "no_house_number": "the address has no house number that can be looked up",
    "no_row": "no source covers this address on {on}",
    "no_address": "there is neither an address nor a point",
}
"""Each reason as a sentence."""


class Ask(Enum):
    """What would make an unsure answer sure."""

    RESIDENCE = "residence"
    HOUSE_NUMBER = "house_number"
    STREET_SPELLING = "street_spelling"
    POSTCODE = "postcode"
    MAP = "map"
    POLICY = "policy"


ASKS: Mapping[Ask, str] = {
    Ask.RESIDENCE: "Ask for the address where the household lives, with a proof of it",
    Ask.HOUSE_NUMBER: "Ask for the house number and the street",
    Ask.STREET_SPELLING: "Ask how the street is spelled; a similar one is in the files",
    Ask.POSTCODE: "Ask for the postcode",
    Ask.MAP: "Look the address up on the assessor's map",
    Ask.POLICY: "Somebody has to say under [policy.jurisdiction.areas] what the area is to the district",
}
"""What to do for each, as people read it."""


@frozen
class Source:
    """A file and its date."""

    name: str = field(validator=nonempty)
    dated: datetime = field(validator=instant)


@frozen
class SourceRow:
    """One row or feature that an answer rests on, and the area it names."""

    source: Source = field(validator=instance(Source))
    row: str = field(validator=nonempty)
    area: str = field(validator=nonempty)


@frozen(kw_only=True)
class Areas:
    """What is known of the places around: ranges of streets, outlines of areas, or both, each with its file."""

    ranges: StreetRanges = field(factory=StreetRanges, validator=instance(StreetRanges))
    ranges_from: Source | None = field(default=None, validator=optional(instance(Source)))
    features: tuple[Feature, ...] = field(default=(), validator=each(instance(Feature)))
    features_from: Source | None = field(default=None, validator=optional(instance(Source)))


@frozen(kw_only=True)
class Place:
    """Where somebody lives: the address, the point (longitude, latitude) when the caller has one, or both."""

    address: Address | None = personal(default=None, validator=optional(instance(Address)))
    point: tuple[float, float] | None = personal(default=None)


@frozen(kw_only=True)
class Finding:
    """The answer: what the place is to the district, by which area, on what it rests, and what to ask for.

    `near` are streets of the files that are spelled nearly like the one that was not found.
    """

    belonging: Belonging = field(validator=instance(Belonging))
    areas: tuple[str, ...] = ()
    evidence: tuple[SourceRow, ...] = ()
    reasons: tuple[Reason, ...] = field(validator=each(instance(Reason)))
    asks: tuple[Ask, ...] = ()
    near: tuple[str, ...] = personal(default=())


@frozen
class _Match:
    row: SourceRow
    border: bool = False


def jurisdiction_of(place: Place, areas: Areas, policy: JurisdictionPolicy, *, on: date, version: str = "") -> Finding:
    """What a place is to the district on a day. Total, and equal for rows in any order."""
    key = address_key(place.address) if place.address else AddressKey(kind=AddressKind.NONE)
    matches = (*_by_street(key, areas, on), *_by_point(place.point, areas, on))
    rows = tuple(sorted((match.row for match in matches), key=lambda row: (row.source.name, row.row, row.area)))
    found = _decided(matches, policy)
    if not matches:
        found = _nothing(key, place, areas, on)
    reasons = tuple(Reason(r.code, r.params, r.section or "jurisdiction.areas", version) for r in found.reasons)
    names = tuple(sorted({row.area for row in rows}))
    return Finding(
        belonging=found.belonging, areas=names, evidence=rows, reasons=reasons, asks=found.asks, near=found.near
    )


def _by_street(key: AddressKey, areas: Areas, on: date) -> Iterator[_Match]:
    if areas.ranges_from is not None and key.number is not None:
        for row in areas.ranges.covering(key.street, key.number, key.zone, on):
            yield _Match(SourceRow(areas.ranges_from, f"line {row.line}", row.area))


def _by_point(point: tuple[float, float] | None, areas: Areas, on: date) -> Iterator[_Match]:
    if areas.features_from is not None and point is not None:
        for feature in areas.features:
            side = side_of(point, feature) if feature.holds(on) else Side.OUTSIDE
            if side is not Side.OUTSIDE:
                row = SourceRow(areas.features_from, f"feature {feature.number}", feature.area)
                yield _Match(row, side is Side.BORDER)


def _decided(matches: Iterable[_Match], policy: JurisdictionPolicy) -> Finding:
    ordered = sorted(matches, key=lambda match: (match.row.source.name, match.row.row, match.row.area))
    kinds = {(match.row.area, policy.areas.get(match.row.area)) for match in ordered}
    reasons = [_reason("border" if match.border else "covered", match.row) for match in ordered]
    asks: list[Ask] = [Ask.MAP] if any(match.border for match in ordered) else []
    unknown = sorted(area for area, kind in kinds if kind is None)
    if unknown:
        reasons += [Reason("area_unknown", (("area", area),)) for area in unknown]
        asks.append(Ask.POLICY)
    if len({_gives(area, kind) for area, kind in kinds}) > 1:
        reasons.append(Reason("contradiction", (("areas", ", ".join(sorted(area for area, _ in kinds))),)))
        asks += [Ask.POSTCODE, Ask.MAP]
    kind = None if asks else next(iter(kinds), ("", None))[1]
    wanted = tuple(ask for ask in Ask if ask in asks)
    return Finding(belonging=kind or Belonging.UNSURE, reasons=tuple(reasons), asks=wanted)


def _gives(area: str, kind: Belonging | None) -> tuple[Belonging | None, str]:
    """What a household gets by an area; two agreements are two things."""
    return kind, area if kind in (Belonging.RECIPROCAL, None) else ""


def _reason(code: str, row: SourceRow) -> Reason:
    dated = row.source.dated.date().isoformat()
    return Reason(code, (("area", row.area), ("row", row.row), ("source", row.source.name), ("dated", dated)))


def _nothing(key: AddressKey, place: Place, areas: Areas, on: date) -> Finding:
    near: tuple[str, ...] = ()
    if key.kind is AddressKind.NONE and place.point is None:
        reason, asks = Reason("no_address"), (Ask.RESIDENCE,)
    elif key.kind in _BOXES:
        reason, asks = Reason("no_residence", (("kind", key.kind.value.replace("_", " ")),)), (Ask.RESIDENCE,)
    elif key.number is None and place.point is None:
        reason, asks = Reason("no_house_number"), (Ask.HOUSE_NUMBER,)
    else:
        near = areas.ranges.near(key.street)
        spelling = (Ask.STREET_SPELLING,) if near else ()
        reason, asks = Reason("no_row", (("on", on.isoformat()),)), (*spelling, Ask.MAP)
    return Finding(belonging=Belonging.UNSURE, reasons=(reason,), asks=asks, near=near)


_BOXES = frozenset({AddressKind.PO_BOX, AddressKind.PRIVATE_BOX, AddressKind.GENERAL_DELIVERY})
