"""What ``[backends.NAME] use = "koha"`` may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import cast
from urllib.parse import urlsplit

from attrs import field, frozen

from scld_adapters.sip2.settings import Sip2Settings
from scld_core.circulation.model import ItemState
from scld_core.errors import InvalidValue
from scld_core.fees.model import ChargeKind
from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import between, instance, matching, optional
from scld_core.plugins.spec import SecretRef

__all__ = ["KohaSettings"]

_URL = (
    "must be the staff interface's https address, such as https://staff.example.org, without user, /api, query and "
    "fragment; http goes with 127.0.0.1 and [::1] only"
)
_LOST = (ItemState.LOST, ItemState.LOST_PAID, ItemState.MISSING)


def _is_url(text: object) -> bool:
    if not (isinstance(text, str) and text.isascii() and text.isprintable()) or {*text} & {*"@?# \\"}:
        return False
    try:
        found = urlsplit(text)
        host, port = found.hostname or "", found.port
    except ValueError:
        return False
    near = found.scheme == "http" and host in ("127.0.0.1", "::1")
    known = re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?", host) is not None or ":" in host
    return known and port != 0 and (found.scheme == "https" or near) and "api" not in found.path.split("/")


def _is_user(text: object) -> bool:
    return isinstance(text, str) and ":" not in text  # the colon ends the user in what Basic sends


def _texts(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    told = chain.from_iterable(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType]
    return all(isinstance(text, str) and text for text in told)  # pyright: ignore[reportUnknownVariableType]


def _libraries(value: object) -> bool:
    if not _texts(value):
        return False
    try:
        return all(LocationId(name) for name in cast("Mapping[str, str]", value))
    except InvalidValue:
        return False


def _states(value: object) -> bool:
    if not _texts(value):
        return False
    known = {state.value for state in _LOST}
    return all(code.isdigit() and word in known for code, word in cast("Mapping[str, str]", value).items())


def _kinds(value: object) -> bool:
    known = {kind.value for kind in ChargeKind}
    return _texts(value) and set(cast("Mapping[str, str]", value).values()) <= known


@frozen
class KohaSettings:
    """A Koha and our account there: either `user` and `password`, or `client_id` and `client_secret` (OAuth2).

    url: the staff interface's address, such as ``https://staff.example.org``; plain http on loopback only.
    page_size: rows of one page of a list.
    at_once: questions of a long walk that are asked at once; Koha answers some four at a time.
    libraries: table from our short name of a library to Koha's code, where the two differ.
    lost: table from Koha's lost status to ``lost``, ``lost_paid`` or ``missing``; another status is told as it is.
    debits: table from Koha's debit types to kinds of charge such as ``damaged``, beside LOST, PROCESSING, OVERDUE.
    staff: Koha's number of the patron in whose name claims are recorded; without it none can be.
    sip2: Koha's SIP2 port, for what its REST interface has no route for: lending and taking back.
    """

    url: str = field(validator=matching(_is_url, _URL))
    user: str = field(default="", validator=matching(_is_user, "must be text without a colon"))
    password: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    client_id: str = field(default="", validator=instance(str))
    client_secret: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    page_size: int = field(default=100, validator=[instance(int), between(1, 1000)])
    at_once: int = field(default=4, validator=[instance(int), between(1, 16)])
    libraries: Mapping[str, str] = field(
        factory=dict[str, str], validator=matching(_libraries, "must be a table from our names to Koha's codes")
    )
    lost: Mapping[str, str] = field(
        factory=dict[str, str], validator=matching(_states, "must be a table from numbers to lost, lost_paid, missing")
    )
    debits: Mapping[str, str] = field(
        factory=dict[str, str], validator=matching(_kinds, "must be a table from debit types to kinds of charge")
    )
    staff: int | None = field(default=None, validator=optional(between(1, 2**31)))
    sip2: Sip2Settings | None = field(default=None, validator=optional(instance(Sip2Settings)))

    def __attrs_post_init__(self) -> None:
        basic, oauth = bool(self.user), bool(self.client_id)
        if basic == oauth:
            raise InvalidValue("KohaSettings", "user", "or client_id must be set, and not both")
        if basic != (self.password is not None):
            raise InvalidValue("KohaSettings", "password", "goes with user")
        if oauth != (self.client_secret is not None):
            raise InvalidValue("KohaSettings", "client_secret", "goes with client_id")
        if len(set(self.libraries.values())) != len(self.libraries):
            raise InvalidValue("KohaSettings", "libraries", "must not name one code twice")

    def code(self, library: LocationId) -> str:
        """Koha's code of a library."""
        return self.libraries.get(str(library), str(library))

    def library(self, code: str) -> LocationId:
        """The library of a code."""
        return LocationId(next((name for name, own in self.libraries.items() if own == code), code))
