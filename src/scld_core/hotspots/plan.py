"""The day's plan for hotspots: pure, from facts to steps, with a reason for each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import takewhile

from attrs import evolve

from scld_core import codecs
from scld_core.hotspots.cases import AREA, Case, HotspotFacts, Ruling, exception, judge
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE, LineHistory, histories
from scld_core.hotspots.model import LineOrder, ServiceState, Wish
from scld_core.hotspots.rules import CHECKED_IN, may_leave
from scld_core.hotspots.sweep import sweep
from scld_core.hotspots.under_way import PENDING, Verdict, under_way, unjudged, words
from scld_core.kernel.decision import Reason
from scld_core.runs.model import (
    AreaPlan,
    BlastLimit,
    Evidence,
    ExceptionItem,
    Risk,
    Step,
    StepRecord,
    StepState,
    step_id,
)

__all__ = ["AREA", "HotspotFacts", "Ruling", "bound_inverse", "plan_hotspots"]

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


def plan_hotspots(facts: HotspotFacts, ruling: Ruling) -> AreaPlan:
    """Compare what each line should be with what it is; the input's order never matters."""
    past = histories(facts.records)
    cases, exceptions = judge(facts, ruling, past)
    by_item = {case.device.item: case for case in cases}
    wishes = {case.device.item: case.wish for case in cases}
    found = sweep(wishes, {case.device.item: case.state for case in cases})
    busy = {case.device.item for case in cases if case.past.open}
    verdicts = [_verdict(by_item[item], ruling) for item in sorted({*found.differing, *busy})]
    verdicts.append(unjudged(facts, past, {case.subject for case in cases}, ruling))
    notes = [note for case in cases for note in _notes(case, facts, ruling)]
    return AreaPlan(
        AREA,
        tuple(step for v in verdicts for step in v.steps),
        tuple(row for v in verdicts for row in v.waiting),
        tuple(sorted([*exceptions, *(row for v in verdicts for row in v.exceptions)], key=_reading_order)),
        tuple(sorted(notes, key=lambda e: (e.code, e.subject))),
        tuple(row for v in verdicts for row in v.withdrawals),
        facts.sources,
        found.in_order - sum(not by_item[item].differs for item in busy),
        _blast(len(facts.devices), ruling, f"usable hotspots in {facts.inventory}"),
    )


def _reading_order(row: ExceptionItem) -> tuple[str, list[str], str]:
    """By code, then as people count: line 9 before line 10."""
    return row.code, [part.zfill(20) for part in re.split(r"([0-9]+)", row.subject)], row.detail


def _verdict(case: Case, ruling: Ruling) -> Verdict:
    if case.state in PENDING:
        return under_way(case, ruling, _serving(case.wish))
    if (case.state, case.wish) not in _NEEDED:
        detail = f"{case.device.carrier} has ended the line; the item is {words(case.wanted.situation.value)}"
        left = exception("terminated_but_needed", case.device.label, detail)
        ended = under_way(case, ruling, ())
        return evolve(ended, exceptions=(*ended.exceptions, left))
    fresh = _fresh(case, ruling)
    settled = under_way(case, ruling, {step.action for step in fresh}, fresh)
    undone = case.past.undone_on(ruling.day)
    if undone is not None and fresh:
        left = exception("undone_today", case.device.label, f"undone by {undone.actor}")
        return evolve(settled, exceptions=(*settled.exceptions, left))
    if case.past.in_flight:  # nothing opposite while something is under way
        return settled
    gone = {withdrawal.step for withdrawal in settled.withdrawals}
    taken = {r.step.action for r in case.past.open if r.step.id not in gone}
    ready = [s for s in fresh if s.action not in taken or _answered(case, s)]
    refused = _limits(case.past, case.device.label, ready, ruling)
    if refused is not None:
        return evolve(settled, exceptions=(*settled.exceptions, refused))
    again = {s.id for s in ready}
    waiting = tuple(w for w in settled.waiting if w.step not in again)
    return evolve(settled, steps=tuple(ready), waiting=waiting)


def _serving(wish: Wish) -> frozenset[str]:
    """Every action that may lead to `wish`, from whatever state."""
    return frozenset(action for (_, wished), actions in _NEEDED.items() if wished is wish for action in actions)


def _fresh(case: Case, ruling: Ruling) -> tuple[Step, ...]:
    """The steps that lead from the line's state to the wish, whatever is under way."""
    steps = tuple(_step(case, action, ruling) for action in _NEEDED[case.state, case.wish])
    open_ = {record.step.id: record for record in case.past.open}
    ending = [s for s in steps if s.needs_approval and s.id in open_ and evolve(open_[s.id], step=s).approved]
    return tuple(ending) or steps  # what is about to end need not be suspended first


def _answered(case: Case, step: Step) -> bool:
    """Whether an awaiting step was approved as it stands, or changed and must be asked again."""
    record = next(r for r in case.past.open if r.step.action == step.action)
    if record.state is not StepState.AWAITING_APPROVAL:
        return False
    return record.approved or record.step.digest != step.digest


