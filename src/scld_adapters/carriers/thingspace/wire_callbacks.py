"""Messages that ThingSpace posts to a listener, and the registration of one.

The credentials of a callback travel in its body. The vendor publishes no schema; field names follow its
printed examples, and whatever is absent or odd beside `requestId` is left out.
"""

from __future__ import annotations

import json

from attrs import field, frozen

from scld_adapters.carriers.thingspace.json_fields import Fields, as_object, read_object, word
from scld_adapters.carriers.thingspace.wire import DeviceId, Malformed, decode_ids, is_reference
from scld_core.kernel.validate import each, instance, matching, nonempty

__all__ = ["Callback", "Registration", "decode_callback", "decode_registration", "encode_callback"]


@frozen
class Callback:
    """What a listener receives for one device of a request.

    `status` is Success, Failed or another word; `fault` is the code of a failure. Username and
    password are what the listener was registered with, empty when the message has none.
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


def encode_callback(message: Callback | Registration) -> bytes:
    """The JSON of a record."""
    secrets: dict[str, object] = {"username": message.username, "password": message.password}
    if isinstance(message, Registration):
        body: dict[str, object] = {"name": message.service, "url": message.url, **secrets}
    else:
        ids = [{"id": device.id, "kind": device.kind} for device in message.devices]
        body = {**secrets, "requestId": message.request_id, "deviceIds": ids, "status": message.status}
        if message.fault:
            body["faultResponse"] = {"faultcode": message.fault, "faultstring": "refused"}
    return json.dumps(body, separators=(",", ":")).encode()


def decode_callback(body: bytes) -> Callback | Malformed:
    """One message to a listener. Credentials are kept as they came, in whatever characters."""
    fields = read_object(body)
    reference = None if fields is None else fields.get("requestId")
    if fields is None or not is_reference(reference):
        return Malformed("a callback needs 'requestId'")
    fault = as_object(fields.get("faultResponse")) or {}
    return Callback(
        str(reference),
        decode_ids(fields, "deviceIds") or (),
        word(fields, "status", 60) or "",
        word(fault, "faultcode", 100) or "",
        raw_text(fields, "username"),
        raw_text(fields, "password"),
    )


def raw_text(fields: Fields, name: str) -> str:
    """The text under `name` as it came, or nothing; for comparing only."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def decode_registration(body: bytes) -> Registration | Malformed:
    """Who wants callbacks, as the platform reads it."""
    fields = read_object(body) or {}
    found = [word(fields, name, 500) for name in ("name", "url", "username", "password")]
    service, url, username, password = found
    if service is None or url is None or username is None or password is None:
        return Malformed("a registration needs name, url, username and password")
    return Registration(service, url, username, password)
