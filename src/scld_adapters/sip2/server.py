"""A SIP2 server on TCP or TLS: a thread for each connection, and a limit on everything."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Callable
from threading import Event, Lock, Thread, current_thread
from typing import Self

from scld_adapters.sip2.acs import Acs, AcsSettings, Conversation, Handlers
from scld_adapters.sip2.errors import LinkFault
from scld_adapters.sip2.settings import Timing
from scld_adapters.sip2.transport import Link, SocketLink
from scld_core.kernel.time import Clock

__all__ = ["Server", "converse", "serve"]

_LOGGER = logging.getLogger("scld.sip2")

MOST_CONNECTIONS = 64
"""So many terminals at once; one that has not logged in, or else a further one, is turned away instead of waiting."""


def converse(
    link: Link, conversation: Conversation, timing: Timing, monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Carry one conversation over `link` until an end closes it, or it is silent for `timing.idle`.

    The whole login has `timing.answer`, which no single byte renews: a stranger holds a place no longer than that.
    """
    entered = monotonic() + timing.answer
    try:
        while not conversation.closed:
            wait = timing.idle if conversation.admitted else min(timing.idle, entered - monotonic())
            if wait <= 0:
                _LOGGER.info("connection closed: nobody logged in within %g seconds", timing.answer)
                return
            data = link.receive(wait)
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
        self._full = False
        self._talks: dict[Thread, tuple[SocketLink, Conversation] | None] = {}
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
            talks, threads = tuple(self._talks.values()), tuple(self._threads)
        for talk in talks:
            if talk is not None:
                talk[0].close()
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
            if self._admit(thread):
                thread.start()
            else:
                connection.close()

    def _admit(self, thread: Thread) -> bool:
        """Whether there is room: whoever waits longest without a login gives way, and who has logged in never does.

        The log has the first for whom there was no room, and the next one after there was some.
        """
        stranger = None
        with self._lock:
            full = len(self._talks) >= MOST_CONNECTIONS
            told, self._full = self._full, full
            if full:
                stranger = next((one for one, talk in self._talks.items() if talk and not talk[1].admitted), None)
            gone = None if stranger is None else self._talks.pop(stranger)
            taken = not full or gone is not None
            if taken:
                self._threads.add(thread)
                self._talks[thread] = None
        if full and not told:
            _LOGGER.warning("turned away: there are %d connections already", MOST_CONNECTIONS)
        if gone is not None:
            gone[0].close()
        return taken

    def _serve(self, connection: socket.socket) -> None:
        thread = current_thread()
        try:
            link, conversation = self._prepare(connection), self._make()
            with self._lock:
                self._talks[thread] = link, conversation
            if self._stop.is_set():
                link.close()
            else:
                converse(link, conversation, self._timing)
        except OSError:
            connection.close()  # TLS came to nothing
        finally:
            with self._lock:
                self._threads.discard(thread)
                self._talks.pop(thread, None)

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
