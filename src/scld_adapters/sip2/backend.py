"""The ports of an ILS over one SIP2 client, opened for one district."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_adapters._shared.keys import Keys
from scld_adapters.sip2.catalog import Sip2Catalog
from scld_adapters.sip2.client import Account, Client
from scld_adapters.sip2.fees import Sip2Fees
from scld_adapters.sip2.holds import Sip2Holds
from scld_adapters.sip2.loans import Sip2Loans
from scld_adapters.sip2.patrons import Sip2Patrons
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.settings import Sip2Settings, TlsSettings
from scld_adapters.sip2.terminal import Terminal
from scld_adapters.sip2.transport import Link, client_context, connect
from scld_core.errors import BadInput, ConfigurationError
from scld_core.plugins.spec import BackendContext, OpenBackend, SecretRef

__all__ = ["open_ports", "terminal_of"]


def _secret(context: BackendContext, ref: SecretRef | None) -> str:
    """The secret's text; ConfigurationError names the reference only."""
    if ref is None:
        return ""
    try:
        text = context.secret(ref).strip()
    except BadInput as problem:
        raise ConfigurationError(context.instance, "secret", str(problem)) from None
    if not (text and text.isprintable()):
        raise ConfigurationError(context.instance, "secret", f"{ref.ref} is empty or no printable text")
    return text


def terminal_of(settings: Sip2Settings, context: BackendContext) -> Terminal:
    """A terminal with its client, which connects at the first request and again after each break.

    `context.transport` is a function that makes a link, in place of a socket.
    """
    if settings.tls is not None and context.transport is None:
        _usable(settings.tls, context)
    password = _secret(context, settings.password)
    dial: Callable[[], Link] = context.transport or (lambda: connect(settings, context.folder))
    timing = evolve(settings.timing, answer=min(settings.timing.answer, context.deadline))
    client = Client(
        dial,
        Account(settings.user, password, settings.location),
        backend=context.instance,
        dialect=settings.dialect,
        timing=timing,
    )
    return Terminal(
        context.instance,
        client,
        settings,
        context.clock,
        ZoneInfo(context.timezone),
        Seal(password or secrets.token_hex(16), context.instance, settings.host, settings.institution),
        _secret(context, settings.terminal_password),
    )


def _usable(tls: TlsSettings, context: BackendContext) -> None:
    """Raises ConfigurationError for a file that TLS cannot use: then no call could ever succeed."""
    try:
        client_context(tls, context.folder)
    except OSError as problem:
        text = f"a file of [tls] cannot be used ({type(problem).__name__}): authorities, certificate or key"
        raise ConfigurationError(context.instance, "open", text) from None


def open_ports(settings: Sip2Settings, context: BackendContext) -> OpenBackend:
    """Every port that SIP2 can serve; asks for the secrets at once, and the system nothing."""
    terminal = terminal_of(settings, context)
    return OpenBackend(
        loans=Sip2Loans(terminal, Keys(terminal.name)),
        patrons=Sip2Patrons(terminal, Keys(terminal.name)),
        holds=Sip2Holds(terminal, Keys(terminal.name)),
        catalog=Sip2Catalog(terminal),
        fees=Sip2Fees(terminal),
        close=terminal.client.close,
    )
