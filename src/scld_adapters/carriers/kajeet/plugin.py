"""What Kajeet registers: its BackendSpec, and how a configured account is opened."""

from __future__ import annotations

from scld_adapters.carriers.kajeet.capabilities import CAPABILITIES, capabilities_of
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_core.errors import BadInput, ConfigurationError
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend, SecretRef

__all__ = ["KAJEET", "open_kajeet"]


def _secret(context: BackendContext, ref: SecretRef) -> str:
    """The secret's text; raises ConfigurationError that names the reference only."""
    try:
        text = context.secret(ref).strip()
    except BadInput as problem:
        raise ConfigurationError(context.instance, "secret", str(problem)) from None
    if not (text and text.isascii() and text.isprintable()):
        raise ConfigurationError(context.instance, "secret", f"{ref.ref} is empty or no printable ASCII text")
    return text


def open_kajeet(settings: KajeetSettings, context: BackendContext) -> OpenBackend:
    """Make the account ready; asks for its secrets at once, and Kajeet nothing."""
    from scld_adapters._shared._httpx import HttpxSend  # noqa: PLC0415 - the spec alone stays light
    from scld_adapters._shared.http import Send  # noqa: PLC0415
    from scld_adapters._shared.tokens import Token, TokenLife  # noqa: PLC0415
    from scld_adapters.carriers.kajeet.backend import KajeetLines  # noqa: PLC0415
    from scld_adapters.carriers.kajeet.transport import KajeetTransport  # noqa: PLC0415

    media_ref = settings.media_key or settings.token
    for ref in {settings.token.ref: settings.token, media_ref.ref: media_ref}.values():
        _secret(context, ref)
    send: Send
    send, close = context.transport, _nothing
    if context.transport is None:
        send = HttpxSend(deadline=context.deadline)
        close = send.close
    transport = KajeetTransport(
        send,
        settings,
        context.clock,
        TokenLife(lambda: Token(_secret(context, settings.token)), context.clock),
        lambda: _secret(context, media_ref),
    )
    lines = KajeetLines(context.instance, transport, settings, context.clock)
    return OpenBackend(lines=lines, close=close)


def _nothing() -> None:
    """A transport that was handed in is closed by whoever made it."""


KAJEET = BackendSpec(
    name="kajeet",
    kind="carrier",
    config=KajeetSettings,
    open=open_kajeet,
    capabilities=CAPABILITIES,
    negotiate=capabilities_of,
    summary="Kajeet: lines by Sentinel device status, or by Media Center check-in and check-out",
    harness="scld_adapters.carriers.kajeet.harness:harnesses",
    foreign_evidence="none",
)
"""The backend `kajeet`."""
