"""Lines, requests about them and answers, as ThingSpace writes them in JSON; both directions.

Every decoder is total: bytes give a record or `Malformed`, whose reason never repeats what came.
Field names are those of the public API reference; quality.toml says which of them are unverified.
"""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import field, frozen

from scld_adapters.carriers.thingspace.json_fields import Fields, as_object, items, number, read_object, word
from scld_core.kernel.validate import each, instance, matching, nonempty, optional

__all__ = [
    "Accepted",
    "ActionRequest",
    "CarrierInformation",
    "DeviceId",
    "DevicePage",
    "DeviceRow",
    "ListRequest",
    "Malformed",
    "RequestStatus",
    "decode_accepted",
    "decode_action",
    "decode_ids",
    "decode_list_request",
    "decode_page",
    "decode_status",
    "encode",
    "is_reference",
]

_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}")


def is_reference(text: object) -> bool:
    """Whether `text` can be a request id: it goes into a path, so nothing but letters, digits and dashes."""
    return isinstance(text, str) and bool(_REFERENCE.fullmatch(text))


_reference = matching(is_reference, "must be letters, digits and dashes")
_flag = optional(instance(bool))
_count = optional(instance(int))


@frozen
class Malformed:
    """Something that is not what the protocol allows; `reason` says what was expected."""

    reason: str


@frozen
class DeviceId:
    """One identifier of a device; `kind` is imei, iccid, mdn, msisdn or another word."""

    kind: str = field(validator=nonempty)
    id: str = field(validator=nonempty)


@frozen
class CarrierInformation:
    """What the network says of a device: its name and the provisioning state in its own word."""

    name: str
    state: str


@frozen
class DeviceRow:
    """One device of a list. `number` is ThingSpace's own, by which a list is paged; None when not told."""

    ids: tuple[DeviceId, ...] = field(validator=each(instance(DeviceId)))
    carriers: tuple[CarrierInformation, ...] = field(default=(), validator=each(instance(CarrierInformation)))
    number: int | None = field(default=None, validator=_count)


@frozen
class DevicePage:
    """Up to 2,000 devices; `more` says that others follow. A row that cannot be read is Malformed."""

    rows: tuple[DeviceRow | Malformed, ...]
    more: bool = field(validator=instance(bool))


@frozen
class ListRequest:
    """Ask for the device with `device`, else for the account's devices with a number above `largest_seen`."""

    account: str = field(validator=nonempty)
    device: DeviceId | None = field(default=None, validator=optional(instance(DeviceId)))
    largest_seen: int | None = field(default=None, validator=_count)
    limit: int | None = field(default=None, validator=_count)


@frozen
class ActionRequest:
    """Suspend, restore or deactivate one device; the last three fields belong to one action each."""

    account: str = field(validator=nonempty)
    device: DeviceId = field(validator=instance(DeviceId))
    with_billing: bool | None = field(default=None, validator=_flag)
    reason_code: str | None = field(default=None, validator=optional(nonempty))
    etf_waiver: bool | None = field(default=None, validator=_flag)


@frozen
class Accepted:
    """A request has been taken up; its outcome comes later."""

    request_id: str = field(validator=_reference)


@frozen
class RequestStatus:
    """Where a request stands; the documented words are Pending, Success and Failure."""

    request_id: str = field(validator=_reference)
    status: str = field(validator=nonempty)


Message = DevicePage | ListRequest | ActionRequest | Accepted | RequestStatus


def encode(message: Message) -> bytes:
    """The JSON of a record. A row that could not be read is written as null."""
    return json.dumps(_body(message), separators=(",", ":")).encode()


def _body(message: Message) -> dict[str, Any]:
    if isinstance(message, DevicePage):
        rows = [_row(row) if isinstance(row, DeviceRow) else None for row in message.rows]
        return {"hasMoreData": message.more, "devices": rows}
    if isinstance(message, ListRequest):
        return _told(
            accountName=message.account,
            deviceId=None if message.device is None else _id(message.device),
            largestDeviceIdSeen=message.largest_seen,
            maxNumberOfDevices=message.limit,
        )
    if isinstance(message, ActionRequest):
        return _told(
            accountName=message.account,
            devices=[{"deviceIds": [_id(message.device)]}],
            withBilling=message.with_billing,
            reasonCode=message.reason_code,
            etfWaiver=message.etf_waiver,
        )
    if isinstance(message, RequestStatus):
        return {"requestId": message.request_id, "status": message.status}
    return {"requestId": message.request_id}


