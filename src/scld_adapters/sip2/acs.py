"""The library system's end as a function of bytes: what arrives gives what is sent, through plain functions.

A handler takes a request and gives its answer. Nothing else has to be known of sequence numbers,
checksums, repetition or login; and a server, a test and a fake all run this one conversation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_adapters.sip2.capabilities import format_supported
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.errors import BadFrame, Rule, Unsendable
from scld_adapters.sip2.messages import MESSAGES, Message, make
from scld_adapters.sip2.session import Broken, NeedData, Received, Reply, Session
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.spec import Kind, Role
from scld_adapters.sip2.states import State
from scld_core.kernel.time import Clock, SystemClock
from scld_core.kernel.validate import between, instance

__all__ = ["Acs", "AcsSettings", "Conversation", "Handler", "Handlers", "advice", "refusal", "status"]

_LOGGER = logging.getLogger("scld.sip2")

_MOST_WARNINGS = 20

_SETTINGS = {
    Rule.MISSING: "if this machine never sends it, name {} in dialect.optional",
    Rule.UNCLOSED: "if this machine always writes so, set dialect.open_end",
    Rule.EXTRA: "dialect.extensions says which fields are taken",
    Rule.ENCODING: "set dialect.encoding to what this machine writes",
    Rule.VALUE: "dialect.max_value is the limit",
    Rule.TOO_LONG: "dialect.max_frame is the limit",
    Rule.NO_CHECKSUM: "dialect.checksum says whether it must be there",
}
"""The setting that takes what breaks a rule."""

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

    @property
    def admitted(self) -> bool:
        """Whether the terminal has logged in, or needs no login."""
        ...

    def receive(self, data: bytes) -> bytes:
        """Take what arrived, give what to send; never raises."""
        ...


class Acs:
    """The library system's end of one connection. `name` is what the log calls the terminal."""

    def __init__(self, handlers: Handlers, settings: AcsSettings, clock: Clock | None = None) -> None:
        """One per connection; the handlers may be shared by all, and must then bear several threads."""
        self._handlers = handlers
        self._settings = settings
        self._clock = clock or SystemClock()
        self._zone = ZoneInfo(settings.timezone)
        self._session = Session(Role.ACS, settings.dialect, login="93" in handlers)
        self._warned: set[str] = set()
        self.name = "a terminal"

    @property
    def closed(self) -> bool:
        """Whether the conversation has ended."""
        return self._session.state is State.CLOSED

    @property
    def admitted(self) -> bool:
        """Whether the terminal has logged in, or needs no login."""
        return self._session.state not in (State.NEW, State.LOGGING_IN)

    def receive(self, data: bytes) -> bytes:
        """Act on what arrived; a write is handled once, however often it arrives."""
        self._session.receive(data)
        sent: list[bytes] = []
        while True:
            event = self._session.next_event()
            if isinstance(event, NeedData):
                if self._session.unended:
                    self._warn("an LF without a CR ends no frame: set the machine to end each frame with CR")
                return b"".join(sent)
            if isinstance(event, Reply):
                if event.problem is not None:
                    self._warn(advice(event.problem))
                sent.append(event.data)
            elif isinstance(event, Received):
                sent.append(self._answer(event.message))
            else:
                self._log(event)

    def _answer(self, request: Message) -> bytes:
        try:
            return self._session.send(self._handle(request))
        except Unsendable as problem:
            _LOGGER.warning(
                "%s: connection closed: the answer to %s cannot be sent: %s", self.name, request.code, problem
            )
        except Exception as problem:  # noqa: BLE001 - a handler may raise anything
            # its text may hold what a patron sent: the name alone goes into the log
            fault = type(problem).__name__
            _LOGGER.warning("%s: connection closed: the handler of %s raised %s", self.name, request.code, fault)
        # a refusal would say that nothing was done, and nobody knows that
        self._session.close()
        return b""

    def _handle(self, request: Message) -> Message:
        handler = self._handlers.get(request.code)
        if handler is not None:
            return handler(request)
        settings = self._settings
        now = format_date(self._clock.now(), self._zone, settings.dialect.dates)
        if request.code == "99":
            return status(settings, self._handlers.keys(), now)
        return refusal(request, now=now, text="Not supported here", institution=settings.institution)

    def _log(self, event: Broken) -> None:
        why = event.why.value if event.problem is None else f"{event.why.value}: {event.problem}"
        _LOGGER.warning("%s: connection closed: %s", self.name, why)

    def _warn(self, text: str) -> None:
        """Say something once for a connection: a machine repeats what it does wrong."""
        if text not in self._warned and len(self._warned) < _MOST_WARNINGS:
            self._warned.add(text)
            _LOGGER.warning("%s: %s", self.name, text)


def _flag(value: object) -> str:
    return "Y" if value else "N"


def status(settings: AcsSettings, codes: Iterable[str], now: str) -> Message:
    """The 98 of a system that answers these requests."""
    known = frozenset(codes)
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


def advice(problem: BadFrame) -> str:
    """What was wrong with a frame, and which setting takes it where the machine always writes so."""
    setting = _SETTINGS.get(problem.rule, "")
    return f"{problem}; {setting.format(problem.where[-2:])}" if setting else str(problem)


def refusal(request: Message, *, now: str, text: str = "", institution: str = "", title: str = "") -> Message:
    """The answer that refuses `request`: nothing done, ids repeated, `text` for the screen.

    `now` is the date of the answer, as `dates.format_date` writes it. `institution` and `title` are told where
    they are given.
    """
    spec = MESSAGES[request.spec.answer or ""]
    fixed = tuple(now if part.kind is Kind.DATE else part.kind.refusal for part in spec.fixed)
    known = {tag: value for tag, value in (("AO", institution), ("AJ", title)) if value}
    fields = [
        (part.tag, known.get(part.tag, request.text(part.tag)))
        for part in spec.variable
        if part.required or part.tag in known or (part.tag in ("AB", "BK") and request.value(part.tag) is not None)
    ]
    said = [("AF", text)] if text and "AF" in spec.tags else []
    return Message(spec.code, fixed, (*fields, *said))
