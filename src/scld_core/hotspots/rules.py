"""Which service a device should have: one row for each situation of its item, and nothing else.

Restore is triggered by check-in alone: an item that is checked in, in transit or on the hold shelf
has service again before it reaches its next patron.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from scld_core.calendars import Calendar
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.hotspots.model import ServiceTest, Wish
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.kernel.decision import Decision, Reason, deny, permit

__all__ = [
    "CHECKED_IN",
    "DESIRED",
    "Desired",
    "Situation",
    "desired",
    "due_day_end",
    "may_borrow",
    "may_leave",
    "situation",
]


class Situation(Enum):
    """What a device's item is doing, as far as its service is concerned."""

    ON_LOAN = "on_loan"
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"
    RETURNED = "returned"
    IN_TRANSIT = "in_transit"
    ON_HOLD_SHELF = "on_hold_shelf"
    LOST_UNPAID = "lost_unpaid"
    LOST_LONG = "lost_long"
    LOST_PAID = "lost_paid"
    CLAIMS_RETURNED = "claims_returned"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"
    UNREADABLE = "unreadable"


DESIRED: Mapping[Situation, Wish | None] = {
    Situation.ON_LOAN: Wish.ACTIVE,
    Situation.IN_GRACE: Wish.ACTIVE,
    Situation.OVERDUE: Wish.SUSPENDED,
    Situation.RETURNED: Wish.ACTIVE,
    Situation.IN_TRANSIT: Wish.ACTIVE,
    Situation.ON_HOLD_SHELF: Wish.ACTIVE,
    Situation.LOST_UNPAID: Wish.SUSPENDED,
    Situation.LOST_LONG: Wish.TERMINATED,
    Situation.LOST_PAID: Wish.TERMINATED,
    Situation.CLAIMS_RETURNED: Wish.SUSPENDED,
    Situation.MISSING: Wish.SUSPENDED,
    Situation.WITHDRAWN: Wish.TERMINATED,
    Situation.UNREADABLE: None,
}
"""The desired-state rule. None: no wish can be stated, a person must look."""

CHECKED_IN = frozenset({Situation.RETURNED, Situation.IN_TRANSIT, Situation.ON_HOLD_SHELF})
"""Situations in which the library has the device, on its way to the next patron."""

_PLAIN: Mapping[ItemState, Situation] = {
    ItemState.CHECKED_IN: Situation.RETURNED,
    ItemState.IN_TRANSIT: Situation.IN_TRANSIT,
    ItemState.ON_HOLD_SHELF: Situation.ON_HOLD_SHELF,
    ItemState.LOST_PAID: Situation.LOST_PAID,
    ItemState.CLAIMS_RETURNED: Situation.CLAIMS_RETURNED,
    ItemState.MISSING: Situation.MISSING,
    ItemState.WITHDRAWN: Situation.WITHDRAWN,
    ItemState.UNKNOWN_WORD: Situation.UNREADABLE,
}


@frozen
class Desired:
    """The service wished for, the situation it follows from, the reason, and the occurrence.

    `cause` names the occurrence (a loan and its due instant, a check-in, a withdrawal): it is equal
    on every day on which the same occurrence is still the reason.
    """

    wish: Wish | None
    situation: Situation
    reason: Reason
    cause: str


def due_day_end(loan: Loan, calendar: Calendar) -> datetime:
    """The end of the local business day on which the loan is due.

    An ILS that stores the last minute of the day and one that stores the midnight after it mean the
    same day.
    """
    return calendar.end_of_business_day(calendar.business_date(loan.due_at - timedelta(microseconds=1)))


def _on_loan(loan: Loan, policy: HotspotPolicy, calendar: Calendar, now: datetime) -> Situation:
    if now < due_day_end(loan, calendar):
        return Situation.ON_LOAN
    due = calendar.business_date(loan.due_at - timedelta(microseconds=1))
    last = due if policy.grace_days == 0 else calendar.nth_open_day_after(due, policy.grace_days)
    return Situation.IN_GRACE if now < calendar.end_of_business_day(last) else Situation.OVERDUE


