"""The real transport: httpx with bounded time, verified TLS, no redirects and no proxies from the environment."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import Any, Self

from scld_adapters._shared.http import Headers, MaybeSent, NotSent, Request, Response
from scld_core.errors import MissingExtra

__all__ = ["HttpxSend"]

_MAX_BODY = 16 * 1024 * 1024  # bytes; the longest honest answer is a page of a hundred lines


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise MissingExtra("http", "httpx") from None
    return httpx


_SPEAKERS = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
_exchanging = threading.local()


def _not_ours(record: logging.LogRecord) -> bool:
    """Whether a record of httpx is of somebody else's request: those of ours hold addresses with people's numbers."""
    del record
    return not getattr(_exchanging, "now", False)


@cache
def _silence() -> None:
    """Take our own requests out of what httpx and its transport log; other users of httpx keep theirs."""
    for name in _SPEAKERS:
        logging.getLogger(name).addFilter(_not_ours)


@cache
def _authorities() -> Any:
    """The public authorities, read once: that is the slow part of making a client."""
    return _httpx().create_ssl_context(trust_env=False)


class _End:
    """The end of one exchange, wherever in it the time goes: then its connection is shut.

    The time-outs of httpx begin anew with each byte, in the headers as in the body.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(1.25 * seconds, self._shut)  # mere silence is told by httpx itself before
        self._timer.daemon = True

    def watch(self, event: str, told: Mapping[str, Any]) -> None:
        """Hear from the transport which connection is made."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(told["return_value"].get_extra_info("socket"))
            if self.passed:
                self._shut()

    def _shut(self) -> None:
        self.passed = True
        for one in self._sockets:
            with suppress(OSError):  # it was closed before
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()


class HttpxSend:
    """Sends over one httpx client; close it when done.

    `deadline` is seconds for a whole exchange. `verify` is True, or an ssl.SSLContext for a private
    authority; it cannot be switched off. Redirects are handed back, never followed: following one
    would repeat a write or carry our token to another host.
    """

    def __init__(self, *, deadline: float = 30.0, verify: Any = True, max_body: int = _MAX_BODY) -> None:
        """Make the client; raises MissingExtra without httpx."""
        if not verify:
            raise ValueError("TLS is always verified")
        httpx = _httpx()
        _silence()
        self._deadline = deadline
        self._max_body = max_body
        self._client = httpx.Client(
            timeout=httpx.Timeout(deadline),
            # a kept connection that the other side has just closed makes a write's outcome unknown
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
            verify=_authorities() if verify is True else verify,
            follow_redirects=False,
            trust_env=False,
        )
        self._not_sent = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        )
        self._faults = httpx.HTTPError

    def __call__(self, request: Request) -> Response:
        """Exchange one request; raises NotSent or MaybeSent."""
        if self._client.is_closed:
            raise NotSent("this client was closed")
        _exchanging.now = True
        try:
            return self._exchange(request)
        except self._not_sent as fault:
            raise NotSent(_words(fault)) from None
        except self._faults as fault:
            raise MaybeSent(_words(fault)) from None
        finally:
            _exchanging.now = False

    def _exchange(self, request: Request) -> Response:
        end = _End(self._deadline)
        try:
            with (
                end,
                self._client.stream(
                    request.method,
                    request.url,
                    # no compression: the bound on the body is then a bound on what is sent to us
                    headers=[("Accept-Encoding", "identity"), *request.headers],
                    content=request.body or None,
                    params=list(request.query) or None,
                    extensions={"trace": end.watch},
                ) as answer,
            ):
                return self._whole(answer)
        except self._faults:
            if end.passed:
                raise MaybeSent(f"the answer took longer than {self._deadline:g} seconds") from None
            raise

    def _whole(self, answer: Any) -> Response:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self._max_body:
                raise MaybeSent(f"the answer is longer than {self._max_body} bytes")
        if not 100 <= answer.status_code <= 599:
            raise MaybeSent("the answer has a status that is none of HTTP's")
        return Response(answer.status_code, Headers(answer.headers.multi_items()), bytes(body))

    def close(self) -> None:
        """Release the connections; may be called twice."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _words(fault: Exception) -> str:
    """The class of a fault only: httpx's own texts may repeat a URL with its query."""
    return {
        "ConnectError": "no connection (address, port or TLS)",
        "ConnectTimeout": "no connection in time",
        "PoolTimeout": "no free connection in time",
        "UnsupportedProtocol": "the address is neither http nor https",
        "InvalidURL": "the address is no URL",
        "ReadTimeout": "no answer in time",
        "WriteTimeout": "the request could not be sent whole in time",
        "ReadError": "the connection broke while reading",
        "WriteError": "the connection broke while sending",
        "RemoteProtocolError": "the connection was closed before the answer was whole",
        "DecodingError": "the answer's compression is broken",
    }.get(type(fault).__name__, type(fault).__name__)
