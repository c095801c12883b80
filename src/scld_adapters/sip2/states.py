"""The life of a SIP2 connection as one table, the same for both ends.

The terminal takes an event when it sends the message, the library system when it receives it; an answer
is the other way round. So both ends, and every test, read the same table.
"""

from __future__ import annotations

from enum import Enum

from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.spec import Role
from scld_core.kernel.states import StateTable, Transition

__all__ = ["STATES", "Event", "State", "event_of"]


class State(Enum):
    """Where a connection stands."""

    NEW = "new"  # connected, nobody has logged in
    LOGGING_IN = "logging_in"  # 93 is under way
    READY = "ready"  # nothing is asked
    ASKED = "asked"  # one request waits for its answer
    CLOSED = "closed"


class Event(Enum):
    """What happens to a connection."""

    LOGIN = "login"  # 93
    ADMITTED = "admitted"  # 94 with 1
    TURNED_AWAY = "turned_away"  # 94 with 0
    REQUEST = "request"  # any other request
    ANSWER = "answer"  # any other answer
    RESEND = "resend"  # 96 or 97, or a frame sent again
    END = "end"  # closed by either end, or broken


_ROWS = (
    (State.NEW, Event.LOGIN, State.LOGGING_IN),
    (State.NEW, Event.RESEND, State.NEW),
    (State.NEW, Event.END, State.CLOSED),
    (State.LOGGING_IN, Event.ADMITTED, State.READY),
    (State.LOGGING_IN, Event.TURNED_AWAY, State.CLOSED),
    (State.LOGGING_IN, Event.RESEND, State.LOGGING_IN),
    (State.LOGGING_IN, Event.END, State.CLOSED),
    (State.READY, Event.LOGIN, State.LOGGING_IN),
    (State.READY, Event.REQUEST, State.ASKED),
    (State.READY, Event.RESEND, State.READY),
    (State.READY, Event.END, State.CLOSED),
    (State.ASKED, Event.ANSWER, State.READY),
    (State.ASKED, Event.RESEND, State.ASKED),
    (State.ASKED, Event.END, State.CLOSED),
)

STATES: StateTable[State, Event] = StateTable("sip2 session", tuple(Transition(*row) for row in _ROWS))
"""What may happen in which state; a server that wants no login begins in READY."""


def event_of(message: Message) -> Event:
    """The event that a message is."""
    if message.code in ("96", "97"):
        return Event.RESEND
    if message.code == "94":
        return Event.ADMITTED if message.value("ok") == "1" else Event.TURNED_AWAY
    if message.code == "93":
        return Event.LOGIN
    return Event.REQUEST if message.spec.sender is Role.SC else Event.ANSWER
