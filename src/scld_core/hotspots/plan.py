"""The day's plan for hotspots: pure, from facts to steps, with a reason for each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.calendars import Calendar
from scld_core.circulation.model import Circulation
from scld_core.errors import InvalidValue
from scld_core.hotspots.history import EMPTY, RESTORE, SUSPEND, TERMINATE, LineHistory, histories
from scld_core.hotspots.match import Mismatch, match_lines
from scld_core.hotspots.model import Device, LineOrder, LineView, ServiceState, ServiceTest, Wish
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.rules import CHECKED_IN, Desired, desired, may_leave
from scld_core.hotspots.sweep import sweep
from scld_core.hotspots.text import TODO, VERBS
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import (
    AreaPlan,
    BlastLimit,
    Evidence,
    ExceptionItem,
    Facts,
    Risk,
    Step,
    StepRecord,
    StepState,
    Waiting,
    Withdrawal,
    step_id,
)

__all__ = ["HotspotFacts", "Ruling", "plan_hotspots"]

AREA = "hotspots"

_NEEDED: Mapping[tuple[ServiceState, Wish], tuple[str, ...]] = {
    (ServiceState.ACTIVE, Wish.ACTIVE): (),
    (ServiceState.ACTIVE, Wish.SUSPENDED): (SUSPEND,),
    (ServiceState.ACTIVE, Wish.TERMINATED): (SUSPEND, TERMINATE),  # suspended at once, ended when approved
    (ServiceState.SUSPENDED, Wish.ACTIVE): (RESTORE,),
    (ServiceState.SUSPENDED, Wish.SUSPENDED): (),
    (ServiceState.SUSPENDED, Wish.TERMINATED): (TERMINATE,),
    (ServiceState.TERMINATED, Wish.TERMINATED): (),
}
_RISK = {SUSPEND: Risk.RISKY, RESTORE: Risk.ROUTINE, TERMINATE: Risk.IRREVERSIBLE}
_IN_FLIGHT = (StepState.PREPARED, StepState.WAITING_SYSTEM, StepState.UNKNOWN)
_BY_PERSON = (StepState.AWAITING_APPROVAL, StepState.WAITING_OPERATOR)
_PENDING = (ServiceState.PENDING_SUSPEND, ServiceState.PENDING_RESTORE)


@frozen
class Ruling:
    """The policy in force, its version, the calendar, the instant and the business day."""

    policy: HotspotPolicy
    version: str
    calendar: Calendar
    now: datetime

    @property
    def day(self) -> date:
        """The local business day of `now`."""
        return self.calendar.business_date(self.now)


@frozen
class HotspotFacts:
    """Everything the plan is made from.

    `lines` has None for a carrier whose lines cannot be read: there the last confirmed effect is
    what we believe. `quarantined` maps a code of text.TODO to the rows that could not be used.
    """

    devices: tuple[Device, ...]
    items: Mapping[ItemId, Circulation]
    lines: Mapping[str, tuple[LineView, ...] | None]
    records: tuple[StepRecord, ...] = ()
    tests: Mapping[ItemId, tuple[ServiceTest, ...]] = field(factory=dict[ItemId, tuple[ServiceTest, ...]])
    quarantined: Mapping[str, tuple[Quarantined, ...]] = field(factory=dict[str, tuple[Quarantined, ...]])
    sources: tuple[Facts, ...] = ()


@frozen
class _Case:
    """One device with everything known of it."""

    device: Device
    view: LineView
    state: ServiceState
    wish: Wish
    wanted: Desired
    item: Circulation
    past: LineHistory

    @property
    def subject(self) -> str:
        return str(self.device.item)


@frozen
class _Verdict:
    steps: tuple[Step, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    exceptions: tuple[ExceptionItem, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()


def plan_hotspots(facts: HotspotFacts, ruling: Ruling) -> AreaPlan:
    """Compare what each line should be with what it is; the input's order never matters."""
    past = histories(facts.records)
    cases, exceptions = _cases(facts, ruling, past)
    by_item = {case.device.item: case for case in cases}
    wishes = {case.device.item: case.wish for case in cases}
    found = sweep(wishes, {case.device.item: case.state for case in cases})
    busy = {case.device.item for case in cases if case.past.open}
    verdicts = [_verdict(by_item[item], ruling) for item in sorted({*found.differing, *busy})]
    verdicts.append(_unjudged(facts, past, {case.subject for case in cases}, ruling))
    notes = [note for case in cases for note in _notes(case, facts, ruling)]
    return AreaPlan(
        AREA,
        tuple(step for v in verdicts for step in v.steps),
        tuple(row for v in verdicts for row in v.waiting),
        tuple(sorted([*exceptions, *(row for v in verdicts for row in v.exceptions)], key=_reading_order)),
        tuple(sorted(notes, key=lambda e: (e.code, e.subject))),
        tuple(row for v in verdicts for row in v.withdrawals),
        facts.sources,
        found.in_order - sum(not _differs(by_item[item]) for item in busy),
        BlastLimit(len(facts.devices), ruling.policy.max_batch_count, ruling.policy.max_batch_fraction),
    )