def _told(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _id(identifier: DeviceId) -> dict[str, str]:
    return {"id": identifier.id, "kind": identifier.kind}


def _row(row: DeviceRow) -> dict[str, Any]:
    known = {
        "deviceIds": [_id(identifier) for identifier in row.ids],
        "carrierInformations": [{"carrierName": c.name, "state": c.state} for c in row.carriers],
    }
    return known if row.number is None else {**known, "extendedAttributes": [{"key": "DeviceId", "value": str(row.number)}]}


def decode_page(body: bytes) -> DevicePage | Malformed:
    """A page of devices. Without hasMoreData nobody knows whether the list is whole: Malformed."""
    fields = read_object(body)
    rows = None if fields is None else items(fields, "devices")
    more = None if fields is None else fields.get("hasMoreData")
    if rows is None or not isinstance(more, bool):
        return Malformed("a page needs the list 'devices' and the flag 'hasMoreData'")
    return DevicePage(tuple(_decode_row(row) for row in rows), more)


def _decode_row(value: object) -> DeviceRow | Malformed:
    fields = as_object(value)
    ids = None if fields is None else decode_ids(fields, "deviceIds")
    if fields is None or not ids:
        return Malformed("a device needs 'deviceIds', a list of kind and id")
    carriers = [_decode_carrier(as_object(member)) for member in items(fields, "carrierInformations") or ()]
    return DeviceRow(ids, tuple(c for c in carriers if c is not None), _decode_number(fields))


def decode_ids(fields: Fields, name: str) -> tuple[DeviceId, ...] | None:
    """The identifiers under `name`, or None when the list or one of its members cannot be read."""
    found: list[DeviceId] = []
    for member in items(fields, name) or ():
        pair = as_object(member) or {}
        kind, text = word(pair, "kind", 20), word(pair, "id", 60)
        if kind is None or text is None:
            return None
        found.append(DeviceId(kind, text))
    return tuple(found) if isinstance(fields.get(name), list) else None


def _decode_carrier(fields: Fields | None) -> CarrierInformation | None:
    state = None if fields is None else word(fields, "state", 60)
    return None if fields is None or state is None else CarrierInformation(word(fields, "carrierName") or "", state)


def _decode_number(fields: Fields) -> int | None:
    for member in items(fields, "extendedAttributes") or ():
        pair = as_object(member) or {}
        if pair.get("key") == "DeviceId":
            return number(pair.get("value"))
    return None


def decode_list_request(body: bytes) -> ListRequest | Malformed:
    """A request for devices, as the platform reads it."""
    fields = read_object(body) or {}
    account = word(fields, "accountName")
    device = _decode_id(fields["deviceId"]) if "deviceId" in fields else None
    if account is None or isinstance(device, Malformed):
        return Malformed("a list request needs 'accountName', and kind and id in 'deviceId'")
    seen, limit = (number(fields.get(name)) for name in ("largestDeviceIdSeen", "maxNumberOfDevices"))
    return ListRequest(account, device, seen, limit)


def _decode_id(value: object) -> DeviceId | Malformed:
    found = decode_ids({"one": [value]}, "one")
    return found[0] if found else Malformed("an identifier needs kind and id")


def decode_action(body: bytes) -> ActionRequest | Malformed:
    """A request to change exactly one device: only of such requests can the status be asked."""
    fields = read_object(body) or {}
    account, devices = word(fields, "accountName"), items(fields, "devices") or ()
    ids = decode_ids(as_object(devices[0]) or {}, "deviceIds") if len(devices) == 1 else None
    if account is None or ids is None or len(ids) != 1:
        return Malformed("an action needs 'accountName' and one device with one identifier")
    return ActionRequest(
        account,
        ids[0],
        _decode_flag(fields, "withBilling"),
        word(fields, "reasonCode", 20),
        _decode_flag(fields, "etfWaiver"),
    )


def _decode_flag(fields: Fields, name: str) -> bool | None:
    value = fields.get(name)
    return value if isinstance(value, bool) else None


def decode_accepted(body: bytes) -> Accepted | Malformed:
    """The answer to an action."""
    reference = (read_object(body) or {}).get("requestId")
    return Accepted(str(reference)) if is_reference(reference) else Malformed("an accepted request needs 'requestId'")


def decode_status(body: bytes) -> RequestStatus | Malformed:
    """Where a request stands."""
    fields = read_object(body) or {}
    reference, status = fields.get("requestId"), word(fields, "status", 60)
    if not is_reference(reference) or status is None:
        return Malformed("a request's status needs 'requestId' and 'status'")
    return RequestStatus(str(reference), status)
