"""The library system's end as a function of bytes: what arrives gives what is sent, through plain functions.

A handler takes a request and gives its answer. Nothing else has to be known of sequence numbers,
checksums, repetition or login; and a server, a test and a fake all run this one conversation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_adapters.sip2.capabilities import format_supported
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.errors import Unsendable
from scld_adapters.sip2.messages import MESSAGES, Message, make
from scld_adapters.sip2.session import Broken, NeedData, Received, Reply, Session
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.spec import Kind, Role
from scld_adapters.sip2.states import State
from scld_core.kernel.time import Clock, SystemClock
from scld_core.kernel.validate import between, instance

__all__ = ["Acs", "AcsSettings", "Conversation", "Handler", "Handlers", "refusal"]

_LOGGER = logging.getLogger("scld.sip2")

Handler = Callable[[Message], Message]
Handlers = Mapping[str, Handler]
"""The function that answers a request, by the request's code. What has none is answered with a refusal."""


@frozen
class AcsSettings:
    """What our own server says of itself, and how it writes.

    Where there is a handler for 93, nothing is answered before a login. `timeout` is in seconds and
    `retries` a count; both go out in 98, and are advice to the terminal.
    """

    institution: str = field(default="", validator=instance(str))
    library: str = field(default="", validator=instance(str))
    timezone: str = field(default="UTC", validator=instance(str))
    timeout: float = field(default=10.0, validator=between(0.1, 99.8))
    retries: int = field(default=3, validator=[instance(int), between(0, 998)])
    dialect: Dialect = field(factory=lambda: Dialect(checksum=Detection.AUTO), validator=instance(Dialect))


class Conversation(Protocol):
    """One connection's other end, without I/O."""

    @property
    def closed(self) -> bool:
        """Whether the connection must be closed once what is given back has been sent."""
        ...

    def receive(self, data: bytes) -> bytes:
        """Take what arrived, give what to send; never raises."""
        ...


class Acs:
    """The library system's end of one connection."""

    def __init__(self, handlers: Handlers, settings: AcsSettings, clock: Clock | None = None) -> None:
        """One per connection; the handlers may be shared by all, and must then bear several threads."""
        self._handlers = handlers
        self._settings = settings
        self._clock = clock or SystemClock()
        self._zone = ZoneInfo(settings.timezone)
        self._session = Session(Role.ACS, settings.dialect, login="93" in handlers)

    @property
    def closed(self) -> bool:
        """Whether the conversation has ended."""
        return self._session.state is State.CLOSED

    def receive(self, data: bytes) -> bytes:
        """Act on what arrived; every request is handled once, however often it arrives."""
        self._session.receive(data)
        sent: list[bytes] = []
        while True:
            event = self._session.next_event()
            if isinstance(event, NeedData):
                return b"".join(sent)
            if isinstance(event, Reply):
                sent.append(event.data)
            elif isinstance(event, Received):
                sent.append(self._answer(event.message))
            else:
                self._log(event)

    def _answer(self, request: Message) -> bytes:
        try:
            return self._session.send(self._handle(request))
        except Unsendable as problem:
            _LOGGER.warning("connection closed: the answer to %s cannot be sent: %s", request.code, problem)
        except Exception as problem:  # noqa: BLE001 - a handler may raise anything
            # its text may hold what a patron sent: the name alone goes into the log
            _LOGGER.warning("connection closed: the handler of %s raised %s", request.code, type(problem).__name__)
        # a refusal would say that nothing was done, and nobody knows that
        self._session.close()
        return b""

    def _handle(self, request: Message) -> Message:
        handler = self._handlers.get(request.code)
        if handler is not None:
            return handler(request)
        now = format_date(self._clock.now(), self._zone, self._settings.dialect.dates)
        return self._status(now) if request.code == "99" else refusal(request, now=now, text="Not supported here")

    def _status(self, now: str) -> Message:
        settings, known = self._settings, self._handlers.keys()
        return make(
            "98",
            online_status="Y",
            checkin_ok=_flag("09" in known),
            checkout_ok=_flag("11" in known),
            acs_renewal_policy=_flag("29" in known or "65" in known),
            status_update_ok=_flag("01" in known),
            offline_ok="N",
            timeout_period=f"{round(settings.timeout * 10):03}",
            retries_allowed=f"{settings.retries:03}",
            date_time_sync=now,
            protocol_version="2.00",
            institution_id=settings.institution,
            library_name=settings.library or None,
            supported_messages=format_supported([*known, "97", "99"]),
        )

    def _log(self, event: Broken) -> None:
        _LOGGER.warning("connection closed: %s", event.why.value)


def _flag(value: object) -> str:
    return "Y" if value else "N"


def refusal(request: Message, *, now: str, text: str = "") -> Message:
    """The answer that refuses `request`: nothing done, ids repeated, `text` for the screen.

    `now` is the date of the answer, as `dates.format_date` writes it.
    """
    spec = MESSAGES[request.spec.answer or ""]
    fixed = tuple(now if part.kind is Kind.DATE else part.kind.refusal for part in spec.fixed)
    fields = [
        (part.tag, request.text(part.tag))
        for part in spec.variable
        if part.required or (part.tag in ("AB", "BK") and request.value(part.tag) is not None)
    ]
    said = [("AF", text)] if text and "AF" in spec.tags else []
    return Message(spec.code, fixed, (*fields, *said))
