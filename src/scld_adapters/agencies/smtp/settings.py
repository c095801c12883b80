"""What ``[backends.NAME] use = "agency-mail"`` may say."""

from __future__ import annotations

from attrs import field, frozen

from scld_adapters.mail.settings import RelaySettings, is_address
from scld_core.kernel.validate import each, instance, matching, nonempty

__all__ = ["AgencyMailSettings"]


@frozen
class AgencyMailSettings:
    """The relay, whom the files go to (`to`, and `copy` to the library itself), and the subject line.

    The connection to the relay is private and verified; the message itself is not encrypted, so ask
    the agency whether a mail may carry such a file at all.
    """

    relay: RelaySettings = field(validator=instance(RelaySettings))
    to: str = field(validator=matching(is_address, "must be one plain mail address"))
    copy: tuple[str, ...] = field(default=(), validator=each(matching(is_address, "must be plain mail addresses")))
    subject: str = field(default="Collection file", validator=nonempty)