def bound_inverse(
    steps: tuple[Step, ...], records: tuple[StepRecord, ...], ruling: Ruling, *, population: int
) -> AreaPlan:
    """The steps that would take a run back, each within its line's limits; the others are exceptions."""
    past = histories(records)
    refused = {s.id: _limits(past.about(s), s.label, [s], ruling) for s in steps}
    return AreaPlan(
        AREA,
        tuple(s for s in steps if refused[s.id] is None),
        exceptions=tuple(row for row in refused.values() if row is not None),
        limit=_blast(population, ruling),
    )


def _blast(population: int, ruling: Ruling, counted: str = "hotspots") -> BlastLimit:
    policy = ruling.policy
    return BlastLimit(
        population,
        policy.max_batch_count,
        policy.max_batch_fraction,
        max_missing_fraction=policy.max_missing_fraction,
        counted=counted,
    )


def _limits(past: LineHistory, label: str, steps: Collection[Step], ruling: Ruling) -> ExceptionItem | None:
    if not steps:
        return None
    used = past.attempts_on(ruling.day, ruling.calendar)
    approved = {record.step.id for record in past.open if record.approved}
    sending = sum(not step.needs_approval or step.id in approved for step in steps)
    if used + sending > ruling.policy.max_actions_per_day:
        return exception(
            "budget",
            label,
            f"{used} requests were sent for this line today; the limit is {ruling.policy.max_actions_per_day}",
        )
    days = past.suspended_in_year(ruling.now, ruling.longest) / timedelta(days=1)
    if any(s.action == SUSPEND for s in steps) and days >= ruling.policy.max_suspended_days_per_year:
        return exception(
            "suspended_too_long",
            label,
            f"suspended {days:.0f} days within a year; the limit is {ruling.policy.max_suspended_days_per_year}",
        )
    return None


def _occurrence(case: Case, cause: str) -> str:
    """The cause as a step's id knows it; it names the line where the item has had another one.

    Otherwise the step of the new line would be that of the old one, with its key and its effect.
    """
    return f"{cause} line {case.device.line.iccid}" if case.past.moved else cause


def _step(case: Case, action: str, ruling: Ruling) -> Step:
    cause = _occurrence(case, case.wanted.cause)
    reasons: tuple[Reason, ...] = (case.wanted.reason,)
    if case.past.applied(step_id(action, case.subject, cause)):
        last = case.past.effects[-1]
        cause = _occurrence(case, f"drift after effect {len(case.past.effects)}")
        reasons = (*reasons, Reason("drift", (("last", f"{last.step.action}, {last.updated_at:%Y-%m-%d}"),)))
    if case.doubt is not None and action != TERMINATE:  # an approval must outlive the doubt's end
        reasons = (*reasons, case.doubt)
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
            Evidence(case.item.item.backend, f"item is {words(case.wanted.situation.value)}", case.item.as_of),
            Evidence(case.device.carrier, _line_fact(case, action), case.view.observed_at),
        ),
        risk=_RISK[action],
        needs_approval=action == TERMINATE,
    )


def _line_fact(case: Case, action: str) -> str:
    """What is said of the line. That of an end must not change by our own suspension: the approval rests on it."""
    if case.doubt is not None and action != TERMINATE:
        return "nobody has confirmed what the line is"
    off = case.state is ServiceState.SUSPENDED
    ours = sum(1 for _ in takewhile(lambda r: r.step.action == SUSPEND, reversed(case.past.effects)))
    if action != TERMINATE or (off and not ours):
        return f"line is {words(case.state.value)}"
    again = ours - off
    return "line has not ended" + (f", and had service again {again} times after it was suspended" if again else "")


_TEST_NOTES = {
    "service_test_due": "restored and not tested since",
    "service_test_failed": "its service test of {tested} failed, so it may not leave",
}


def _notes(case: Case, facts: HotspotFacts, ruling: Ruling) -> list[ExceptionItem]:
    notes: list[ExceptionItem] = []
    leave = may_leave(case.past.last(RESTORE), facts.tests.get(case.device.item, ()))
    if not leave.permitted and case.wanted.situation in CHECKED_IN:
        (reason,) = leave.reasons
        notes.append(exception(reason.code, case.device.label, _TEST_NOTES[reason.code].format(**dict(reason.params))))
    resumes = _resumes_at(case, ruling)
    if resumes is not None and resumes - ruling.now <= timedelta(days=ruling.policy.resume_notice_days):
        notes.append(
            exception("resume_soon", case.device.label, f"resumes about {ruling.calendar.business_date(resumes)}")
        )
    return notes


def _resumes_at(case: Case, ruling: Ruling) -> datetime | None:
    """When the carrier will give the line its service again by itself, as far as anybody knows.

    Nothing is planned against it. A line restored and suspended anew to start the carrier's count
    again would only get round its limit, and would give service to whoever holds the device for as
    long as the second request takes. So staff are told; once the line is in service it differs, and
    the next run suspends it anew, as long as the year's days allow.
    """
    if case.state is not ServiceState.SUSPENDED or case.wish is Wish.ACTIVE:
        return None
    if case.view.resumes_at is not None:
        return case.view.resumes_at
    since = case.past.last(SUSPEND)
    if since is None:
        return None
    used = case.past.suspended_in_year(ruling.now, ruling.longest)
    rest = timedelta(days=ruling.policy.max_suspended_days_per_year) - used
    return min(since + ruling.longest, ruling.now + max(rest, timedelta(0)))
