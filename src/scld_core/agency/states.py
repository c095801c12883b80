"""The life of a referral as a table; what a referral is stands in `referral`.

QUEUED may have left the house without our knowing it; only a receipt makes it SENT. Every way out of
an account that the agency may hold leads through its acknowledgement, or through its own word.
"""

from __future__ import annotations

from enum import Enum

from scld_core.errors import BadInput
from scld_core.kernel.states import StateTable, Transition

__all__ = ["OPEN", "ReferralEvent", "ReferralState", "Resolution", "referral_states", "resolution_named"]


class ReferralState(Enum):
    """Where a referral stands."""

    NOT_ELIGIBLE = "not_eligible"
    ELIGIBLE = "eligible"
    QUEUED = "queued"
    SENT = "sent"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    PAID_PENDING_REPORT = "paid_pending_report"
    REMOVED_PENDING_ACK = "removed_pending_ack"
    CLOSED = "closed"
    REJECTED = "rejected"


class ReferralEvent(Enum):
    """What can happen to a referral."""

    ASSESSED = "assessed"
    SELECTED = "selected"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BALANCE_CHANGED = "balance_changed"
    BALANCE_REPORTED = "balance_reported"  # a file with it was handed over: from now on it may be known there
    BALANCE_ACKNOWLEDGED = "balance_acknowledged"
    IDENTITY_CHANGED = "identity_changed"
    SETTLED = "settled"
    ZERO_ACKNOWLEDGED = "zero_acknowledged"
    REMOVED = "removed"
    REMOVAL_ACKNOWLEDGED = "removal_acknowledged"
    HELD = "held"
    RELEASED = "released"
    CLOSED_BY_AGENCY = "closed_by_agency"
    OWES_AGAIN = "owes_again"
    NEW_CHARGE = "new_charge"


class Resolution(Enum):
    """How a referral ended."""

    PAID = "paid"
    WAIVED = "waived"
    RETURNED_AND_CLEARED = "returned_and_cleared"
    EXEMPTED = "exempted"
    BANKRUPT_DISCHARGED = "bankrupt_discharged"
    DECEASED = "deceased"
    UNCOLLECTABLE = "uncollectable"
    ERROR = "error"


def resolution_named(word: str) -> Resolution:
    """The resolution of that name; BadInput says which there are."""
    try:
        return Resolution(word)
    except ValueError:
        words = ", ".join(one.value for one in Resolution)
        raise BadInput("resolution", f"'{word}' is none", f"Choose one of {words}") from None


_S, _E = ReferralState, ReferralEvent

OPEN = frozenset({_S.QUEUED, _S.SENT, _S.ACTIVE, _S.ON_HOLD, _S.PAID_PENDING_REPORT, _S.REMOVED_PENDING_ACK})
"""States in which no second referral to the same agency may begin."""

_KNOWN = OPEN - {_S.QUEUED}


def _in(states: frozenset[ReferralState]) -> tuple[ReferralState, ...]:
    """In the order of the table."""
    return tuple(state for state in ReferralState if state in states)


_KEPT = (
    (_S.QUEUED, _E.DELIVERY_FAILED),
    (_S.ON_HOLD, _E.HELD),  # a second cause
    *((state, _E.IDENTITY_CHANGED) for state in _in(OPEN)),
    *((state, _E.BALANCE_CHANGED) for state in (_S.SENT, _S.ACTIVE, _S.ON_HOLD)),
    # what was under way may be confirmed after the account has moved on, and twice
    *((state, _E.DELIVERED) for state in _in(_KNOWN)),
    *((state, _E.ACCEPTED) for state in _in(_KNOWN - {_S.SENT})),
    *((state, _E.BALANCE_REPORTED) for state in _in(_KNOWN)),
    *((state, _E.BALANCE_ACKNOWLEDGED) for state in _in(_KNOWN)),
)


def _rows() -> tuple[Transition[ReferralState, ReferralEvent], ...]:
    s, e = ReferralState, ReferralEvent
    return (
        Transition(s.NOT_ELIGIBLE, e.ASSESSED, s.ELIGIBLE),
        Transition(s.ELIGIBLE, e.SELECTED, s.QUEUED),
        Transition(s.QUEUED, e.DELIVERED, s.SENT),
        Transition(s.SENT, e.ACCEPTED, s.ACTIVE),
        *(Transition(state, e.REJECTED, s.REJECTED) for state in _in(_KNOWN - {s.ACTIVE})),
        *(Transition(state, e.SETTLED, s.PAID_PENDING_REPORT) for state in (s.SENT, s.ACTIVE, s.ON_HOLD)),
        Transition(s.PAID_PENDING_REPORT, e.OWES_AGAIN, s.ACTIVE),  # a payment was reversed
        # the zero may be told before, and acknowledged after, somebody recorded what led to it
        *(Transition(state, e.ZERO_ACKNOWLEDGED, s.CLOSED) for state in _in(_KNOWN - {s.REMOVED_PENDING_ACK})),
        *(
            Transition(state, e.REMOVED, s.REMOVED_PENDING_ACK)
            for state in s
            if state in OPEN - {s.REMOVED_PENDING_ACK}
        ),
        Transition(s.REMOVED_PENDING_ACK, e.REMOVAL_ACKNOWLEDGED, s.CLOSED),
        *(Transition(state, e.HELD, s.ON_HOLD) for state in (s.SENT, s.ACTIVE)),
        Transition(s.ON_HOLD, e.RELEASED, s.ACTIVE),
        *(Transition(state, e.CLOSED_BY_AGENCY, s.CLOSED) for state in _in(_KNOWN)),
        *(Transition(state, e.NEW_CHARGE, s.NOT_ELIGIBLE) for state in (s.CLOSED, s.REJECTED)),
        *(Transition(state, event, state) for state, event in _KEPT),
    )


referral_states: StateTable[ReferralState, ReferralEvent] = StateTable("referral", _rows())
"""CLOSED and REJECTED end an episode: a new charge begins another one, with an id of its own."""
