"""The ports of one Koha, opened for one district: REST, and SIP2 beside it where it is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_adapters._shared.http import Send
from scld_adapters.koha.catalog import KohaCatalog
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.fees import KohaFees
from scld_adapters.koha.holds import KohaHolds
from scld_adapters.koha.loans import KohaLoans
from scld_adapters.koha.mapping import Mapper
from scld_adapters.koha.patrons import KohaPatrons
from scld_adapters.koha.settings import KohaSettings
from scld_adapters.koha.transport import Access, Basic, Koha, OAuth2
from scld_core.circulation.ports import Loans
from scld_core.errors import BadInput, ConfigurationError
from scld_core.plugins.spec import BackendContext, OpenBackend, SecretRef

__all__ = ["open_ports"]


def open_ports(settings: KohaSettings, context: BackendContext) -> OpenBackend:
    """Every port; asks for the secrets at once, and Koha nothing.

    `context.transport` takes the place of the HTTP client. It may be a pair: the second one makes the link
    to SIP2, in place of a socket.
    """
    send, close, dial = _transports(context)
    access = _access(settings, context, send)
    koha = Koha(send, access, settings.url.rstrip("/"), context.clock, settings.page_size)
    desk = KohaDesk(
        context.instance, koha, Mapper(context.instance, settings, ZoneInfo(context.timezone)), context.clock
    )
    lending, hang_up = _lending(settings, context, dial)

    def close_all() -> None:
        hang_up()
        close()

    return OpenBackend(
        loans=KohaLoans(desk, lending),
        fees=KohaFees(desk),
        patrons=KohaPatrons(desk),
        holds=KohaHolds(desk),
        catalog=KohaCatalog(desk),
        close=close_all,
    )


def _transports(context: BackendContext) -> tuple[Send, Callable[[], None], Any]:
    given = context.transport
    if isinstance(given, tuple):
        return given[0], _nothing, given[1]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if given is not None:
        return given, _nothing, None
    from scld_adapters._shared._httpx import HttpxSend  # noqa: PLC0415 - only where a client is needed

    own = HttpxSend(deadline=context.deadline)
    return own, own.close, None


def _nothing() -> None:
    """Nothing to close."""


def _access(settings: KohaSettings, context: BackendContext, send: Send) -> Access:
    if settings.password is not None:
        return Basic(settings.user, _secret(context, settings.password))
    if settings.client_secret is None:
        raise ConfigurationError(context.instance, "open", "no account is set")
    secret = _secret(context, settings.client_secret)
    return OAuth2(send, settings.url.rstrip("/"), settings.client_id, secret, context.clock)


def _secret(context: BackendContext, ref: SecretRef) -> str:
    """The secret's text; ConfigurationError names the reference only."""
    try:
        text = context.secret(ref).strip()
    except BadInput as problem:
        raise ConfigurationError(context.instance, "secret", str(problem)) from None
    if not (text and text.isprintable()):
        raise ConfigurationError(context.instance, "secret", f"{ref.ref} is empty or not printable")
    return text


def _lending(settings: KohaSettings, context: BackendContext, dial: Any) -> tuple[Loans | None, Callable[[], None]]:
    if settings.sip2 is None:
        return None, _nothing
    from scld_adapters.sip2.backend import open_ports as open_sip2  # noqa: PLC0415 - only where it is set up

    opened = open_sip2(settings.sip2, evolve(context, transport=dial))
    return opened.loans, opened.close
