"""Kajeet's JSON <-> wire records, in both directions, so that the fake speaks exactly what we read.

From the vendor's pages (developer.kajeet.cloud and kajeet.dev, "Devices", read in 2026): the paths,
`totalCount`, `devices`, `key`, `mdn`, `status`, `imei`, the limit of 100, and the body of the status
change. Unverified: `iccid` and `mediaCenterStatus`, named here after the columns UICC and
MEDIA_CENTER_STATUS of the list; both may be absent. The Media Center action follows the public Koha
plugin for Kajeet. Nicknames, notes and labels are not read: people write names into them.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from scld_adapters._shared.jsonwire import (
    Table,
    WireProblem,
    as_list,
    as_table,
    count,
    dump_json,
    read_json,
    text,
    text_or_none,
)
from scld_core.kernel.validate import at_least, each, instance, nonempty

__all__ = [
    "BadRow",
    "DevicePage",
    "MediaAction",
    "StatusChange",
    "WireDevice",
    "decode_media",
    "decode_page",
    "decode_status_change",
    "encode_media",
    "encode_page",
    "encode_status_change",
]

_ACTIONS = ("checkout", "checkin")


@frozen
class WireDevice:
    """One line of the device list. `mdn` is the telephone number as Kajeet prints it, with dashes."""

    mdn: str = field(validator=nonempty)
    status: str = field(validator=nonempty)
    imei: str | None = None
    iccid: str | None = None
    media_status: str | None = None


@frozen
class BadRow:
    """A list row that cannot be used: its place in the page (from 0), why, and its number if readable."""

    place: int
    problem: str
    mdn: str = ""


@frozen
class DevicePage:
    """One page of the device list and the length of the whole list."""

    total: int = field(validator=at_least(0))
    rows: tuple[WireDevice | BadRow, ...] = field(default=(), validator=each(instance((WireDevice, BadRow))))


@frozen
class StatusChange:
    """The body of PUT /v1.0/devices/{corpId}/status."""

    mdns: tuple[str, ...] = field(validator=each(nonempty))
    status: str = field(validator=nonempty)
    reason: str = field(validator=nonempty)


@frozen
class MediaAction:
    """The body of POST /v2.0/media/actions: ``checkout`` or ``checkin`` of one device.

    The vendor's form also has a borrower and a due date. There is no field for them here, so that
    none can be sent.
    """

    action: str
    imei: str = field(validator=nonempty)


def _decode_row(place: int, value: Any) -> WireDevice | BadRow:
    mdn = ""
    try:
        row = as_table(value, "the row")
        mdn = text(row, "mdn")
        return WireDevice(
            mdn,
            text(row, "status"),
            text_or_none(row, "imei"),
            text_or_none(row, "iccid"),
            text_or_none(row, "mediaCenterStatus"),
        )
    except WireProblem as problem:
        return BadRow(place, str(problem), mdn)


def decode_page(body: bytes) -> DevicePage:
    """Read a device list. A bad row spoils only itself; raises WireProblem when the list is none."""
    page = as_table(read_json(body), "the answer")
    rows = as_list(page.get("devices"), "devices")
    return DevicePage(count(page, "totalCount"), tuple(_decode_row(place, row) for place, row in enumerate(rows)))


def _encode_row(row: WireDevice | BadRow) -> Table:
    if isinstance(row, BadRow):
        return {"mdn": row.mdn} if row.mdn else {}
    extra = {"imei": row.imei, "iccid": row.iccid, "mediaCenterStatus": row.media_status}
    found = {name: value for name, value in extra.items() if value is not None}
    return {"key": row.mdn.replace("-", ""), "mdn": row.mdn, "status": row.status, **found}


def encode_page(page: DevicePage) -> bytes:
    """Write a device list; a BadRow becomes a row without a status."""
    return dump_json({"totalCount": page.total, "devices": [_encode_row(row) for row in page.rows]})


def _only(table: Table, names: set[str]) -> Table:
    if set(table) != names:
        raise WireProblem("the fields must be " + ", ".join(sorted(names)))
    return table


def encode_status_change(change: StatusChange) -> bytes:
    """Write a status change."""
    return dump_json({"mdns": list(change.mdns), "status": change.status, "reason": change.reason})


def decode_status_change(body: bytes) -> StatusChange:
    """Read a status change; raises WireProblem, also for a field that does not belong."""
    table = _only(as_table(read_json(body), "the body"), {"mdns", "status", "reason"})
    mdns = tuple(text({"mdns": mdn}, "mdns") for mdn in as_list(table["mdns"], "mdns"))
    return StatusChange(mdns, text(table, "status"), text(table, "reason"))


def encode_media(action: MediaAction) -> bytes:
    """Write a Media Center action."""
    return dump_json({"actionType": action.action, "imei": action.imei})


def decode_media(body: bytes) -> MediaAction:
    """Read a Media Center action; raises WireProblem, also for a field that does not belong."""
    table = _only(as_table(read_json(body), "the body"), {"actionType", "imei"})
    action = text(table, "actionType")
    if action not in _ACTIONS:
        raise WireProblem("actionType is neither checkout nor checkin")
    return MediaAction(action, text(table, "imei"))
