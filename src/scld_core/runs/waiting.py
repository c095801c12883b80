"""How a step that is under way is told: since when it waits, for whom, and why it was asked for."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.runs.model import UNRESOLVED, StepRecord, StepState, Waiting

__all__ = ["WAITS_ON", "waiting_of"]

WAITS_ON: Mapping[StepState, str] = {
    StepState.AWAITING_APPROVAL: "approval",
    StepState.WAITING_OPERATOR: "operator",
    StepState.WAITING_SYSTEM: "system",
    StepState.PREPARED: "read-back",
    StepState.UNKNOWN: "read-back",
}
"""Whom an unresolved step waits for, by its state."""


def waiting_of(record: StepRecord, on: str = "") -> Waiting:
    """The row of a record; `on` names better than its state does what is waited for.

    One that is settled, and not to be seen yet on the other side, waits since it was.
    """
    step = record.step
    begun = record.state in UNRESOLVED and record.attempts
    since = record.attempts[0] if begun else record.updated_at
    waits = on or WAITS_ON.get(record.state, "read-back")
    return Waiting(step.id, step.area, step.action, step.subject, step.label, since, waits, record.detail, step.reasons)
