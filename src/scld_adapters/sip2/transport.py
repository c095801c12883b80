"""The only I/O: a link over TCP or TLS, with a limit on the time of every call."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path
from typing import Protocol

from scld_adapters.sip2.errors import LinkLost, LinkTimeout, NotConnected
from scld_adapters.sip2.settings import Sip2Settings, TlsSettings

__all__ = ["Link", "SocketLink", "client_context", "connect"]

_CHUNK = 65536


class Link(Protocol):
    """A connection that carries bytes both ways. Times are in seconds."""

    def send(self, data: bytes, timeout: float) -> None:
        """Hand over all of `data`; raises LinkTimeout or LinkLost, after which part of it may have arrived."""
        ...

    def receive(self, timeout: float) -> bytes:
        """What has arrived, at least a byte, or nothing when the peer has closed; raises LinkTimeout or LinkLost."""
        ...

    def close(self) -> None:
        """End the connection; may be called twice."""
        ...


class SocketLink:
    """A link over a connected socket, TLS or not."""

    def __init__(self, connection: socket.socket) -> None:
        """Take the socket over."""
        self._socket = connection

    def send(self, data: bytes, timeout: float) -> None:
        """Hand over all of `data`."""
        try:
            self._socket.settimeout(max(timeout, 0.001))
            self._socket.sendall(data)
        except TimeoutError:
            raise LinkTimeout("the peer took nothing in time") from None
        except OSError as problem:
            raise LinkLost(f"the connection broke while sending ({type(problem).__name__})") from None

    def receive(self, timeout: float) -> bytes:
        """What has arrived, or nothing when the peer has closed."""
        try:
            self._socket.settimeout(max(timeout, 0.001))
            return self._socket.recv(_CHUNK)
        except TimeoutError:
            raise LinkTimeout("nothing came in time") from None
        except OSError as problem:
            raise LinkLost(f"the connection broke while receiving ({type(problem).__name__})") from None

    def close(self) -> None:
        """End the connection, also under another thread that waits on it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def client_context(tls: TlsSettings, folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the peer's certificate verified; files are looked for in `folder`.

    Raises OSError (ssl.SSLError included) when a file cannot be used.
    """
    context = ssl.create_default_context(cafile=str(folder / tls.authorities) if tls.authorities else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate:
        context.load_cert_chain(folder / tls.certificate, folder / tls.key if tls.key else None)
    return context


def connect(settings: Sip2Settings, folder: Path) -> SocketLink:
    """A new connection to the server; raises NotConnected, and then nothing was sent."""
    try:
        context = client_context(settings.tls, folder) if settings.tls is not None else None
    except OSError as problem:
        raise NotConnected(f"a file of the TLS settings cannot be used ({type(problem).__name__})") from None
    try:
        plain = socket.create_connection((settings.host, settings.port), settings.timing.connect)
    except OSError as problem:
        raise NotConnected(f"no connection ({type(problem).__name__})") from None
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None or settings.tls is None:
        return SocketLink(plain)
    try:
        return SocketLink(context.wrap_socket(plain, server_hostname=settings.tls.server_name or settings.host))
    except OSError as problem:
        plain.close()
        raise NotConnected(f"no TLS connection ({type(problem).__name__})") from None
