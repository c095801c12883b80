"""What ThingSpace posts to a listener, and how a listener is registered.

A callback's credentials travel in its body. The vendor publishes no schema of callbacks, only examples
and prose: `requestId` is required here, everything beside it may be absent or odd and is then left out.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from scld_adapters._shared.jsonwire import Table, WireProblem, as_list, as_table, dump_json, read_json, text
from scld_adapters.carriers.thingspace.wire import DeviceId, decode_id, encode_id, is_reference, reference_of
from scld_core.kernel.validate import each, instance, matching, nonempty

__all__ = [
    "Callback",
    "Registration",
    "decode_callback",
    "decode_registration",
    "encode_callback",
    "encode_registration",
]


@frozen
class Callback:
    """One message about one device of a request.

    `status` is Success, Failed or another word; `fault` is the code of a failure. Username and password
    are those which the listener was registered with, as they came.
    """

    request_id: str = field(validator=matching(is_reference, "must be letters, digits and dashes"))
    devices: tuple[DeviceId, ...] = field(default=(), validator=each(instance(DeviceId)))
    status: str = ""
    fault: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@frozen
class Registration:
    """Where an account wants the messages of one callback service, and with which credentials."""

    service: str = field(validator=nonempty)
    url: str = field(validator=nonempty)
    username: str = field(repr=False, validator=nonempty)
    password: str = field(repr=False, validator=nonempty)


def encode_callback(callback: Callback) -> bytes:
    """The JSON of a callback."""
    body: Table = {
        "username": callback.username,
        "password": callback.password,
        "requestId": callback.request_id,
        "deviceIds": [encode_id(device) for device in callback.devices],
        "status": callback.status,
    }
    if callback.fault:
        body["faultResponse"] = {"faultcode": callback.fault, "faultstring": "refused"}
    return dump_json(body)


def decode_callback(body: bytes) -> Callback:
    """One message; the text of a fault is not read, since it changes and may hold anything."""
    table = as_table(read_json(body), "the callback")
    fault: Any = table.get("faultResponse")
    return Callback(
        reference_of(table),
        _devices(table.get("deviceIds")),
        _word(table.get("status")),
        _word(fault.get("faultcode")) if isinstance(fault, dict) else "",  # pyright: ignore[reportUnknownMemberType]
        _raw(table, "username"),
        _raw(table, "password"),
    )


def _devices(value: Any) -> tuple[DeviceId, ...]:
    try:
        return tuple(decode_id(member) for member in as_list(value, "deviceIds"))
    except WireProblem:
        return ()


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 100 and value.isprintable() else ""


def _raw(table: Table, name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def encode_registration(registration: Registration) -> bytes:
    """The JSON of a registration."""
    return dump_json(
        {
            "name": registration.service,
            "url": registration.url,
            "username": registration.username,
            "password": registration.password,
        }
    )


def decode_registration(body: bytes) -> Registration:
    """A registration as the platform reads it."""
    table = as_table(read_json(body), "the registration")
    return Registration(text(table, "name"), text(table, "url"), text(table, "username"), text(table, "password"))
