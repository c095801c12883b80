"""A real mail relay on loopback with TLS, that keeps what it takes and can be told to misbehave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from attrs import define, field

from support.loops import thread_loop


@define
class Relay:
    """The relay's port, the file with its authority, what it took, and its faults.

    `answers` maps a command (MAIL, RCPT, DATA) to the answer given in place of taking it; the answer
    ``drop`` takes a message and closes the connection without one. `looks` are called at each command.
    """

    authority: Path
    port: int = 0
    taken: list[Message] = field(factory=list)
    recipients: list[str] = field(factory=list)
    answers: dict[str, str] = field(factory=dict)
    security: str = "starttls"
    password: str = "synthetic-password"
    looks: list[Callable[[], None]] = field(factory=list)

    def look(self) -> None:
        for look in self.looks:
            look()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options) -> str:
        self.look()
        if "MAIL" not in self.answers:
            envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options) -> str:
        self.look()
        if "RCPT" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.look()
        answer = self.answers.get("DATA", "250 Message accepted")
        if answer == "drop" or answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=default))
            self.recipients.extend(envelope.rcpt_tos)
        if answer == "drop":
            server.transport.abort()
        return "250 OK" if answer == "drop" else answer


@contextmanager
def smtp_relay(folder: Path, *, security: str = "starttls", name: str = "127.0.0.1") -> Generator[Relay]:
    """Serve until the block ends; `name` is what the certificate says."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    relay = Relay(folder / "authority.pem", security=security)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: LoginPassword) -> AuthResult:
        right = (b"scld", relay.password.encode())
        known = isinstance(auth, LoginPassword) and (auth.login, auth.password) == right
        return AuthResult(success=known, handled=False)

    upgrade = {"tls_context": context, "require_starttls": True} if security == "starttls" else {}

    def session() -> SMTP:
        return SMTP(relay, hostname="relay.example.org", authenticator=check, auth_require_tls=bool(upgrade), **upgrade)

    async def start() -> asyncio.Server:
        private = context if security == "tls" else None
        return await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=private)

    async def stop(server: asyncio.Server) -> None:
        server.close()

    with thread_loop() as run:
        server = run(start())
        relay.port = server.sockets[0].getsockname()[1]
        try:
            yield relay
        finally:
            run(stop(server))
