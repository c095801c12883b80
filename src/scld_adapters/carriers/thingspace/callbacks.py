"""Callbacks are untrusted input: anybody can post to a listener, late, twice or with invented content.

A callback proves nothing. It names a request that is worth reading back now; whoever receives a notice
matches it with a request that is waiting, and asks ThingSpace itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from scld_adapters._shared.jsonwire import WireProblem, as_table, read_json
from scld_adapters.carriers.thingspace.wire import DeviceId
from scld_adapters.carriers.thingspace.wire_callbacks import decode_callback
from scld_core.kernel.validate import nonempty

__all__ = ["MAX_BODY", "CallbackCredentials", "CallbackNotice", "CallbackRefusal", "parse_callback"]

MAX_BODY = 64 * 1024
"""The longest body that is looked at, in bytes; an honest message has less than two thousand."""


@frozen
class CallbackCredentials:
    """What a listener was registered with; never shown."""

    username: str = field(repr=False, validator=nonempty)
    password: str = field(repr=False, validator=nonempty)


@frozen
class CallbackNotice:
    """A hint to read a request back. `said` and `fault` are the sender's words, for a log; no evidence."""

    reference: str
    devices: tuple[DeviceId, ...] = ()
    said: str = ""
    fault: str = ""


class CallbackRefusal(Enum):
    """Why a message is not taken."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    FORGED = "forged"


def parse_callback(
    headers: Mapping[str, str], body: bytes, expected: CallbackCredentials
) -> CallbackNotice | CallbackRefusal:
    """The hint in a message, or why it is refused; total over all headers and bytes.

    A Content-Type that is there must be JSON. Until the credentials have been compared, in constant
    time, nothing else of the content is looked at, so that a stranger learns nothing from the answer.
    """
    if len(body) > MAX_BODY:
        return CallbackRefusal.TOO_LARGE
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if kind.strip() and "json" not in kind.lower():
        return CallbackRefusal.MALFORMED
    try:
        table = as_table(read_json(body), "the callback")
        shown = (table.get("username"), table.get("password"))
        if not _same(shown, (expected.username, expected.password)):
            return CallbackRefusal.FORGED
        found = decode_callback(body)
    except WireProblem:
        return CallbackRefusal.MALFORMED
    return CallbackNotice(found.request_id, found.devices, found.status, found.fault)


def _same(shown: tuple[object, object], expected: tuple[str, str]) -> bool:
    # Both are compared always and as hashes, so that neither the first difference nor a length shows in the time.
    equal = [hmac.compare_digest(_hash(one), _hash(other)) for one, other in zip(shown, expected, strict=True)]
    return all(equal) and all(isinstance(one, str) for one in shown)


def _hash(text: object) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else b"").digest()
