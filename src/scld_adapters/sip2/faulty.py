"""A conversation with faults, for tests: what goes wrong with each request is scripted, nothing is random."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import Enum

from scld_adapters.sip2.acs import Conversation
from scld_adapters.sip2.errors import LinkLost, LinkTimeout
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.wire import Codec, Splitter

__all__ = ["Fault", "FaultyConversation", "MemoryLink"]


class Fault(Enum):
    """What goes wrong with one request frame or with its answer."""

    NONE = "none"
    LOSE_REQUEST = "lose_request"
    CORRUPT_REQUEST = "corrupt_request"
    TRUNCATE_REQUEST = "truncate_request"
    DUPLICATE_REQUEST = "duplicate_request"
    ASK_AGAIN = "ask_again"  # 96 although the request arrived whole; it is not handled
    CLOSE_BEFORE = "close_before"  # closed without an effect
    LOSE_ANSWER = "lose_answer"
    DELAY_ANSWER = "delay_answer"  # kept back until the next answer is sent
    DUPLICATE_ANSWER = "duplicate_answer"
    TRUNCATE_ANSWER = "truncate_answer"
    CORRUPT_ANSWER = "corrupt_answer"
    CLOSE_AFTER = "close_after"  # the effect, then closed without an answer


_BEFORE = frozenset((Fault.LOSE_REQUEST, Fault.ASK_AGAIN, Fault.CLOSE_BEFORE))


class FaultyConversation:
    """Puts the next fault of the script before or behind each frame that the conversation gets.

    `restamp` numbers an answer that is asked for with 97 afresh with 0, as a system in use does.
    """

    def __init__(
        self, inner: Conversation, faults: Iterable[Fault], *, restamp: bool = False, codec: Codec | None = None
    ) -> None:
        """Wrap one connection's conversation; after the script there are no more faults."""
        self._inner = inner
        self.faults = deque(faults)
        self._restamp = restamp
        self._codec = codec or Codec()
        self._splitter = Splitter(1 << 20)
        self._late = b""
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether either the conversation or a fault has ended the connection."""
        return self._closed or self._inner.closed

    @property
    def admitted(self) -> bool:
        """As the conversation."""
        return self._inner.admitted

    def receive(self, data: bytes) -> bytes:
        """As the conversation, through the faults."""
        self._splitter.feed(data)
        return b"".join(self._one(frame + b"\r") for frame in self._splitter.frames() if not self.closed)

    def _one(self, frame: bytes) -> bytes:
        fault = self.faults.popleft() if self.faults else Fault.NONE
        if fault in _BEFORE:
            self._closed = fault is Fault.CLOSE_BEFORE
            return self._codec.encode(Message("96")) + b"\r" if fault is Fault.ASK_AGAIN else b""
        return self._outgoing(b"".join(map(self._answer, _spoiled(frame, fault))), fault)

    def _answer(self, frame: bytes) -> bytes:
        answer = self._inner.receive(frame)
        return self._restamped(answer) if self._restamp and frame.startswith(b"97") and b"AY" in answer else answer

    def _outgoing(self, answer: bytes, fault: Fault) -> bytes:
        late, self._late = self._late, b""
        if fault is Fault.CLOSE_AFTER:
            self._closed = True
            return b""
        if fault is Fault.LOSE_ANSWER:
            return late
        if fault is Fault.DELAY_ANSWER:
            self._late = answer
            return late
        if fault is Fault.DUPLICATE_ANSWER:
            return late + answer + answer
        if fault is Fault.TRUNCATE_ANSWER and answer:
            return late + answer[: len(answer) // 2] + b"\r"
        return late + (_corrupted(answer) if fault is Fault.CORRUPT_ANSWER and answer else answer)

    def _restamped(self, answer: bytes) -> bytes:
        frame = self._codec.decode(answer.rstrip(b"\r\n"), demand=False)
        return self._codec.encode(frame.message, sequence=0, checked=frame.checked) + b"\r"


def _spoiled(frame: bytes, fault: Fault) -> tuple[bytes, ...]:
    if fault is Fault.CORRUPT_REQUEST:
        return (_corrupted(frame),)
    if fault is Fault.TRUNCATE_REQUEST:
        return (frame[: len(frame) // 2] + b"\r",)
    return (frame, frame) if fault is Fault.DUPLICATE_REQUEST else (frame,)


def _corrupted(frame: bytes) -> bytes:
    # one digit or letter of the body, so that the frame still ends where it did
    at = min(3, len(frame) - 2)
    return frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]


class MemoryLink:
    """A link to a conversation in memory. What has not come at once never comes: time-outs take no time."""

    def __init__(self, conversation: Conversation) -> None:
        """Connect to it."""
        self._conversation = conversation
        self._arrived = b""
        self._open = True

    def send(self, data: bytes, timeout: float) -> None:
        """Hand over; the answer is there at once, or never."""
        del timeout
        if not self._open or self._conversation.closed:
            raise LinkLost("the connection is closed")
        self._arrived += self._conversation.receive(data)

    def receive(self, timeout: float) -> bytes:
        """What the conversation has sent; nothing when it has closed."""
        del timeout
        arrived, self._arrived = self._arrived, b""
        if arrived or self._conversation.closed or not self._open:
            return arrived
        raise LinkTimeout("nothing came in time")

    def close(self) -> None:
        """End the connection."""
        self._open = False
