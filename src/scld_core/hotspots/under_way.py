"""What is under way already: rows that wait, requests that take too long, and work that nobody should do any more."""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve, frozen

from scld_core.hotspots.cases import AREA, Case, HotspotFacts, Ruling, exception
from scld_core.hotspots.history import IN_FLIGHT, Histories, order_of
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.text import VERBS
from scld_core.runs.model import (
    UNRESOLVED,
    ExceptionItem,
    Step,
    StepRecord,
    StepState,
    Waiting,
    Withdrawal,
)
from scld_core.runs.waiting import waiting_of

__all__ = ["PENDING", "Verdict", "under_way", "unjudged", "words"]

PENDING = (ServiceState.PENDING_SUSPEND, ServiceState.PENDING_RESTORE)
"""States in which the carrier works on the line."""

_BY_PERSON = (StepState.AWAITING_APPROVAL, StepState.WAITING_OPERATOR)


@frozen
class Verdict:
    """What the plan says of one device."""

    steps: tuple[Step, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    exceptions: tuple[ExceptionItem, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()


def words(code: str) -> str:
    """A code as people read it."""
    return code.replace("_", " ")


def under_way(case: Case, ruling: Ruling, needed: Collection[str], fresh: Collection[Step] = ()) -> Verdict:
    """What becomes of the open records of a device's item, when the actions `needed` lead to the wish."""
    waiting: list[Waiting] = []
    exceptions: list[ExceptionItem] = []
    withdrawals: list[Withdrawal] = []
    for record in case.past.open:
        gone = _gone(case, record, needed, fresh)
        if gone and record.state in _BY_PERSON and not (record.step.undoes and record.step.business_day == ruling.day):
            withdrawals.append(_withdrawal(record, gone))
        else:
            late = _late(record, ruling)
            exceptions.extend(late)
            if not late or record.state in _BY_PERSON:
                waiting.append(_waiting(record))
    waiting.extend(_elsewhere(case))
    foreign = _not_ours(case, ruling)
    return Verdict((), (*waiting, *foreign.waiting), (*exceptions, *foreign.exceptions), tuple(withdrawals))


def _gone(case: Case, record: StepRecord, needed: Collection[str], fresh: Collection[Step]) -> str:
    """Why nobody should carry the step out any more; blank while it is right as it stands."""
    if case.past.elsewhere(record):
        return "its hotspot holds another line now"
    if record.step.action not in needed:
        if case.state is ServiceState.TERMINATED:
            return "the line has ended"
        return f"the item is now {words(case.wanted.situation.value)}"
    if _outdated(record, fresh):
        return "what it rests on has changed, so it is asked for anew"
    return ""


def _outdated(record: StepRecord, fresh: Collection[Step]) -> bool:
    """Whether a person would act for another cause, or on another line, than the plan now means.

    A row of the operator keeps its cause, however often that changes: what is to be done is the same.
    """
    now = next((step for step in fresh if step.action == record.step.action), record.step)
    if record.state is StepState.WAITING_OPERATOR:
        return record.step.payload != now.payload
    return record.step.id != now.id


def _elsewhere(case: Case) -> list[Waiting]:
    """Requests for the line that were sent while another item held its SIM: they hold this one up too."""
    own = {record.step.id for record in case.past.open}
    return [
        evolve(
            _waiting(record),
            step="",
            subject=case.subject,
            label=case.device.label,
            reason=f"a request for its SIM is under way, sent when {record.step.label} held it",
            reasons=(),
        )
        for record in case.past.in_flight
        if record.step.id not in own
    ]


def _not_ours(case: Case, ruling: Ruling) -> Verdict:
    """A change that the carrier shows as under way while no request of ours is.

    Shortly after an effect of ours it may be the carrier's list that lags; otherwise nobody here
    knows since when or why, so a person looks at once.
    """
    ours = any(r.state in IN_FLIGHT or r.state is StepState.WAITING_OPERATOR for r in case.past.records)
    if case.state not in PENDING or ours:
        return Verdict()
    device, view = case.device, case.view
    said = f"{device.carrier} says {view.word or case.state.value!r}"
    if any(ruling.now - effect.updated_at <= ruling.patience for effect in case.past.effects):
        row = Waiting("", AREA, case.state.value, case.subject, device.label, view.observed_at, device.carrier, said)
        return Verdict(waiting=(row,))
    return Verdict(
        exceptions=(exception("pending_not_ours", device.label, f"{said}, and no request of ours is under way"),)
    )


def _late(record: StepRecord, ruling: Ruling) -> tuple[ExceptionItem, ...]:
    """An exception for a step that carrier or operator have had for too long; approvals have no limit."""
    if record.state is StepState.AWAITING_APPROVAL or ruling.now - record.updated_at <= ruling.patience:
        return ()
    detail = f"{record.step.action} has been open since {record.updated_at:%Y-%m-%d %H:%M} UTC: {record.detail}"
    return (exception("pending_too_long", record.step.label, detail),)


def unjudged(facts: HotspotFacts, past: Histories, judged: Collection[str], ruling: Ruling) -> Verdict:
    """What is under way for hotspots that nobody can judge today: no person is asked to go on with it.

    Where the carrier is down nothing is known against it, and it stays as it is.
    """
    subjects = sorted(set(past.by_item) - set(judged))
    open_ = [r for subject in subjects for r in past.by_item[subject] if r.state in UNRESOLVED]
    down = {q.source for q in facts.quarantined.get("carrier_down", ())}
    lost = {r.step.id for r in open_ if r.state in _BY_PERSON and order_of(r.step).carrier not in down}
    left = [record for record in open_ if record.step.id not in lost]
    return Verdict(
        waiting=tuple(_waiting(record) for record in left),
        exceptions=tuple(late for record in left for late in _late(record, ruling)),
        withdrawals=tuple(_withdrawal(r, _UNJUDGED) for r in open_ if r.step.id in lost),
    )


_UNJUDGED = "its hotspot cannot be judged now: it is on the list for a person, or no longer in the inventory"


def _withdrawal(record: StepRecord, reason: str) -> Withdrawal:
    return Withdrawal(record.step.id, reason, f"{VERBS[record.step.action]} {record.step.label}")


def _waiting(record: StepRecord) -> Waiting:
    return waiting_of(record, "carrier" if record.state is StepState.WAITING_SYSTEM else "")
