"""What delivery by mail registers, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.agencies.smtp.settings import AgencyMailSettings
from scld_core.errors import BadInput, ConfigurationError
from scld_core.kernel.capability import Capability, Full, Unsupported
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["AGENCY_MAIL", "CAPABILITIES", "open_mail"]

CAPABILITIES: Mapping[str, Capability] = {
    "channel.deliver": Full(),
    "channel.delivered": Unsupported("the agency's mailbox is not ours to read"),
}


def open_mail(settings: AgencyMailSettings, context: BackendContext) -> OpenBackend:
    """Make the relay ready; asks for its password at once, and the relay nothing."""
    from scld_adapters.agencies.smtp.backend import MailChannel  # noqa: PLC0415 - the spec alone stays light
    from scld_adapters.mail.smtp import Relay  # noqa: PLC0415

    def password() -> str:
        ref = settings.relay.password
        try:
            return context.secret(ref).strip() if ref is not None else ""
        except BadInput as problem:
            raise ConfigurationError(context.instance, "secret", str(problem)) from None

    password()
    relay = Relay(context.instance, settings.relay, context.folder, context.deadline, password)
    return OpenBackend(channel=MailChannel(settings, relay, context.clock))


AGENCY_MAIL = BackendSpec(
    name="agency-mail",
    kind="agency",
    config=AgencyMailSettings,
    open=open_mail,
    capabilities=CAPABILITIES,
    summary="Files to the agency as mail attachments, over a verified TLS connection to the relay",
    foreign_evidence="none",
)
"""The backend `agency-mail`."""
