"""What ``[backends.NAME] use = "agency-sftp"`` may say."""

from __future__ import annotations

import re

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import between, instance, matching, nonempty, optional
from scld_core.plugins.spec import SecretRef

__all__ = ["AgencySftpSettings"]


def _is_host_key(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}", text))


@frozen
class AgencySftpSettings:
    """The agency's server and our account on it.

    `host_key` is the server's public key as ``ssh-keyscan`` prints it, such as ``ssh-ed25519
    AAAA...``; ask the agency for it. A server with another key is refused, and none is ever learned
    at first sight. Give `password` or `private_key` (an OpenSSH key without passphrase), or both.
    `directory` is where files go; it must exist. `taken_away` says that the agency removes what it
    has read: then a file that is not there proves nothing.
    """

    host: str = field(validator=nonempty)
    username: str = field(validator=nonempty)
    host_key: str = field(validator=matching(_is_host_key, "must be a public key: its type and its base64 text"))
    directory: str = field(validator=nonempty)
    port: int = field(default=22, validator=[instance(int), between(1, 65535)])
    password: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    private_key: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    taken_away: bool = field(default=True, validator=instance(bool))

    def __attrs_post_init__(self) -> None:
        if self.password is None and self.private_key is None:
            raise InvalidValue("AgencySftpSettings", "password", "or private_key must be set")