def situation(item: Circulation, policy: HotspotPolicy, calendar: Calendar, now: datetime) -> Situation:
    """The item's situation at `now`."""
    if item.state is ItemState.ON_LOAN:
        if item.loan is None or item.loan.returned_at is not None:
            return Situation.UNREADABLE
        return _on_loan(item.loan, policy, calendar, now)
    if item.state is ItemState.LOST:
        limit = timedelta(days=policy.lost_terminate_after_days)
        long_ago = item.since is not None and now - item.since >= limit
        return Situation.LOST_LONG if long_ago else Situation.LOST_UNPAID
    return _PLAIN[item.state]


def _cause(item: Circulation, found: Situation) -> str:
    if item.state is ItemState.ON_LOAN and item.loan is not None:
        stage = "overdue" if found is Situation.OVERDUE else "current"
        return f"loan {item.loan.id} due {item.loan.due_at.isoformat()} {stage}"
    when = item.since or (item.loan.returned_at if item.loan else None)
    loan = f" loan {item.loan.id}" if item.loan else ""
    return f"{item.state.value}{loan} since {when.isoformat() if when else 'unknown'}"


def _reason(
    item: Circulation, found: Situation, policy: HotspotPolicy, calendar: Calendar, *, now: datetime, version: str
) -> Reason:
    params: list[tuple[str, str]] = []
    if item.state is ItemState.ON_LOAN and item.loan is not None:
        due = calendar.business_date(item.loan.due_at - timedelta(microseconds=1))
        params.append(("due", f"{due:%a %b} {due.day}"))
        params.append(("grace", str(policy.grace_days)))
        if found is Situation.OVERDUE:
            params.append(("days", str(calendar.open_days_between(due, calendar.business_date(now)))))
    elif item.since is not None:
        since = calendar.business_date(item.since)
        params.append(("since", f"since {since:%a %b} {since.day}, {since.year}"))
    else:
        params.append(("since", "since an unknown day"))
    if found is Situation.UNREADABLE:
        params.append(("word", item.word or item.state.value))
    return Reason(found.value, tuple(params), "hotspots", version)


def desired(
    item: Circulation, policy: HotspotPolicy, calendar: Calendar, now: datetime, *, version: str = ""
) -> Desired:
    """The service the item's device should have at `now`."""
    found = situation(item, policy, calendar, now)
    return Desired(
        DESIRED[found], found, _reason(item, found, policy, calendar, now=now, version=version), _cause(item, found)
    )


def may_leave(last_restore: datetime | None, tests: Iterable[ServiceTest], *, suspended: bool = False) -> Decision:
    """Whether a device may go to its next pickup library.

    Not while its line is suspended, and not before a service test passed since its restore.
    """
    if suspended:
        return deny(Reason("still_suspended", (), "hotspots"))
    if last_restore is None:
        return permit()
    since = [test for test in tests if test.at >= last_restore]
    if not since:
        return deny(Reason("service_test_due", (("restored", last_restore.date().isoformat()),), "hotspots"))
    latest = max(since, key=lambda test: test.at)
    if latest.passed:
        return permit()
    return deny(Reason("service_test_failed", (("tested", latest.at.date().isoformat()),), "hotspots"))


def may_borrow(household: Iterable[Loan], policy: HotspotPolicy, now: datetime) -> Decision:
    """Whether a household whose hotspot loans are `household` may take another one now.

    Gives every reason against it: the number it holds, and the time since its last return.
    """
    loans = tuple(household)
    reasons: list[Reason] = []
    held = sum(loan.returned_at is None for loan in loans)
    if held >= policy.per_household:
        reasons.append(
            Reason(
                "household_limit", (("held", str(held)), ("limit", str(policy.per_household))), "hotspots.per_household"
            )
        )
    returns = [loan.returned_at for loan in loans if loan.returned_at is not None]
    cooling = timedelta(hours=policy.cooling_off_hours)
    if returns and now < max(returns) + cooling:
        free = max(returns) + cooling
        reasons.append(
            Reason("cooling_off", (("until", free.isoformat(timespec="minutes")),), "hotspots.cooling_off_hours")
        )
    return deny(*reasons) if reasons else permit()
