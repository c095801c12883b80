"""A real HTTP server on the loopback for stateful fakes, with faults that a test scripts.

A fake is a function from Request to Response over its own state. The server records every request,
puts the next fault of the script in front of or behind the fake, and never waits or rolls dice.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from attrs import evolve, frozen

from scld_adapters._shared.http import Headers, Request, Response

__all__ = ["FakeServer", "Fault", "Faults", "Handler"]

Handler = Callable[[Request], Response]


class Fault(Enum):
    """What goes wrong with one request."""

    NONE = "none"
    DROP = "drop"  # closed without an answer, no effect
    DROP_AFTER = "drop_after"  # the effect, then closed without an answer
    DELAY = "delay"  # closed without an answer, the effect comes when the test releases it
    REORDER = "reorder"  # as DELAY, but released by itself right after the next request's effect
    DUPLICATE = "duplicate"  # the effect twice, the first answer
    TRUNCATE = "truncate"  # the effect, then half of the answer
    GARBLE = "garble"  # the effect, then an answer that is no JSON
    TOO_MANY = "too_many"  # 429 before the effect
    TOO_MANY_WAIT = "too_many_wait"  # 429 with Retry-After
    BUSY = "busy"  # 503 before the effect
    BUSY_WAIT = "busy_wait"  # 503 with Retry-After
    FAIL_AFTER = "fail_after"  # the effect, then 500
    EXPIRE = "expire"  # every token ends, then the request is handled as usual


_REFUSALS = {
    Fault.TOO_MANY: Response(429),
    Fault.TOO_MANY_WAIT: Response(429, Headers([("Retry-After", "2")])),
    Fault.BUSY: Response(503),
    Fault.BUSY_WAIT: Response(503, Headers([("Retry-After", "2")])),
}


@frozen
class _Cut:
    """An answer of which only the first bytes arrive."""

    response: Response


def _any(request: Request) -> bool:
    del request
    return True


class Faults:
    """A script of faults: the next one goes to the next request that `only` accepts; then none."""

    def __init__(self, script: Iterable[Fault] = (), *, only: Callable[[Request], bool] = _any) -> None:
        """Take the faults in the order in which they shall happen."""
        self._script = deque(script)
        self._only = only

    @classmethod
    def seeded(cls, seed: int, count: int, kinds: Iterable[Fault], *, only: Callable[[Request], bool] = _any) -> Self:
        """A script of `count` faults drawn from `kinds`, the same for the same seed."""
        choices = tuple(kinds)
        dice = random.Random(seed)  # noqa: S311 - a test plan, no secret
        return cls([dice.choice(choices) for _ in range(count)], only=only)

    def next(self, request: Request) -> Fault:
        """The fault for this request."""
        return self._script.popleft() if self._script and self._only(request) else Fault.NONE


class FakeServer:
    """Serves `handler` on 127.0.0.1 while it is open, one request at a time.

    `requests` are all that arrived, with the path in `url`, whatever became of them. `expire` ends
    the fake's tokens (Fault.EXPIRE). Delayed effects are in `held` until `release`. An exception in
    the fake itself closes the connection and is raised again when the server is closed.
    """

    def __init__(
        self, handler: Handler, *, faults: Faults | None = None, expire: Callable[[], None] | None = None
    ) -> None:
        """Bind a free port; nothing is served before `__enter__`."""
        self.faults = faults or Faults()
        self.requests: list[Request] = []
        self.held: deque[Request] = deque()
        self._bugs: list[Exception] = []
        self._reordered: deque[Request] = deque()
        self._handler = handler
        self._expire = expire
        self._lock = RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _bridge(self._deliver))
        self._server.daemon_threads = True
        # the default of half a second would be spent at every close
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def script(self, *script: Fault, only: Callable[[Request], bool] = _any) -> None:
        """Replace the script of faults from now on."""
        with self._lock:
            self.faults = Faults(script, only=only)

    def release(self, count: int | None = None) -> int:
        """Let the effects of the oldest `count` held requests happen (all when None); gives how many did."""
        with self._lock:
            wanted = len(self.held) if count is None else min(count, len(self.held))
            for _ in range(wanted):
                self._handler(self.held.popleft())
            return wanted

    def _deliver(self, request: Request) -> Response | _Cut | None:
        """The answer to `request`, the part that arrives of it, or None for a closed connection."""
        with self._lock:
            self.requests.append(request)
            try:
                return self._faulty(request)
            except Exception as bug:  # noqa: BLE001 - a thread's exception would be lost
                self._bugs.append(bug)
                return None

    def _faulty(self, request: Request) -> Response | _Cut | None:
        fault = self.faults.next(request)
        refusal = _REFUSALS.get(fault)
        if refusal is not None or fault is Fault.DROP:
            return refusal
        if fault in (Fault.DELAY, Fault.REORDER):
            (self.held if fault is Fault.DELAY else self._reordered).append(request)
            return None
        if fault is Fault.EXPIRE and self._expire is not None:
            self._expire()
        answer = self._handler(request)
        if fault is Fault.DUPLICATE:
            self._handler(request)
        while self._reordered:
            self._handler(self._reordered.popleft())
        return _spoilt(fault, answer)

    def close(self) -> None:
        """Stop serving; may be called twice. Raises the first bug of the fake."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        if self._bugs:
            raise self._bugs.pop(0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _spoilt(fault: Fault, answer: Response) -> Response | _Cut | None:
    """What the client gets of an answer whose effect has happened."""
    if fault is Fault.DROP_AFTER:
        return None
    if fault is Fault.TRUNCATE:
        return _Cut(answer)
    if fault is Fault.FAIL_AFTER:
        return Response(500)
    return evolve(answer, body=b"<html>bad gateway") if fault is Fault.GARBLE else answer


def _bridge(deliver: Callable[[Request], Response | _Cut | None]) -> type[BaseHTTPRequestHandler]:
    """A request handler class of the standard library that asks `deliver`."""

    class Bridge(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                parts.path,
                tuple(self.headers.items()),
                self.rfile.read(length),
                tuple(parse_qsl(parts.query, keep_blank_values=True)),
            )
            self.close_connection = True
            found = deliver(request)
            if found is not None:
                self._answer(found.response if isinstance(found, _Cut) else found, cut=isinstance(found, _Cut))

        def _answer(self, answer: Response, *, cut: bool) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) + (1 if cut else 0)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Stay silent: a request line may hold an id."""

    return Bridge
