"""The table of a Kajeet backend in district.toml."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.validate import between, instance, matching, nonempty, optional
from scld_core.plugins.spec import SecretRef

__all__ = ["MODES", "KajeetSettings"]

MODES = ("status", "media")


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    return (parts.scheme == "https" or local) and bool(parts.hostname) and not parts.query and not parts.username


_address = matching(_is_address, "must be an https:// address without user name or question mark")


@frozen
class KajeetSettings:
    """How to reach a Kajeet account, and which of its two ways switches a line.

    `mode` is ``status``: Sentinel's device status stops and restores service (the token's user needs a
    role that may change it: org_super, org_tech, org_kajeetmanaged or org_managerplus); or ``media``:
    a Media Center check-in stops and a check-out restores it, always without a borrower. `token` is
    where Sentinel's bearer token lies; it is read again when Kajeet refuses it. `media_key` is the
    x-api-key of the Media Center.

    `words` translates further status words of this account; ``active`` and ``suspended`` are known.
    `media_words` translates the Media Center's words, for which the vendor publishes no list: look
    at the column in Sentinel and name each. `suspend_word` and `restore_word` are what is sent.
    `delayed` says that a change may show some time after it was taken; the vendor does not say.
    """

    corp_id: str = field(validator=nonempty)
    token: SecretRef = field(validator=instance(SecretRef))
    mode: str = field(default="status", validator=matching(lambda v: v in MODES, "must be status or media"))
    base_url: str = field(default="https://sentinel-api.kajeet.com/sentinel/api", validator=_address)
    media_url: str = field(default="https://databridge.kajeet.com", validator=_address)
    media_key: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    page_size: int = field(default=100, validator=[instance(int), between(1, 100)])
    suspend_word: str = field(default="SUSPENDED", validator=nonempty)
    restore_word: str = field(default="ACTIVE", validator=nonempty)
    words: Mapping[str, ServiceState] = field(factory=dict[str, ServiceState])
    media_words: Mapping[str, ServiceState] = field(factory=dict[str, ServiceState])
    delayed: bool = True

    def __attrs_post_init__(self) -> None:
        if self.mode == "media" and self.media_key is None:
            raise InvalidValue("KajeetSettings", "media_key", "is needed in mode media")
        if self.mode == "media" and not self.media_words:
            raise InvalidValue("KajeetSettings", "media_words", "is needed in mode media: no list is published")
