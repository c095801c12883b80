"""Files that say which area an address is in: ranges of streets as CSV or XLSX, outlines as GeoJSON.

A row or feature is used only when all of it is understood; the others are named with their place and reason.
An area's name is written in any case and with any signs: ``Spokane Valley`` is ``spokane-valley``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import field, frozen

from scld_core.codecs.tables import DAMAGED, Row, is_damaged, read_table
from scld_core.errors import FileRefused, InvalidValue
from scld_core.kernel.fold import words
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import instance
from scld_core.patrons.address import street_key
from scld_core.patrons.jurisdiction import Source
from scld_core.patrons.polygons import Feature, Ring
from scld_core.patrons.streets import Parity, StreetRange, StreetRanges

__all__ = ["COLUMNS", "OPTIONAL", "Outlines", "RangeFile", "area_name", "read_outlines", "read_ranges"]

COLUMNS = ("street", "low", "high", "parity", "zip", "jurisdiction", "from", "to")
OPTIONAL = ("parity", "zip", "from", "to")

T = TypeVar("T")

_CRS84 = re.compile(r"urn:ogc:def:crs:(?:OGC:1\.3:CRS84|OGC::CRS84|EPSG::4326)|EPSG:4326", re.IGNORECASE)


@frozen
class RangeFile:
    """The ranges of a file, its unusable rows, and the file with its date."""

    ranges: StreetRanges = field(validator=instance(StreetRanges))
    quarantined: tuple[Quarantined, ...]
    source: Source = field(validator=instance(Source))


@frozen
class Outlines:
    """The outlines of a file, its unusable features (line 0; the key names them), and the file with its date."""

    features: tuple[Feature, ...] = field(repr=False)
    quarantined: tuple[Quarantined, ...]
    source: Source = field(validator=instance(Source))


def area_name(text: str) -> str:
    """An area's name as the policy has it: folded words joined by dashes; blank for text without any."""
    return "-".join(words(text))


def read_ranges(
    path: Path, *, mapping: Mapping[str, str] | None = None, encoding: str | None = None, dated: datetime | None = None
) -> RangeFile:
    """The street ranges of a CSV or XLSX file.

    Columns: ``street`` (its name without numbers), ``low`` and ``high`` (both included), ``jurisdiction``;
    optional are ``parity`` (even, odd or both), ``zip``, ``from`` and ``to`` (the first day and the first day
    after). `mapping` gives the file's own headers; `dated` is when the file's content was true, the file's own
    time when left out. Raises FileRefused for a file that cannot be used whole.
    """
    table = read_table(path, COLUMNS, mapping=mapping, optional=OPTIONAL, encoding=encoding)
    rows: list[StreetRange] = []
    quarantined = list(table.quarantined)
    for row in table.rows:
        problems, found = _range(row)
        if found is None:
            quarantined.append(Quarantined(table.source, row.line, "; ".join(problems)))
        else:
            rows.append(found)
    quarantined.sort(key=lambda unusable: unusable.line)
    return RangeFile(StreetRanges(tuple(rows)), tuple(quarantined), Source(table.source, dated or table.modified_at))


def _range(row: Row) -> tuple[list[str], StreetRange | None]:
    problems: list[str] = []

    def part(name: str, read: Callable[[str], T]) -> T | None:
        try:
            return read(_whole(row[name], needed=name not in OPTIONAL))
        except (InvalidValue, ValueError) as fault:
            rule = fault.rule if isinstance(fault, InvalidValue) else _RULES.get(name, "cannot be read")
            problems.append(f"{name}: {rule}")
            return None

    street, area = part("street", _filled(street_key)), part("jurisdiction", _filled(area_name))
    low, high = part("low", _number), part("high", _number)
    parity, postcode = part("parity", _parity), part("zip", _postcode)
    first, last = part("from", _day), part("to", _day)
    if problems or street is None or area is None or low is None or high is None or parity is None:
        return problems, None
    try:
        return [], StreetRange(
            street=street,
            low=low,
            high=high,
            parity=parity,
            postcode=postcode or "",
            area=area,
            valid_from=first,
            valid_to=last,
            line=row.line,
            name=row["street"],
        )
    except InvalidValue as refusal:
        return [f"{refusal.field}: {refusal.rule}"], None


_RULES = {
    "low": "must be a whole number",
    "high": "must be a whole number",
    "parity": "must be even, odd or both",
    "zip": "must be five digits",
    "from": "must be a date such as 2026-01-31",
    "to": "must be a date such as 2026-01-31",
}


