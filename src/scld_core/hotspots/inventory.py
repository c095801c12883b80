"""The district's list of its hotspots: which item is which device with which SIM.

The list is a file that people keep, so it is read with suspicion. A row is used only when each of
its numbers is whole and no other row of the file claims one of them: an item, its IMEI and its SIM
belong to each other alone. Of two rows that claim one number neither is used, since acting on the
wrong one would cut off somebody else's line.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from attrs import field, frozen

from scld_core.codecs.tables import Row, Table, read_table
from scld_core.errors import InvalidValue
from scld_core.hotspots.model import Device
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.kernel.ids import ItemId, LocationId
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import instant, nonempty

__all__ = ["COLUMNS", "OPTIONAL", "Inventory", "read_inventory"]

COLUMNS = ("item", "barcode", "imei", "iccid", "msisdn", "carrier", "home", "model")
OPTIONAL = ("msisdn", "carrier", "home", "model")

T = TypeVar("T")

_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE][+-]\d+")
_SAME = {
    "item": "is the same item as",
    "barcode": "has the same barcode as",
    "imei": "has the same IMEI as",
    "iccid": "has the same SIM as",
    "msisdn": "has the same telephone number as",
}


@frozen
class Inventory:
    """The devices of a file in its order, its unusable rows, and the file's own time and hash."""

    source: str = field(validator=nonempty)
    devices: tuple[Device, ...]
    quarantined: tuple[Quarantined, ...]
    modified_at: datetime = field(validator=instant)
    sha256: str = ""

    @property
    def total(self) -> int:
        """The number of rows that are not blank, the unusable ones included."""
        return len(self.devices) + len(self.quarantined)


@frozen
class _Read:
    """A row as far as it could be read: the numbers it claims, and its device or what is wrong with it."""

    line: int
    claims: Mapping[str, object]
    device: Device | None
    problems: tuple[str, ...]


def read_inventory(
    source: Table | Path,
    *,
    backend: str,
    carriers: Collection[str],
    default_carrier: str | None = None,
    mapping: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Inventory:
    """The inventory in a file or in a table that was read already.

    `backend` is the ILS instance that the items belong to; `carriers` are the carrier instances, of
    which a row names its own or leaves `default_carrier`; `mapping` gives the file's own headers.
    Raises FileRefused for a file that cannot be used whole; single rows are quarantined.
    """
    table = (
        source
        if isinstance(source, Table)
        else read_table(source, COLUMNS, mapping=mapping, optional=OPTIONAL, encoding=encoding)
    )
    rows = [_read(row, backend, carriers, default_carrier) for row in table.rows]
    clashes = _clashes(rows)
    devices: list[Device] = []
    quarantined = list(table.quarantined)
    for row in rows:
        problems = (*row.problems, *clashes.get(row.line, ()))
        if row.device is not None and not problems:
            devices.append(row.device)
        else:
            key = str(row.claims.get("item", ""))
            quarantined.append(Quarantined(table.source, row.line, "; ".join(problems), key))
    quarantined.sort(key=lambda unusable: unusable.line)
    return Inventory(table.source, tuple(devices), tuple(quarantined), table.modified_at, table.sha256)


def _read(row: Row, backend: str, carriers: Collection[str], default_carrier: str | None) -> _Read:
    problems: list[str] = []

    def part(name: str, parse: Callable[[str], T]) -> T | None:
        if not row[name] and name in OPTIONAL:
            return None
        try:
            return parse(_whole(row[name]))
        except InvalidValue as refusal:
            problems.append(f"{name}: {refusal.rule}")
            return None

    item = part("item", lambda text: ItemId(backend, text))
    barcode = part("barcode", Barcode.parse)
    imei, iccid, msisdn = part("imei", Imei.parse), part("iccid", Iccid.parse), part("msisdn", Msisdn.parse)
    home = part("home", _home)
    carrier = row["carrier"] or default_carrier or ""
    if carrier not in carriers:
        problems.append(_no_carrier(carrier, carriers))
    device = None
    if item and barcode and imei and iccid and not problems:
        device = Device(item, barcode, Line(imei, iccid, msisdn), carrier, home, row["model"])
    parts = {"item": item, "barcode": barcode, "imei": imei, "iccid": iccid, "msisdn": msisdn}
    return _Read(row.line, {name: part for name, part in parts.items() if part}, device, tuple(problems))


def _home(text: str) -> LocationId:
    """A library by its short name; the likely one is named for who wrote the long one."""
    try:
        return LocationId.parse(text)
    except InvalidValue as refusal:
        short = "-".join(re.findall(r"[a-z0-9]+", text.lower()))
        hint = f"; write the library's short name, such as '{short}'" if short else ""
        raise InvalidValue(refusal.owner, refusal.field, f"{refusal.rule}{hint}") from None


def _whole(text: str) -> str:
    if not text:
        raise InvalidValue("Cell", "", "is blank")
    if _SCIENTIFIC.fullmatch(text):
        raise InvalidValue("Cell", "", "spreadsheet damage: written in scientific notation, digits are lost")
    return text


def _no_carrier(carrier: str, carriers: Collection[str]) -> str:
    if not carrier:
        return "carrier: is blank, and the district has no default carrier"
    near = difflib.get_close_matches(carrier, sorted(carriers), n=1)
    known = f"did you mean '{near[0]}'?" if near else "there are " + (", ".join(sorted(carriers)) or "none")
    return f"carrier: '{carrier}' is no carrier backend of this district; {known}"


def _clashes(rows: Collection[_Read]) -> Mapping[int, list[str]]:
    """For each line the other lines that claim one of its numbers, whatever else is wrong with either."""
    claims: defaultdict[tuple[str, object], list[int]] = defaultdict(list)
    for row in rows:
        for claim in row.claims.items():
            claims[claim].append(row.line)
    clashes: defaultdict[int, list[str]] = defaultdict(list)
    for (name, _), lines in claims.items():
        for line in lines if len(lines) > 1 else ():
            others = ", ".join(str(other) for other in lines if other != line)
            clashes[line].append(f"{_SAME[name]} line {others}")
    return clashes
