"""A SIP2 server on TCP or TLS: a thread for each connection, and a limit on everything."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from threading import Event, Lock, Thread, current_thread
from typing import Self

from scld_adapters.sip2.acs import Acs, AcsSettings, Conversation, Handlers
from scld_adapters.sip2.errors import LinkFault
from scld_adapters.sip2.settings import Timing
from scld_adapters.sip2.transport import Link, SocketLink
from scld_core.kernel.time import Clock

__all__ = ["Server", "converse", "serve"]

MOST_CONNECTIONS = 64
"""So many terminals at once; further ones are turned away at once instead of being left to wait."""


def converse(link: Link, conversation: Conversation, timing: Timing) -> None:
    """Carry one conversation over `link` until an end closes it, or it is silent for `timing.idle`."""
    try:
        while not conversation.closed:
            data = link.receive(timing.idle)
            if not data:
                return
            answer = conversation.receive(data)
            if answer:
                link.send(answer, timing.answer)
    except LinkFault:
        return  # the terminal went away or fell silent; it connects again when it wants to
    finally:
        link.close()


class Server:
    """A listening server; leave it with `close`, or use it as a context manager. `port` is the real one."""

    def __init__(
        self,
        make: Callable[[], Conversation],
        address: tuple[str, int],
        *,
        timing: Timing | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Listen at once; `make` gives each connection its conversation."""
        self._make = make
        self._timing = timing or Timing()
        self._tls = tls
        self._lock = Lock()
        self._stop = Event()
        self._links: set[SocketLink] = set()
        self._threads: set[Thread] = set()
        self._listener = socket.create_server(address, family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = Thread(target=self._accept, name="sip2-accept", daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        with self._lock:
            links, threads = tuple(self._links), tuple(self._threads)
        for link in links:
            link.close()
        for thread in threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._stop.wait(0.05)  # we are closing, or the system is out of sockets for a while
                continue
            thread = Thread(target=self._serve, args=(connection,), name="sip2-terminal", daemon=True)
            with self._lock:
                if len(self._threads) >= MOST_CONNECTIONS:
                    connection.close()
                    continue
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        link = None
        try:
            link = self._prepare(connection)
            with self._lock:
                self._links.add(link)
            if self._stop.is_set():
                link.close()
            else:
                converse(link, self._make(), self._timing)
        except OSError:
            connection.close()  # TLS came to nothing
        finally:
            with self._lock:
                self._threads.discard(current_thread())
                if link is not None:
                    self._links.discard(link)

    def _prepare(self, connection: socket.socket) -> SocketLink:
        connection.settimeout(self._timing.connect)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return SocketLink(connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True))


def serve(
    handlers: Handlers,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    settings: AcsSettings | None = None,
    timing: Timing | None = None,
    tls: ssl.SSLContext | None = None,
    clock: Clock | None = None,
) -> Server:
    """A server that answers from `handlers`, listening at once; port 0 takes a free one.

    Handlers are called from a thread for each connection. SIP2 carries cards and PINs as plain text:
    give `tls` a server context, or listen on the loopback only and put a tunnel before it.
    """
    said = settings or AcsSettings()
    return Server(lambda: Acs(handlers, said, clock), (host, port), timing=timing, tls=tls)
