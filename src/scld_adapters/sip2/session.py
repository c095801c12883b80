"""One end of a SIP2 connection, without I/O: bytes in, events and bytes out.

`Session` is both ends. What it does about damage and repetition:

- A damaged answer is asked for again with 97; a damaged request is answered 96. Both a few times only.
- 96 is answered with the last frame sent, byte for byte. Where that was a 97, the 97 goes again and not
  the request: the other end may have done what the request asked.
- A write that equals the last request byte for byte, sequence number included, is answered from memory
  and is not handed on: the same write is never done twice. A read is answered anew: a terminal that numbers
  every request alike must not hear the first answer for ever.
- 97 right after our 96 brings the 96 again, which got lost, and not the answer before it. A second one brings
  that answer: what arrived damaged was a 97 itself then.
- An answer counts only with its request's sequence number. After a 97 the number 0 counts as well, since
  some systems number a resent answer afresh, if the ids in it are those of the request. So 0 is for the
  first request of a connection alone: the numbers go to 9 and begin again with 1.
- Any other answer is a late one and is passed over, and so is what had arrived before the request went out.
"""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from scld_adapters.sip2.errors import BadFrame, Damaged, Rule, Unsendable
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.spec import Role
from scld_adapters.sip2.states import STATES, Event, State, event_of
from scld_adapters.sip2.wire import Codec, Frame, Splitter
from scld_core.kernel.capability import Effect

__all__ = ["Broken", "Ending", "Happening", "NeedData", "Received", "Reply", "Session"]

_ECHOED = ("AA", "AB", "BK")
"""What an answer repeats of its request, in every message that has it."""


class Ending(Enum):
    """Why a session cannot go on with what it was doing."""

    DAMAGED = "too many damaged frames"
    NOT_UNDERSTOOD = "the other end does not understand the request"
    ASKED_TOO_OFTEN = "the other end asked for the request again too often"
    ILLEGAL = "the frame is whole but not legal"
    OUT_OF_TURN = "the message may not come now"


@frozen
class NeedData:
    """Nothing to do before more bytes arrive."""


@frozen
class Received:
    """A message to act on: a request at the library system's end, the open request's answer at the terminal's."""

    message: Message


@frozen
class Reply:
    """Bytes to send now: a 96, a 97, or a frame again. `problem` is what was wrong with the frame that is refused."""

    data: bytes = field(repr=False)
    problem: BadFrame | None = field(default=None, eq=False)


@frozen
class Broken:
    """The session is of no more use; the connection must be closed.

    `rule` is set for an illegal frame, and `problem` for what was last wrong with the frames of a terminal.
    """

    why: Ending
    rule: Rule | None = None
    problem: BadFrame | None = field(default=None, eq=False)


Happening = NeedData | Received | Reply | Broken


@frozen
class _Open:
    """The request that waits for its answer."""

    message: Message
    raw: bytes
    sequence: int | None


