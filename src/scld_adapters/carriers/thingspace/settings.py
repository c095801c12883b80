"""The table of a ThingSpace backend in district.toml."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, instance, matching, nonempty, optional
from scld_core.plugins.spec import SecretRef

__all__ = ["ThingSpaceSettings"]


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:  # brackets or a port that are none
        return False
    local = parts.scheme == "http" and host in ("127.0.0.1", "localhost")
    return (parts.scheme == "https" or local) and bool(host) and not (parts.query or parts.fragment or "@" in value)


def _is_account(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9-]{1,40}", value))


_address = matching(_is_address, "must be an https:// address without user name, question mark or #")
_secret = instance(SecretRef)


@frozen
class ThingSpaceSettings:
    """How to reach one billing account of ThingSpace Connectivity Management.

    `account` is its name with all leading zeros, such as ``0000123456-00001``. `key` and `secret` are
    where the application's OAuth key and secret lie; `username` and `password` those of the account's
    API user. All four are references, and are read again at every sign-in.

    `page_size` is the number of lines asked for at once (the vendor allows 2,000). `with_billing` says
    whether a suspended line is paid for; None leaves it to the contract. `etf_waiver` asks for the
    early termination fee to be waived when a line is ended, where the contract knows that.

    `service_name`, `callback_username` and `callback_password` belong to a listener for callbacks,
    which is optional: without one, every request is followed by reading it back.
    """

    account: str = field(validator=matching(_is_account, "must be the account's name, such as 0000123456-00001"))
    key: SecretRef = field(validator=_secret)
    secret: SecretRef = field(validator=_secret)
    username: SecretRef = field(validator=_secret)
    password: SecretRef = field(validator=_secret)
    base_url: str = field(default="https://thingspace.verizon.com/api", validator=_address)
    page_size: int = field(default=1000, validator=[instance(int), between(1, 2000)])
    with_billing: bool | None = field(default=None, validator=optional(instance(bool)))
    etf_waiver: bool | None = field(default=None, validator=optional(instance(bool)))
    service_name: str = field(default="CarrierService", validator=nonempty)
    callback_username: SecretRef | None = field(default=None, validator=optional(_secret))
    callback_password: SecretRef | None = field(default=None, validator=optional(_secret))

    def __attrs_post_init__(self) -> None:
        if (self.callback_username is None) is not (self.callback_password is None):
            raise InvalidValue("ThingSpaceSettings", "callback_password", "goes with callback_username: both or none")
