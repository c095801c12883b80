"""The real transport: httpx with bounded time, verified TLS, no redirects and no proxies from the environment."""

from __future__ import annotations

import logging
import threading
import time
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
        end = time.monotonic() + self._deadline
        with self._client.stream(
            request.method,
            request.url,
            # no compression: the bound on the body is then a bound on what is sent to us
            headers=[("Accept-Encoding", "identity"), *request.headers],
            content=request.body or None,
            params=list(request.query) or None,
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > self._max_body:
                    raise MaybeSent(f"the answer is longer than {self._max_body} bytes")
                if time.monotonic() > end:
                    raise MaybeSent(f"the answer took longer than {self._deadline:g} seconds")
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
