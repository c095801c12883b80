"""A small WSGI application that receives callbacks; any WSGI server can run it, wsgiref included.

The vendor posts from a published list of addresses and to few ports (80, 443, 9001-9006, 28200-28220,
50551-50559), and tries a refused message three more times, five minutes apart. Put TLS and a limit
on the time of a request in front of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scld_adapters.carriers.thingspace.callbacks import (
    MAX_BODY,
    CallbackCredentials,
    CallbackNotice,
    CallbackRefusal,
    parse_callback,
)
from scld_core.kernel.log import log, whereabouts

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["CallbackLost", "callback_app"]

_logger = logging.getLogger(__name__)

_OK = "200 OK"
_BAD = "400 Bad Request"
_UNKNOWN_SENDER = "401 Unauthorized"
_NOT_POST = "405 Method Not Allowed"
_TOO_LARGE = "413 Content Too Large"
_OURS = "503 Service Unavailable"
_REFUSED = {
    CallbackRefusal.TOO_LARGE: _TOO_LARGE,
    CallbackRefusal.MALFORMED: _BAD,
    CallbackRefusal.FORGED: _UNKNOWN_SENDER,
}
_DRAINED = 16 * MAX_BODY
_CHUNK = 64 * 1024


@frozen
class CallbackLost:
    """Log record: a notice could not be handed on because of a fault of this class and place; it comes again."""

    reference: str
    fault: str


def callback_app(on_notice: Callable[[CallbackNotice], None], credentials: CallbackCredentials) -> WSGIApplication:
    """An application that hands each notice to `on_notice`.

    It answers 200 to a message with the right credentials (whether we know its request or not), 401 to
    others, 400 to what cannot be read, 405 to all but POST and 413 to what is too long; 503 when
    `on_notice` raised, so that the message comes again. Every body is empty.
    """

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = _status(environ, on_notice, credentials)
        allow = [("Allow", "POST")] if status == _NOT_POST else []
        start_response(status, [*allow, ("Content-Length", "0"), ("Content-Type", "text/plain")])
        return []

    return app


def _status(
    environ: WSGIEnvironment, on_notice: Callable[[CallbackNotice], None], credentials: CallbackCredentials
) -> str:
    length = _length(environ.get("CONTENT_LENGTH"))
    if environ.get("REQUEST_METHOD") != "POST":
        _drain(environ, length or 0)
        return _NOT_POST
    if length is None:
        return _BAD
    if length > MAX_BODY:
        _drain(environ, length)
        return _TOO_LARGE
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) != length:
        return _BAD
    found = parse_callback({"content-type": str(environ.get("CONTENT_TYPE") or "")}, body, credentials)
    if isinstance(found, CallbackRefusal):
        return _REFUSED[found]
    return _handed_on(found, on_notice)


def _handed_on(notice: CallbackNotice, on_notice: Callable[[CallbackNotice], None]) -> str:
    try:
        on_notice(notice)
    except Exception as error:  # noqa: BLE001 - a listener must go on listening; class and place say enough
        log(_logger, logging.ERROR, CallbackLost(notice.reference, whereabouts(error)))
        return _OURS
    return _OK


def _length(text: Any) -> int | None:
    bare = str(text or "")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 15 else None


def _drain(environ: WSGIEnvironment, length: int) -> None:
    """Read and forget a bounded part: a sender whose body is left unread may never see the answer."""
    left = min(length, _DRAINED)
    while left > 0:
        chunk = environ["wsgi.input"].read(min(left, _CHUNK))
        if not chunk:
            return
        left -= len(chunk)