def _reading_order(row: ExceptionItem) -> tuple[str, list[str], str]:
    """By code, then as people count: line 9 before line 10."""
    return row.code, [part.zfill(20) for part in re.split(r"([0-9]+)", row.subject)], row.detail


def _differs(case: _Case) -> bool:
    return case.state.value != case.wish.value


def _words(code: str) -> str:
    return code.replace("_", " ")


def _exception(code: str, subject: str, detail: str) -> ExceptionItem:
    return ExceptionItem(AREA, code, subject, detail, TODO[code])


def _cases(
    facts: HotspotFacts, ruling: Ruling, past: Mapping[str, LineHistory]
) -> tuple[list[_Case], list[ExceptionItem]]:
    """The devices that can be judged, and an exception for everything that cannot."""
    exceptions = [
        _exception(code, f"{q.source}:{q.line}" if q.line else q.source, q.reason)
        for code, rows in facts.quarantined.items()
        for q in rows
    ]
    cases: list[_Case] = []
    for carrier, views in facts.lines.items():
        devices = tuple(d for d in facts.devices if d.carrier == carrier)
        matched = None if views is None else match_lines(devices, views)
        exceptions.extend(_stranger(carrier, view) for view in (() if matched is None else matched.strangers))
        for device in devices:
            history = past.get(str(device.item), EMPTY)
            shown = _believed(device, history, ruling) if matched is None else matched.lines[device]
            case = _case(device, shown, facts.items.get(device.item), history, ruling)
            if isinstance(case, _Case):
                cases.append(case)
            else:
                exceptions.append(case)
    return cases, exceptions


def _stranger(carrier: str, view: LineView) -> ExceptionItem:
    detail = f"line with state {view.state.value}, in no row of the inventory"
    return _exception("stranger", f"{carrier} {view.iccid or view.imei}", detail)


def _believed(device: Device, history: LineHistory, ruling: Ruling) -> LineView:
    return LineView(device.line.imei, device.line.iccid, history.believed(), ruling.now, word="as confirmed")


def _case(
    device: Device, view: LineView | Mismatch, item: Circulation | None, history: LineHistory, ruling: Ruling
) -> _Case | ExceptionItem:
    if isinstance(view, Mismatch):
        return _exception(view.code, device.label, view.detail)
    if item is None:
        return _exception("not_in_ils", device.label, f"the ILS has no item {device.item}")
    try:
        wanted = desired(item, ruling.policy, ruling.calendar, ruling.now, version=ruling.version)
    except InvalidValue:  # a date such as 0001-01-01, which some systems write for none
        return _exception("unreadable", device.label, "the ILS gives a date that no calendar has")
    if wanted.wish is None:
        return _exception("unreadable", device.label, f"the ILS says {item.word or item.state.value!r}")
    if view.state is ServiceState.UNKNOWN_WORD:
        return _exception("unknown_word", device.label, f"{device.carrier} says {view.word!r}")
    return _Case(
        device, view, history.state(view.state, view.observed_at, ruling.now), wanted.wish, wanted, item, history
    )


def _verdict(case: _Case, ruling: Ruling) -> _Verdict:
    if case.state in _PENDING:
        return _open_only(case, ruling, _serving(case.wish))
    if (case.state, case.wish) not in _NEEDED:
        detail = f"{case.device.carrier} has ended the line; the item is {_words(case.wanted.situation.value)}"
        return _Verdict(exceptions=(_exception("terminated_but_needed", case.device.label, detail),))
    fresh = _fresh(case, ruling)
    settled = _open_only(case, ruling, {step.action for step in fresh}, fresh)
    undone = case.past.undone_on(ruling.day)
    if undone is not None and fresh:
        left = _exception("undone_today", case.device.label, f"undone by {undone.actor}")
        return evolve(settled, exceptions=(*settled.exceptions, left))
    if any(r.state in _IN_FLIGHT for r in case.past.open):  # nothing opposite while something is under way
        return settled
    gone = {withdrawal.step for withdrawal in settled.withdrawals}
    taken = {r.step.action for r in case.past.open if r.step.id not in gone}
    ready = [s for s in fresh if s.action not in taken or _answered(case, s)]
    refused = _limits(case, ready, ruling)
    if refused is not None:
        return evolve(settled, exceptions=(*settled.exceptions, refused))
    again = {s.id for s in ready}
    waiting = tuple(w for w in settled.waiting if w.step not in again)
    return evolve(settled, steps=tuple(ready), waiting=waiting)


