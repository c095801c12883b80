"""What people add to a run: approvals, and confirmations of work done by hand."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from scld_core.errors import BadInput
from scld_core.kernel.actor import Actor
from scld_core.kernel.page import Quarantined
from scld_core.kernel.redact import Redact, redact
from scld_core.kernel.time import Clock
from scld_core.runs.engine import receipt_of
from scld_core.runs.model import (
    Approval,
    JournalEntry,
    Receipt,
    Risk,
    StepEvent,
    StepRecord,
    StepState,
    step_states,
)
from scld_core.runs.ports import Store, Unit

__all__ = ["ApprovalRule", "Confirmation", "Confirmed", "approve", "check_role", "confirm"]


@frozen
class ApprovalRule:
    """Who may approve: one of `roles`; with `other_actor`, not the one whose run asked for it.

    `confirm` and `undo` are the roles for these; without one, anybody may.
    """

    roles: tuple[str, ...]
    other_actor: bool = True
    confirm: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


def check_role(actor: Actor, what: str, roles: tuple[str, ...]) -> None:
    """Refuse an actor who has none of the roles that may do `what`."""
    if not actor.has(*roles):
        raise BadInput(
            what,
            f"{actor.id} has none of the roles that may {what}: {', '.join(roles) or 'none is set'}",
            "Roles are given in district.toml under [roles]",
        )


@frozen
class Confirmation:
    """One ticked row of a worklist: the step, whether the item was looked up again first, a note."""

    step: str
    done: bool
    rechecked: bool
    note: str = ""
    line: int = 0


@frozen
class Confirmed:
    """What a returned worklist settled, and the rows it could not use."""

    receipts: tuple[Receipt, ...]
    refused: tuple[Quarantined, ...]


def approve(
    store: Store,
    steps: Iterable[str],
    *,
    actor: Actor,
    rule: ApprovalRule,
    reason: str,
    clock: Clock,
    redact: Redact = redact,
) -> tuple[StepRecord, ...]:
    """Record `actor`'s approval of each step as it stands; all of them or, with BadInput, none.

    What `redact` finds in the reason is not stored.
    """
    check_role(actor, "approve", rule.roles)
    now, reason = clock.now(), redact(reason)
    approved: list[StepRecord] = []
    with store.transaction() as unit:
        for step in dict.fromkeys(steps):
            record = _awaiting(unit, step)
            if rule.other_actor and record.actor == actor.id:
                raise BadInput(step, "must be approved by somebody other than the actor of the run that planned it")
            done = evolve(record, approval=Approval(actor.id, now, reason, record.step.digest))
            unit.steps.put(done)
            unit.journal.append(_entry(done, actor, "step.approved", reason, clock))
            approved.append(done)
    return tuple(approved)


def _awaiting(unit: Unit, step: str) -> StepRecord:
    record = unit.steps.get(step)
    if record is None:
        raise BadInput(step, "is no step of this district", "Step ids are in the day's report and in --json")
    if record.state is not StepState.AWAITING_APPROVAL:
        raise BadInput(step, f"does not wait for approval: it is {record.state.value}")
    return record


def confirm(
    store: Store, rows: Iterable[Confirmation], *, source: str, actor: Actor, clock: Clock, redact: Redact = redact
) -> Confirmed:
    """Turn each row that says done into a receipt; a row that cannot be used is refused with its line.

    A risky step needs the tick that the item was looked up again: on a worklist that tick is the
    evidence that stands in for a live read. A step withdrawn meanwhile is recorded as done all the
    same, because the other system now differs; the next plan takes it back. What `redact` finds in a
    note is not stored.
    """
    receipts: list[Receipt] = []
    refused: list[Quarantined] = []
    for row in rows:
        if not row.done:
            continue
        now = clock.now()
        with store.transaction() as unit:
            record = unit.steps.get(row.step)
            problem = _problem(record, row)
            if record is None or problem:
                refused.append(Quarantined(source, row.line, problem, row.step))
                continue
            if record.state is StepState.APPLIED:
                receipts.append(receipt_of(record, now))
                continue
            state = StepState.PREPARED if record.state is StepState.WITHDRAWN else record.state
            detail = f"confirmed by {actor.id}" + (", item rechecked" if row.rechecked else "")
            if record.state is StepState.WITHDRAWN:
                detail += f"; it had been taken back ({record.detail}), so the next run looks at it again"
            done = evolve(record, state=step_states.after(state, StepEvent.APPLIED), updated_at=now, detail=detail)
            unit.steps.put(done)
            unit.journal.append(_entry(done, actor, "step.confirmed", redact(row.note) or detail, clock))
            receipts.append(receipt_of(done, now))
    return Confirmed(tuple(receipts), tuple(refused))


def _problem(record: StepRecord | None, row: Confirmation) -> str:
    if record is None:
        return "is no step of this district; was the file written by another one?"
    if record.state is StepState.WITHDRAWN and not record.attempts:
        return "was withdrawn before it was on any worklist"
    if record.state not in (StepState.WAITING_OPERATOR, StepState.WITHDRAWN, StepState.APPLIED):
        return f"does not wait for an operator: it is {record.state.value}"
    if record.step.risk is not Risk.ROUTINE and not row.rechecked and record.state is not StepState.APPLIED:
        return "takes a person's service, so the item must be looked up again first: tick 'rechecked'"
    return ""


def _entry(record: StepRecord, actor: Actor, kind: str, detail: str, clock: Clock) -> JournalEntry:
    return JournalEntry(
        clock.now(), actor.id, kind, f"{record.step.action} {record.step.subject}", record.run, record.step.id, detail
    )
