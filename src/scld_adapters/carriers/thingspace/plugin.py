"""What ThingSpace registers: its BackendSpec, and how a configured account is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from scld_adapters.carriers.thingspace.capabilities import CAPABILITIES
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_core.errors import BadInput, ConfigurationError
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend, SecretRef

if TYPE_CHECKING:
    from scld_adapters._shared.http import Send
    from scld_adapters.carriers.thingspace.callbacks import CallbackCredentials
    from scld_adapters.carriers.thingspace.session import Credentials
    from scld_adapters.carriers.thingspace.transport import ThingSpaceTransport

__all__ = ["THINGSPACE", "callback_credentials", "open_thingspace", "register_listener"]


def _secret(context: BackendContext, ref: SecretRef) -> str:
    """The secret's text; raises ConfigurationError that names the reference only."""
    try:
        text = context.secret(ref).strip()
    except BadInput as problem:
        raise ConfigurationError(context.instance, "secret", str(problem)) from None
    if not text or not text.isprintable():
        raise ConfigurationError(context.instance, "secret", f"{ref.ref} is empty or not printable")
    return text


def _credentials(settings: ThingSpaceSettings, context: BackendContext) -> Credentials:
    from scld_adapters.carriers.thingspace.session import Credentials  # noqa: PLC0415

    refs = (settings.key, settings.secret, settings.username, settings.password)
    return Credentials(*(_secret(context, ref) for ref in refs))


def _transport(settings: ThingSpaceSettings, context: BackendContext, send: Send) -> ThingSpaceTransport:
    from scld_adapters.carriers.thingspace.session import Access  # noqa: PLC0415
    from scld_adapters.carriers.thingspace.transport import ThingSpaceTransport  # noqa: PLC0415

    access = Access(
        send,
        lambda: _credentials(settings, context),
        base_url=settings.base_url,
        clock=context.clock,
        backend=context.instance,
    )
    return ThingSpaceTransport(access, settings.account, context.clock)


def _sender(context: BackendContext) -> tuple[Send, Callable[[], None]]:
    """What sends, and how it is closed; a transport that was handed in is closed by whoever made it."""
    if context.transport is not None:
        return context.transport, _nothing
    from scld_adapters._shared._httpx import HttpxSend  # noqa: PLC0415 - the spec alone stays light

    own = HttpxSend(deadline=context.deadline)
    return own, own.close


def _nothing() -> None:
    """Nothing to close."""


def open_thingspace(settings: ThingSpaceSettings, context: BackendContext) -> OpenBackend:
    """Make the account ready; asks for its secrets at once, and ThingSpace nothing."""
    from scld_adapters.carriers.thingspace.backend import ThingSpaceLines  # noqa: PLC0415

    _credentials(settings, context)
    send, close = _sender(context)
    lines = ThingSpaceLines(context.instance, _transport(settings, context, send), settings, context.clock)
    return OpenBackend(lines=lines, close=close)


def callback_credentials(settings: ThingSpaceSettings, context: BackendContext) -> CallbackCredentials:
    """What callbacks of this account must show; raises ConfigurationError when the settings name nothing."""
    from scld_adapters.carriers.thingspace.callbacks import CallbackCredentials  # noqa: PLC0415

    if settings.callback_username is None or settings.callback_password is None:
        raise ConfigurationError(
            context.instance, "callbacks", "a listener needs callback_username and callback_password"
        )
    return CallbackCredentials(
        _secret(context, settings.callback_username), _secret(context, settings.callback_password)
    )


def register_listener(settings: ThingSpaceSettings, context: BackendContext, url: str) -> None:
    """Tell ThingSpace to post this account's callbacks to `url`; once, since a registration lasts."""
    from scld_adapters._shared.faults import Call  # noqa: PLC0415
    from scld_adapters.carriers.thingspace.wire_callbacks import Registration  # noqa: PLC0415

    who = callback_credentials(settings, context)
    call = Call(context.instance, "register_listener", f"listener-{settings.service_name}")
    send, close = _sender(context)
    try:
        registration = Registration(settings.service_name, url, who.username, who.password)
        _transport(settings, context, send).register(call, registration)
    finally:
        close()


THINGSPACE = BackendSpec(
    name="thingspace",
    kind="carrier",
    config=ThingSpaceSettings,
    open=open_thingspace,
    capabilities=CAPABILITIES,
    summary="Verizon ThingSpace Connectivity Management: lines suspended and restored by asynchronous requests",
    harness="scld_adapters.carriers.thingspace.harness:harnesses",
    foreign_evidence="none",
)
"""The backend `thingspace`."""
