"""How to reach a mail relay."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, instance, matching, nonempty, optional
from scld_core.plugins.spec import SecretRef

__all__ = ["SECURITY", "RelaySettings", "is_address"]

SECURITY = ("starttls", "tls")
"""How the connection is made private: upgraded before anything is said, or private from its first byte."""


def is_address(text: object) -> bool:
    """Whether this is one plain mail address: no display name, no line end, ASCII."""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable():
        return False
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and not set(text) & set(' ",;<>()[]\\') and "@" not in domain


@frozen
class RelaySettings:
    """A mail relay, the account on it, and whose address the mail carries.

    `security` is ``starttls`` (port 587 as a rule) or ``tls`` (465); there is no way without, and
    the relay's certificate is always verified, by the system's authorities or by those in
    `authorities`, a PEM file in the district's folder. `sender` is the From address.
    """

    host: str = field(validator=nonempty)
    sender: str = field(validator=matching(is_address, "must be one plain mail address"))
    port: int = field(default=587, validator=[instance(int), between(1, 65535)])
    security: str = field(default="starttls", validator=matching(lambda v: v in SECURITY, "must be starttls or tls"))
    username: str = field(default="", validator=instance(str))
    password: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    authorities: str = field(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        if bool(self.username) != (self.password is not None):
            raise InvalidValue("RelaySettings", "password", "goes with username: set both, or neither")