def _serving(wish: Wish) -> frozenset[str]:
    """Every action that may lead to `wish`, from whatever state."""
    return frozenset(action for (_, wished), actions in _NEEDED.items() if wished is wish for action in actions)


def _fresh(case: _Case, ruling: Ruling) -> tuple[Step, ...]:
    """The steps that lead from the line's state to the wish, whatever is under way."""
    steps = tuple(_step(case, action, ruling) for action in _NEEDED[case.state, case.wish])
    open_ = {record.step.id: record for record in case.past.open}
    ending = [s for s in steps if s.needs_approval and s.id in open_ and evolve(open_[s.id], step=s).approved]
    return tuple(ending) or steps  # what is about to end need not be suspended first


def _answered(case: _Case, step: Step) -> bool:
    """Whether an awaiting step was approved as it stands, or changed and must be asked again."""
    record = next(r for r in case.past.open if r.step.action == step.action)
    if record.state is not StepState.AWAITING_APPROVAL:
        return False
    return record.approved or record.step.digest != step.digest


def _open_only(case: _Case, ruling: Ruling, needed: Collection[str], fresh: Collection[Step] = ()) -> _Verdict:
    """What is under way already: waiting rows, overdue ones as exceptions, and withdrawals."""
    waiting: list[Waiting] = []
    exceptions: list[ExceptionItem] = []
    withdrawals: list[Withdrawal] = []
    for record in case.past.open:
        undoing = bool(record.step.undoes) and record.step.business_day == ruling.day
        if record.state in _BY_PERSON and not undoing and record.step.action not in needed:
            withdrawals.append(_withdrawal(record, f"the item is now {_words(case.wanted.situation.value)}"))
        elif record.state in _BY_PERSON and not undoing and _outdated(record, fresh):
            withdrawals.append(_withdrawal(record, "what it rests on has changed, so it is asked for anew"))
        else:
            late = _late(record, ruling)
            exceptions.extend(late)
            if not late or record.state in _BY_PERSON:
                waiting.append(_waiting(record))
    if case.state in _PENDING and not case.past.open:
        waiting.append(
            Waiting(
                "",
                AREA,
                case.state.value,
                case.subject,
                case.device.label,
                case.view.observed_at,
                case.device.carrier,
                f"{case.device.carrier} says {case.view.word or case.state.value!r}",
            )
        )
    return _Verdict((), tuple(waiting), tuple(exceptions), tuple(withdrawals))


def _withdrawal(record: StepRecord, reason: str) -> Withdrawal:
    return Withdrawal(record.step.id, reason, f"{VERBS[record.step.action]} {record.step.label}")


def _outdated(record: StepRecord, fresh: Collection[Step]) -> bool:
    """Whether a person would act for another cause, or on another line, than the plan now means.

    A row of the operator keeps its cause, however often that changes: what is to be done is the same.
    """
    now = next((step for step in fresh if step.action == record.step.action), record.step)
    if record.state is StepState.WAITING_OPERATOR:
        return record.step.payload != now.payload
    return record.step.id != now.id


def _late(record: StepRecord, ruling: Ruling) -> tuple[ExceptionItem, ...]:
    """An exception for a step that carrier or operator have had for too long; approvals have no limit."""
    limit = timedelta(hours=ruling.policy.pending_limit_hours)
    if record.state is StepState.AWAITING_APPROVAL or ruling.now - record.updated_at <= limit:
        return ()
    detail = f"{record.step.action} has been open since {record.updated_at:%Y-%m-%d %H:%M} UTC: {record.detail}"
    return (_exception("pending_too_long", record.step.label, detail),)


