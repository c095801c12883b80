"""What SFTP delivery registers, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scld_adapters.agencies.sftp.settings import AgencySftpSettings
from scld_core.errors import BadInput, ConfigurationError
from scld_core.kernel.capability import Capability, Full
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend, SecretRef

__all__ = ["AGENCY_SFTP", "CAPABILITIES", "open_sftp"]

CAPABILITIES: Mapping[str, Capability] = {"channel.deliver": Full(), "channel.delivered": Full()}


def _asked(context: BackendContext, ref: SecretRef | None) -> Callable[[], str]:
    def text() -> str:
        try:
            return context.secret(ref).rstrip("\r\n") if ref is not None else ""
        except BadInput as problem:
            raise ConfigurationError(context.instance, "secret", str(problem)) from None

    text()
    return text


def open_sftp(settings: AgencySftpSettings, context: BackendContext) -> OpenBackend:
    """Make the account ready; asks for its secrets at once, and the server nothing."""
    from scld_adapters.agencies.sftp._asyncssh import Sftp  # noqa: PLC0415 - the spec alone stays light
    from scld_adapters.agencies.sftp.backend import SftpChannel  # noqa: PLC0415

    password, private_key = _asked(context, settings.password), _asked(context, settings.private_key)
    sftp = Sftp(context.instance, settings, context.deadline, password, private_key)
    return OpenBackend(channel=SftpChannel(sftp))


AGENCY_SFTP = BackendSpec(
    name="agency-sftp",
    kind="agency",
    config=AgencySftpSettings,
    open=open_sftp,
    capabilities=CAPABILITIES,
    summary="Files to the agency over SFTP, with a pinned host key, each under its name only when it is whole",
    foreign_evidence="none",
)
"""The backend `agency-sftp`."""
