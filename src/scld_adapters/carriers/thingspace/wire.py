"""Lines, requests about them and answers, as ThingSpace writes them in JSON; both directions.

A decoder gives a record or raises WireProblem, whatever the bytes; the fake reads and writes through
the same functions. From the vendor's API reference (thingspace.verizon.com, Connectivity Management,
read in 2026): all paths and field names used here. The number in the extended attribute ``DeviceId``,
by which a list goes on, is known from public client code; quality.toml lists what is unverified.
"""

from __future__ import annotations

import re
from typing import Any

from attrs import field, frozen

from scld_adapters._shared.jsonwire import (
    Table,
    WireProblem,
    as_list,
    as_table,
    dump_json,
    read_json,
    text,
    text_or_none,
)
from scld_core.kernel.validate import between, each, instance, matching, optional

__all__ = [
    "Accepted",
    "ActionRequest",
    "BadRow",
    "CarrierInformation",
    "DeviceId",
    "DevicePage",
    "DeviceRow",
    "ListRequest",
    "RequestStatus",
    "decode_accepted",
    "decode_action",
    "decode_id",
    "decode_list_request",
    "decode_page",
    "decode_status",
    "encode_accepted",
    "encode_action",
    "encode_id",
    "encode_list_request",
    "encode_page",
    "encode_status",
    "is_reference",
    "reference_of",
]

_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,64}")
_LONGEST = 100


def is_reference(value: object) -> bool:
    """Whether a value can be a request id: it becomes part of a path, so letters, digits and dashes only."""
    return isinstance(value, str) and bool(_REFERENCE.fullmatch(value))


_reference = matching(is_reference, "must be up to 64 letters, digits and dashes")
_word = matching(lambda v: isinstance(v, str) and 0 < len(v) <= _LONGEST, f"must be text of at most {_LONGEST}")
_flag = optional(instance(bool))
_number = optional(matching(lambda v: type(v) is int and 0 <= v < 2**63, "must be a whole number from 0"))


@frozen
class DeviceId:
    """One identifier of a device; `kind` is imei, iccid, mdn, msisdn or another word of the vendor."""

    kind: str = field(validator=_word)
    id: str = field(validator=_word)


@frozen
class CarrierInformation:
    """What the network says of a device: its own name, and the provisioning state in its own word."""

    state: str = field(validator=_word)
    name: str = ""


@frozen
class DeviceRow:
    """One device of a list. `number` is ThingSpace's own, by which a list goes on; None when not told."""

    ids: tuple[DeviceId, ...] = field(validator=each(instance(DeviceId)))
    carriers: tuple[CarrierInformation, ...] = field(default=(), validator=each(instance(CarrierInformation)))
    number: int | None = field(default=None, validator=_number)


@frozen
class BadRow:
    """A row that cannot be used: its place in the page (from 0), and why."""

    place: int
    problem: str


@frozen
class DevicePage:
    """Up to 2,000 devices; `more` says that others follow."""

    rows: tuple[DeviceRow | BadRow, ...] = field(validator=each(instance((DeviceRow, BadRow))))
    more: bool = field(validator=instance(bool))


@frozen
class ListRequest:
    """Ask for the device `device`, else for the account's devices with a number above `largest_seen`."""

    account: str = field(validator=_word)
    device: DeviceId | None = field(default=None, validator=optional(instance(DeviceId)))
    largest_seen: int | None = field(default=None, validator=_number)
    limit: int | None = field(default=None, validator=optional(between(1, 2000)))


@frozen
class ActionRequest:
    """Suspend, restore or deactivate one device, since only such a request can be asked about later.

    `with_billing` belongs to suspend; `reason_code` and `etf_waiver` belong to deactivate.
    """

    account: str = field(validator=_word)
    device: DeviceId = field(validator=instance(DeviceId))
    with_billing: bool | None = field(default=None, validator=_flag)
    reason_code: str | None = field(default=None, validator=optional(_word))
    etf_waiver: bool | None = field(default=None, validator=_flag)


@frozen
class Accepted:
    """A request has been taken up; its outcome comes later."""

    request_id: str = field(validator=_reference)


@frozen
class RequestStatus:
    """Where a request stands; the published words are Pending, Success and Failure."""

    request_id: str = field(validator=_reference)
    status: str = field(validator=_word)


def encode_page(page: DevicePage) -> bytes:
    """The JSON of a page; a bad row becomes an empty object, which no reader can use either."""
    rows = [_row(row) if isinstance(row, DeviceRow) else {} for row in page.rows]
    return dump_json({"hasMoreData": page.more, "devices": rows})


def _row(row: DeviceRow) -> Table:
    attributes = [] if row.number is None else [{"key": "DeviceId", "value": str(row.number)}]
    return {
        "deviceIds": [encode_id(identifier) for identifier in row.ids],
        "carrierInformations": [{"carrierName": c.name, "state": c.state} for c in row.carriers],
        "extendedAttributes": attributes,
    }


def encode_id(identifier: DeviceId) -> Table:
    """An identifier as it stands in every message."""
    return {"id": identifier.id, "kind": identifier.kind}


def decode_page(body: bytes) -> DevicePage:
    """A page of devices. Without hasMoreData nobody can tell whether a list is whole: refused."""
    table = as_table(read_json(body), "the page")
    more = table.get("hasMoreData")
    if not isinstance(more, bool):
        raise WireProblem("hasMoreData is neither true nor false")
    rows = as_list(table.get("devices"), "devices")
    return DevicePage(tuple(_decode_row(place, row) for place, row in enumerate(rows)), more)