def _unjudged(
    facts: HotspotFacts, past: Mapping[str, LineHistory], judged: Collection[str], ruling: Ruling
) -> _Verdict:
    """What is under way for hotspots that nobody can judge today: no person is asked to go on with it.

    Where the carrier is down nothing is known against it, and it stays as it is.
    """
    open_ = [r for subject, history in sorted(past.items()) if subject not in judged for r in history.open]
    lost = {r.step.id for r in open_ if r.state in _BY_PERSON and _order(r).carrier in facts.lines}
    left = [record for record in open_ if record.step.id not in lost]
    return _Verdict(
        waiting=tuple(_waiting(record) for record in left),
        exceptions=tuple(late for record in left for late in _late(record, ruling)),
        withdrawals=tuple(_withdrawal(r, _UNJUDGED) for r in open_ if r.step.id in lost),
    )


_UNJUDGED = "its hotspot cannot be judged now: it is on the list for a person, or no longer in the inventory"


def _order(record: StepRecord) -> LineOrder:
    return codecs.load(LineOrder, record.step.payload)


_ON = {
    StepState.AWAITING_APPROVAL: "approval",
    StepState.WAITING_OPERATOR: "operator",
    StepState.WAITING_SYSTEM: "carrier",
    StepState.PREPARED: "read-back",
    StepState.UNKNOWN: "read-back",
}


def _waiting(record: StepRecord) -> Waiting:
    since = record.attempts[0] if record.attempts else record.updated_at
    return Waiting(
        record.step.id,
        AREA,
        record.step.action,
        record.step.subject,
        record.step.label,
        since,
        _ON[record.state],
        record.detail,
    )


def _limits(case: _Case, steps: list[Step], ruling: Ruling) -> ExceptionItem | None:
    if not steps:
        return None
    used = case.past.attempts_on(ruling.day, ruling.calendar)
    approved = {record.step.id for record in case.past.open if record.approved}
    sending = sum(not step.needs_approval or step.id in approved for step in steps)
    if used + sending > ruling.policy.max_actions_per_day:
        return _exception(
            "budget",
            case.device.label,
            f"{used} requests were sent for this line today; the limit is {ruling.policy.max_actions_per_day}",
        )
    days = case.past.suspended_in_year(ruling.now) / timedelta(days=1)
    if any(s.action == SUSPEND for s in steps) and days >= ruling.policy.max_suspended_days_per_year:
        return _exception(
            "suspended_too_long",
            case.device.label,
            f"suspended {days:.0f} days within a year; the limit is {ruling.policy.max_suspended_days_per_year}",
        )
    return None


def _step(case: _Case, action: str, ruling: Ruling) -> Step:
    cause = case.wanted.cause
    reasons: tuple[Reason, ...] = (case.wanted.reason,)
    if case.past.applied(step_id(action, case.subject, cause)):
        last = case.past.effects[-1]
        cause = f"drift after effect {len(case.past.effects)}"
        reasons = (*reasons, Reason("drift", (("last", f"{last.step.action}, {last.updated_at:%Y-%m-%d}"),)))
    order = LineOrder(case.device.item, case.device.line, case.device.carrier)
    return Step(
        action=action,
        subject=case.subject,
        cause=cause,
        area=AREA,
        business_day=ruling.day,
        payload=codecs.dump(order),
        label=case.device.label,
        reasons=reasons,
        evidence=(
            Evidence(case.item.item.backend, f"item is {_words(case.wanted.situation.value)}", case.item.as_of),
            Evidence(case.device.carrier, f"line is {_words(case.state.value)}", case.view.observed_at),
        ),
        risk=_RISK[action],
        needs_approval=action == TERMINATE,
    )


def _notes(case: _Case, facts: HotspotFacts, ruling: Ruling) -> list[ExceptionItem]:
    notes: list[ExceptionItem] = []
    leave = may_leave(case.past.last(RESTORE), facts.tests.get(case.device.item, ()))
    if not leave.permitted and case.wanted.situation in CHECKED_IN:
        notes.append(_exception("service_test_due", case.device.label, "restored and not tested since"))
    resumes = _resumes_at(case, ruling)
    if resumes is not None and resumes - ruling.now <= timedelta(days=ruling.policy.resume_notice_days):
        notes.append(
            _exception("resume_soon", case.device.label, f"resumes about {ruling.calendar.business_date(resumes)}")
        )
    return notes


def _resumes_at(case: _Case, ruling: Ruling) -> datetime | None:
    if case.state is not ServiceState.SUSPENDED or case.wish is Wish.ACTIVE:
        return None
    if case.view.resumes_at is not None:
        return case.view.resumes_at
    since = case.past.last(SUSPEND)
    return None if since is None else since + timedelta(days=ruling.policy.max_consecutive_suspended_days)
