"""The life of a request for renewal as a table."""

from __future__ import annotations

from enum import Enum

from scld_core.kernel.states import StateTable, Transition

__all__ = ["OPEN", "RenewalEvent", "RenewalState", "renewal_states"]


class RenewalState(Enum):
    """Where a request for renewal stands; each request is in one."""

    OPEN = "open"  # the library is to answer
    ASKED = "asked"  # the patron is to tell more
    RENEWED = "renewed"
    REFUSED = "refused"


class RenewalEvent(Enum):
    """What can happen to a request."""

    ASK = "ask"
    ANSWER = "answer"
    RENEW = "renew"
    REFUSE = "refuse"


_S, _E = RenewalState, RenewalEvent

OPEN = frozenset({_S.OPEN, _S.ASKED})
"""States in which a request is not settled."""

renewal_states: StateTable[RenewalState, RenewalEvent] = StateTable(
    "renewal",
    (
        Transition(_S.OPEN, _E.ASK, _S.ASKED),
        Transition(_S.ASKED, _E.ANSWER, _S.OPEN),
        *(Transition(before, _E.RENEW, _S.RENEWED) for before in (_S.OPEN, _S.ASKED)),
        *(Transition(before, _E.REFUSE, _S.REFUSED) for before in (_S.OPEN, _S.ASKED)),
    ),
)