def _decode_row(place: int, value: Any) -> DeviceRow | BadRow:
    try:
        table = as_table(value, "the device")
        ids = tuple(decode_id(member) for member in as_list(table.get("deviceIds"), "deviceIds"))
        # a device that no network knows has no carrier, and therefore no state
        networks = as_list(table.get("carrierInformations") or [], "carrierInformations")
        carriers = tuple(_carrier(member) for member in networks)
        return DeviceRow(ids, carriers, _own_number(table))
    except WireProblem as problem:
        return BadRow(place, str(problem))


def decode_id(value: Any) -> DeviceId:
    """One identifier; both of its fields must be text."""
    table = as_table(value, "the identifier")
    return DeviceId(_short(table, "kind"), _short(table, "id"))


def _carrier(value: Any) -> CarrierInformation:
    table = as_table(value, "carrierInformations")
    return CarrierInformation(_short(table, "state"), text_or_none(table, "carrierName") or "")


def _short(table: Table, name: str) -> str:
    found = text(table, name)
    if len(found) > _LONGEST:
        raise WireProblem(f"{name} is longer than {_LONGEST} characters")
    return found


def _own_number(table: Table) -> int | None:
    """Where the attribute is absent or odd, the row can be used all the same; only paging needs it."""
    try:
        pairs = [as_table(p, "extendedAttributes") for p in as_list(table.get("extendedAttributes"), "attributes")]
    except WireProblem:
        return None
    found = [pair.get("value") for pair in pairs if pair.get("key") == "DeviceId"]
    digits = found[0] if len(found) == 1 else None
    return int(digits) if isinstance(digits, str) and re.fullmatch(r"[0-9]{1,18}", digits) else None


def encode_list_request(request: ListRequest) -> bytes:
    """The JSON of a list request; what is None is left out."""
    return _told(
        accountName=request.account,
        deviceId=None if request.device is None else encode_id(request.device),
        largestDeviceIdSeen=request.largest_seen,
        maxNumberOfDevices=request.limit,
    )


def decode_list_request(body: bytes) -> ListRequest:
    """A list request as the platform reads it."""
    table = _only(body, "accountName", "deviceId", "largestDeviceIdSeen", "maxNumberOfDevices")
    device = decode_id(table["deviceId"]) if "deviceId" in table else None
    seen, limit = table.get("largestDeviceIdSeen"), table.get("maxNumberOfDevices")
    if not (seen is None or type(seen) is int) or not (limit is None or (type(limit) is int and 1 <= limit <= 2000)):
        raise WireProblem("largestDeviceIdSeen and maxNumberOfDevices (1 to 2000) are whole numbers")
    return ListRequest(_short(table, "accountName"), device, seen, limit)


def encode_action(request: ActionRequest) -> bytes:
    """The JSON of an action; what is None is left out."""
    return _told(
        accountName=request.account,
        devices=[{"deviceIds": [encode_id(request.device)]}],
        withBilling=request.with_billing,
        reasonCode=request.reason_code,
        etfWaiver=request.etf_waiver,
    )


def decode_action(body: bytes) -> ActionRequest:
    """An action as the platform reads it; one device, and one identifier of it."""
    table = _only(body, "accountName", "devices", "withBilling", "reasonCode", "etfWaiver")
    devices = as_list(table.get("devices"), "devices")
    ids = [decode_id(i) for d in devices for i in as_list(as_table(d, "devices").get("deviceIds"), "deviceIds")]
    if len(devices) != 1 or len(ids) != 1:
        raise WireProblem("devices must hold one device with one identifier")
    flags = [table.get(name) for name in ("withBilling", "etfWaiver")]
    if not all(flag is None or isinstance(flag, bool) for flag in flags):
        raise WireProblem("withBilling and etfWaiver are true or false")
    reason = _short(table, "reasonCode") if "reasonCode" in table else None
    return ActionRequest(_short(table, "accountName"), ids[0], flags[0], reason, flags[1])


def encode_accepted(accepted: Accepted) -> bytes:
    """The JSON of an acknowledgement."""
    return dump_json({"requestId": accepted.request_id})


def decode_accepted(body: bytes) -> Accepted:
    """The answer to an action."""
    return Accepted(reference_of(as_table(read_json(body), "the answer")))


def encode_status(status: RequestStatus) -> bytes:
    """The JSON of a request's status."""
    return dump_json({"requestId": status.request_id, "status": status.status})


def decode_status(body: bytes) -> RequestStatus:
    """Where a request stands."""
    table = as_table(read_json(body), "the answer")
    return RequestStatus(reference_of(table), _short(table, "status"))


def reference_of(table: Table) -> str:
    """The request id of a message."""
    found = table.get("requestId")
    if not isinstance(found, str) or not is_reference(found):
        raise WireProblem("requestId is missing or has other signs than letters, digits and dashes")
    return found


def _told(**fields: Any) -> bytes:
    return dump_json({name: value for name, value in fields.items() if value is not None})


def _only(body: bytes, *names: str) -> Table:
    """A request's object: a field that nobody published has no place in it."""
    table = as_table(read_json(body), "the request")
    if not table.keys() <= set(names):
        raise WireProblem("the request has a field that is not part of it")
    return table
