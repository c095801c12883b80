"""A line's service as a life cycle; the how-to pages draw it from this table."""

from __future__ import annotations

from enum import Enum

from scld_core.hotspots.model import ServiceState
from scld_core.kernel.states import StateTable, Transition

__all__ = ["ServiceEvent", "service_states"]


class ServiceEvent(Enum):
    """What can happen to a line's service."""

    SUSPEND_ACCEPTED = "suspend_accepted"
    RESTORE_ACCEPTED = "restore_accepted"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    FAILED = "failed"
    RESUMED_BY_CARRIER = "resumed_by_carrier"
    TERMINATED = "terminated"


def _rows() -> tuple[Transition[ServiceState, ServiceEvent], ...]:
    s, e = ServiceState, ServiceEvent
    return (
        Transition(s.ACTIVE, e.SUSPEND_ACCEPTED, s.PENDING_SUSPEND),
        Transition(s.ACTIVE, e.SUSPENDED, s.SUSPENDED),
        Transition(s.PENDING_SUSPEND, e.SUSPENDED, s.SUSPENDED),
        Transition(s.PENDING_SUSPEND, e.FAILED, s.ACTIVE),
        Transition(s.SUSPENDED, e.RESTORE_ACCEPTED, s.PENDING_RESTORE),
        Transition(s.SUSPENDED, e.RESTORED, s.ACTIVE),
        Transition(s.SUSPENDED, e.RESUMED_BY_CARRIER, s.ACTIVE),
        Transition(s.PENDING_RESTORE, e.RESTORED, s.ACTIVE),
        Transition(s.PENDING_RESTORE, e.FAILED, s.SUSPENDED),
        Transition(s.ACTIVE, e.TERMINATED, s.TERMINATED),
        Transition(s.SUSPENDED, e.TERMINATED, s.TERMINATED),
    )


service_states: StateTable[ServiceState, ServiceEvent] = StateTable("line service", _rows())
"""TERMINATED is final: nothing in scld leaves it."""
