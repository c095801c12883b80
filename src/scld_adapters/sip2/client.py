"""The terminal's end over a link: one request, one answer, or one error of scld.

What became of a request is never guessed. A read that got no answer is asked again, byte for byte, as often as
the timing says, and is then Unavailable. A write that was sent and got no answer is OutcomeUnknown: read
the state again and decide; a payment or a hold sent twice is made twice by systems in use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Self

from attrs import field, frozen

from scld_adapters._shared.faults import Call, undecodable
from scld_adapters.sip2.capabilities import BX_ORDER, parse_supported
from scld_adapters.sip2.errors import LinkFault, LinkTimeout, NotConnected, Unsendable
from scld_adapters.sip2.messages import MESSAGES, Message, make
from scld_adapters.sip2.session import Broken, Ending, Received, Reply, Session
from scld_adapters.sip2.settings import Dialect, Timing
from scld_adapters.sip2.spec import Role
from scld_adapters.sip2.states import State
from scld_adapters.sip2.transport import Link
from scld_core.errors import (
    BackendError,
    ConfigurationError,
    Rejected,
    ServiceAuthError,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.kernel.capability import Effect

__all__ = ["AFTER_TIMEOUT", "Account", "Client"]

AFTER_TIMEOUT: Mapping[Effect, str] = MappingProxyType({Effect.READ: "repeat", Effect.WRITE: "unknown"})
"""What a request without an answer becomes; which requests write is in their declarations."""


@frozen
class Account:
    """Our terminal's login. An empty `user` means that the server wants none."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    location: str = ""


class Client:
    """Asks one library system; safe to share between threads, which then ask one after another.

    `dial` makes a new link or raises NotConnected. The connection is made at the first request, and
    again after it broke; then it logs in (93) and asks what the system can do (99).
    """

    def __init__(
        self,
        dial: Callable[[], Link],
        account: Account,
        *,
        backend: str = "sip2",
        dialect: Dialect | None = None,
        timing: Timing | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep what a connection needs; nothing is sent yet."""
        self._dial = dial
        self._account = account
        self._backend = backend
        self._dialect = dialect or Dialect()
        self._timing = timing or Timing()
        self._monotonic = monotonic
        self._lock = Lock()
        self._link: Link | None = None
        self._session = self._fresh()
        self._status: Message | None = None
        self._used = 0.0

    def ask(self, message: Message, *, operation: str, key: str = "") -> Message:
        """The answer to one request; `key` names a write for OutcomeUnknown.

        Raises UnsupportedOperation when the system declares that it does not answer such a request,
        Unavailable when provably nothing happened or a read failed, OutcomeUnknown when a write may have
        happened, Rejected when the system does not understand the request, ProtocolViolation.
        """
        spec = MESSAGES[message.code]
        call = Call(self._backend, operation, (key or operation) if spec.effect is Effect.WRITE else None)
        with self._lock:
            status = self._ready(operation)
            if message.code in BX_ORDER and message.code not in parse_supported(status.text("BX")):
                raise call.error(UnsupportedOperation, f"the system's BX declares no {spec.name} ({message.code})")
            return self._exchange(message, call)

    def status(self) -> Message:
        """The system's 98 of this connection, which is made when there is none."""
        with self._lock:
            return self._ready("status")

    def close(self) -> None:
        """End the connection; the next request makes another."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # --- the connection ---

    def _fresh(self) -> Session:
        return Session(Role.SC, self._dialect, login=bool(self._account.user), resends=self._timing.resends)

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link, self._status = None, None
        self._session.close()

    def _ready(self, operation: str) -> Message:
        if self._status is not None and self._monotonic() - self._used > self._timing.reuse:
            self._drop()
        if self._status is not None:
            return self._status
        call = Call(self._backend, operation, None)
        try:
            self._link = self._dial()
        except NotConnected as fault:
            raise call.error(Unavailable, str(fault)) from None
        self._session = self._fresh()
        try:
            if self._account.user:
                self._login(call)
            status = make("99", status_code="0", max_print_width="080", protocol_version="2.00")
            answer = self._exchange(status, call)
            if answer.value("online_status") != "Y":
                raise call.error(Unavailable, "the system says that it is not on line")
        except BackendError:
            self._drop()
            raise
        self._status = answer
        return answer

    def _login(self, call: Call) -> None:
        account = self._account
        login = make(
            "93",
            uid_algorithm="0",
            pwd_algorithm="0",  # noqa: S106 - the number of the algorithm, 0 for none
            login_user_id=account.user,
            login_password=account.password,
            location_code=account.location or None,
        )
        if self._exchange(login, call).value("ok") != "1":
            raise call.error(ServiceAuthError, "the system refuses the terminal's login")

    # --- one exchange ---

    def _exchange(self, message: Message, call: Call) -> Message:
        try:
            data = self._session.send(message)
        except Unsendable as problem:
            # nothing was sent and the session stands as before
            raise call.error(ConfigurationError if message.code == "93" else Rejected, f"not sent: {problem}") from None
        try:
            answer = self._await_answer(data, call)
        except LinkFault as fault:
            self._drop()
            raise call.lost(str(fault)) from None
        except BackendError:
            self._drop()
            raise
        self._used = self._monotonic()
        if self._session.state is State.CLOSED:
            self._drop()
        return answer

    def _await_answer(self, data: bytes, call: Call) -> Message:
        tries = self._timing.resends if AFTER_TIMEOUT[Effect.WRITE if call.write else Effect.READ] == "repeat" else 0
        self._send(data)
        while True:
            try:
                return self._one_try(call)
            except LinkTimeout:
                if tries == 0 or not self._session.repeatable:
                    raise
            tries -= 1
            self._send(self._session.repeat())

    def _one_try(self, call: Call) -> Message:
        until = self._monotonic() + self._timing.answer
        while True:
            event = self._session.next_event()
            if isinstance(event, Received):
                return event.message
            if isinstance(event, Reply):
                self._send(event.data)
            elif isinstance(event, Broken):
                raise _broken(event, call)
            else:
                self._session.receive(self._receive(until))

    def _send(self, data: bytes) -> None:
        self._wire().send(data, self._timing.answer)

    def _receive(self, until: float) -> bytes:
        left = until - self._monotonic()
        if left <= 0:
            raise LinkTimeout("nothing came in time")
        data = self._wire().receive(left)
        if not data:
            raise LinkFault("the system closed the connection without an answer")
        return data

    def _wire(self) -> Link:
        if self._link is None:
            raise LinkFault("the connection is closed")
        return self._link


def _broken(event: Broken, call: Call) -> BackendError:
    # asked for again and again, a write may have been done once: a 96 can be about another frame of ours
    if event.why is Ending.NOT_UNDERSTOOD or (event.why is Ending.ASKED_TOO_OFTEN and not call.write):
        return call.error(Rejected, event.why.value)
    if event.why in (Ending.DAMAGED, Ending.ASKED_TOO_OFTEN):
        return call.lost(event.why.value)
    return undecodable(call, f"{event.why.value}: {event.rule.value}" if event.rule else event.why.value)