class Session:
    """One end of a connection. Not for use by two threads at once."""

    def __init__(self, role: Role, dialect: Dialect | None = None, *, login: bool = True, resends: int = 2) -> None:
        """Begin; `login` says whether 93 must come first."""
        self.role = role
        self.codec = Codec(dialect)
        self.dialect = self.codec.dialect
        self.state = State.NEW if login else State.READY
        self._resends = resends
        self._splitter = Splitter(self.dialect.max_frame)
        self._demand = self.dialect.checksum is Detection.REQUIRED
        self._next = 0
        self._open: _Open | None = None
        self._answered: tuple[bytes, bytes] | None = None
        self._last = b""
        self._damaged = 0
        self._repeated = 0
        self._asked_again = False
        self._doubted = False

    @property
    def unended(self) -> bool:
        """Whether what is held has an LF where a CR should have ended a frame."""
        return self._splitter.unended

    @property
    def repeatable(self) -> bool:
        """Whether the open request carries a number, so that the other end can tell a repetition."""
        return self._open is not None and self._open.sequence is not None

    def send(self, message: Message) -> bytes:
        """The bytes that send `message`: a request, or the answer to the open one.

        Raises Unsendable for what the codec refuses and InvalidValue for what the table does not allow now.
        """
        after = STATES.after(self.state, event_of(message))
        asking = message.spec.sender is Role.SC
        legal = message.spec.answer is not None if asking else self._fits(message)
        if message.spec.sender is not self.role or not legal:
            raise Unsendable(Rule.CODE, message.code)
        checked, sequence = self._numbering(asking=asking)
        raw = self.codec.encode(message, sequence=sequence, checked=checked)
        self.state = after
        if asking:
            self._splitter.skip()
            self._open = _Open(message, raw, sequence)
            self._next = self._next % 9 + 1
            self._damaged = self._repeated = 0
            self._asked_again = False
        elif self._open is not None:
            self._answered = (self._open.raw, raw)
            self._open = None
        return self._out(raw)

    def repeat(self) -> bytes:
        """The open request again, byte for byte, because no answer came; only for what may be repeated."""
        STATES.after(self.state, Event.RESEND)
        if self._open is None:
            raise Unsendable(Rule.CODE)
        return self._out(self._open.raw)

    def close(self) -> None:
        """The connection has ended."""
        if self.state is not State.CLOSED:
            self.state = STATES.after(self.state, Event.END)

    def receive(self, data: bytes) -> None:
        """Take bytes of the other end; `next_event` says what they mean."""
        self._splitter.feed(data)

    def next_event(self) -> Happening:
        """What to do next; call it until it needs data. Never raises."""
        while self.state is not State.CLOSED:
            try:
                raw = self._splitter.next()
                if raw is None:
                    return NeedData()
                event = self._frame(raw, self.codec.decode(raw, demand=self._demand))
            except Damaged as problem:
                event = self._on_damage(problem)
            except BadFrame as problem:
                event = self._on_illegal(problem)
            if event is not None:
                return event
        return NeedData()

    # --- sending ---

    def _numbering(self, *, asking: bool) -> tuple[bool, int | None]:
        if asking:
            checked = self.dialect.checksum is not Detection.OFF
            return checked, self._next if checked else None
        # an answer has a checksum when its request had one
        request = self._open
        checked = request is not None and request.raw[-6:-4] == b"AZ"
        return checked, request.sequence if request is not None else None

    def _fits(self, message: Message) -> bool:
        return self._open is not None and self._open.message.spec.answer == message.code

    def _out(self, raw: bytes) -> bytes:
        self._last = raw
        return raw + self.dialect.terminator.data

    # --- receiving ---

    def _frame(self, raw: bytes, frame: Frame) -> Happening | None:
        message = frame.message
        if frame.checked and self.dialect.checksum is not Detection.OFF:
            self._demand = True
        if message.spec.sender is self.role:
            return self._break(Ending.OUT_OF_TURN)
        if message.code in ("96", "97"):
            return self._on_resend(asked_by_terminal=message.code == "97")
        return self._on_request(raw, frame) if self.role is Role.ACS else self._on_answer(frame)

    def _on_request(self, raw: bytes, frame: Frame) -> Happening:
        self._doubted = False
        write = frame.message.spec.effect is Effect.WRITE
        if write and self._answered is not None and frame.sequence is not None and self._answered[0] == raw:
            return Reply(self._out(self._answered[1]))
        event = event_of(frame.message)
        if not STATES.permits(self.state, event):
            return self._break(Ending.OUT_OF_TURN)
        self.state = STATES.after(self.state, event)
        self._damaged = 0
        self._open = _Open(frame.message, raw, frame.sequence)
        return Received(frame.message)

    def _on_answer(self, frame: Frame) -> Happening | None:
        if self._open is None or not self._is_current(frame, self._open):
            return None
        if not self._fits(frame.message):
            return self._break(Ending.OUT_OF_TURN)
        self.state = STATES.after(self.state, event_of(frame.message))
        self._open = None
        return Received(frame.message)

    def _is_current(self, frame: Frame, request: _Open) -> bool:
        if request.sequence is None or not frame.checked or frame.sequence == request.sequence:
            return True
        return (
            self._asked_again
            and frame.sequence == 0
            and self._fits(frame.message)
            and _echoes(frame.message, request.message)
        )

    def _on_resend(self, *, asked_by_terminal: bool) -> Happening | None:
        if asked_by_terminal:
            doubted, self._doubted = self._doubted, False
            if self._answered is None or doubted:
                return self._again(self.codec.encode(Message("96")))
            return self._again(self._answered[1])
        if self._open is None:
            return None
        if not self.repeatable:
            # without checksums nothing can have been damaged: it is the request itself
            return self._break(Ending.NOT_UNDERSTOOD)
        return self._again(self._last)

    def _again(self, raw: bytes) -> Happening:
        self._repeated += 1
        if self.role is Role.SC and self._repeated > self._resends:
            return self._break(Ending.ASKED_TOO_OFTEN)
        return Reply(self._out(raw))

    def _on_damage(self, problem: BadFrame) -> Happening | None:
        if self.role is Role.SC and self._open is None:
            return None
        self._damaged += 1
        if self._damaged > self._resends:
            if isinstance(problem, Damaged):
                return self._break(Ending.DAMAGED, problem=problem)
            return self._break(Ending.ILLEGAL, problem.rule, problem)
        self._asked_again = self._doubted = True
        return Reply(self._out(self.codec.encode(Message("97" if self.role is Role.SC else "96"))), problem)

    def _on_illegal(self, problem: BadFrame) -> Happening | None:
        # whole and yet not legal: at the terminal a resend would bring the same, at the other end 96 is the answer
        if self.role is Role.ACS:
            return self._on_damage(problem)
        return None if self._open is None else self._break(Ending.ILLEGAL, problem.rule, problem)

    def _break(self, why: Ending, rule: Rule | None = None, problem: BadFrame | None = None) -> Broken:
        self.close()
        return Broken(why, rule, problem)


def _echoes(answer: Message, request: Message) -> bool:
    pairs = ((answer.value(tag), request.value(tag)) for tag in _ECHOED)
    return all(said == asked for said, asked in pairs if said and asked)