def _whole(text: str, *, needed: bool) -> str:
    if needed and not text:
        raise InvalidValue("Cell", "", "is blank")
    if is_damaged(text):
        raise InvalidValue("Cell", "", DAMAGED)
    return text


def _filled(read: Callable[[str], str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not (found := read(text)):
            raise InvalidValue("Cell", "", "has no letter or digit")
        return found

    return check


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError
    return int(text)


def _parity(text: str) -> Parity:
    return Parity(text.lower() or "both")


def _postcode(text: str) -> str:
    if not re.fullmatch("([0-9]{5}(-?[0-9]{4})?)?", text):
        raise ValueError
    return text[:5]


def _day(text: str) -> date | None:
    if text and not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text) if text else None


# GeoJSON.


def read_outlines(path: Path, *, dated: datetime | None = None) -> Outlines:
    """The outlines of a GeoJSON FeatureCollection (RFC 7946): polygons with a property ``jurisdiction``.

    The properties ``from`` and ``to`` are optional dates. Coordinates are degrees of longitude and latitude;
    a file that declares another reference system is refused, since its numbers would place nobody rightly.
    """
    try:
        data: Any = json.loads(path.read_bytes())
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as fault:
        problem = f"cannot be read ({fault.strerror})"
        raise FileRefused(str(path), problem, "Check the path and its permissions") from None
    except (ValueError, RecursionError):
        raise FileRefused(str(path), "is not JSON", "Export it again as GeoJSON") from None
    features: list[Feature] = []
    quarantined: list[Quarantined] = []
    for number, raw in enumerate(_collection(data, str(path)), 1):
        try:
            features.append(_feature(number, raw))
        except InvalidValue as refusal:
            key = f"feature {number}"
            quarantined.append(Quarantined(path.name, 0, f"{key}: {refusal.rule}", key))
    return Outlines(tuple(features), tuple(quarantined), Source(path.name, dated or modified))


def _collection(data: Any, where: str) -> Sequence[Any]:
    top = _members(data)
    if top.get("type") != "FeatureCollection" or not isinstance(top.get("features"), list):
        raise FileRefused(where, "is no FeatureCollection", "Export it again as GeoJSON")
    declared = _members(_members(top.get("crs")).get("properties")).get("name")
    if top.get("crs") is not None and not (isinstance(declared, str) and _CRS84.fullmatch(declared)):
        raise FileRefused(where, "has another reference system than WGS 84", "Export it in degrees (EPSG:4326)")
    return _list(top["features"])


def _members(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return list(cast("list[object]", value)) if isinstance(value, list) else []


def _feature(number: int, raw: Any) -> Feature:
    properties = _members(_members(raw).get("properties"))
    area = properties.get("jurisdiction")
    name = area_name(area) if isinstance(area, str) else ""
    if not name:
        raise InvalidValue("Feature", "", "jurisdiction: is blank")
    shape = _members(_members(raw).get("geometry"))
    coordinates = _list(shape.get("coordinates"))
    if shape.get("type") not in ("Polygon", "MultiPolygon"):
        raise InvalidValue("Feature", "", "geometry: must be a Polygon or MultiPolygon")
    outlines = [coordinates] if shape["type"] == "Polygon" else coordinates
    polygons = tuple(tuple(_ring(ring) for ring in _list(rings)) for rings in outlines)
    first, last = (_property(properties, key) for key in ("from", "to"))
    return Feature(number=number, area=name, polygons=polygons, valid_from=first, valid_to=last)


def _property(properties: Mapping[str, Any], name: str) -> date | None:
    value = properties.get(name)
    try:
        if value is None or isinstance(value, str):
            return _day(value or "")
    except ValueError:
        pass
    raise InvalidValue("Feature", "", f"{name}: {_RULES[name]}")


def _ring(raw: Any) -> Ring:
    return tuple(_points(_list(raw)))


def _points(raw: list[Any]) -> Iterator[tuple[float, float]]:
    for position in map(_list, raw):
        if not (len(position) >= 2 and _degrees(position[0], 180) and _degrees(position[1], 90)):
            raise InvalidValue("Feature", "", "geometry: has a position that is no longitude and latitude in degrees")
        yield float(position[0]), float(position[1])


def _degrees(value: Any, most: int) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most
