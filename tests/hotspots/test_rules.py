"""Which service a device should have."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.model import Circulation, ItemState
from scld_core.hotspots.model import ServiceTest, Wish
from scld_core.hotspots.rules import DESIRED, Situation, desired, due_day_end, may_borrow, may_leave, situation
from scld_core.kernel.decision import Verdict
from support.hotspots import CALENDAR, NOW, POLICY, circulations, due, inside, loan, out


def at(item, now=NOW, policy=POLICY):
    return desired(item, policy, CALENDAR, now)


@pytest.mark.parametrize(
    ("item", "expected", "wish"),
    [
        (out(1, 0), Situation.ON_LOAN, Wish.ACTIVE),
        (out(1, 1), Situation.IN_GRACE, Wish.ACTIVE),
        (out(1, 4), Situation.OVERDUE, Wish.SUSPENDED),
        (inside(1, ItemState.CHECKED_IN), Situation.RETURNED, Wish.ACTIVE),
        (inside(1, ItemState.IN_TRANSIT), Situation.IN_TRANSIT, Wish.ACTIVE),
        (inside(1, ItemState.ON_HOLD_SHELF), Situation.ON_HOLD_SHELF, Wish.ACTIVE),
        (inside(1, ItemState.LOST, days=59), Situation.LOST_UNPAID, Wish.SUSPENDED),
        (inside(1, ItemState.LOST, days=60), Situation.LOST_LONG, Wish.TERMINATED),
        (inside(1, ItemState.LOST, days=None), Situation.LOST_UNPAID, Wish.SUSPENDED),
        (inside(1, ItemState.LOST_PAID), Situation.LOST_PAID, Wish.TERMINATED),
        (inside(1, ItemState.CLAIMS_RETURNED), Situation.CLAIMS_RETURNED, Wish.SUSPENDED),
        (inside(1, ItemState.MISSING), Situation.MISSING, Wish.SUSPENDED),
        (inside(1, ItemState.WITHDRAWN), Situation.WITHDRAWN, Wish.TERMINATED),
        (inside(1, ItemState.UNKNOWN_WORD), Situation.UNREADABLE, None),
        (Circulation(out(1, 3).item, ItemState.ON_LOAN, NOW), Situation.UNREADABLE, None),
    ],
)
def test_each_situation_has_its_own_row(item, expected, wish):
    """The table of the area, row by row."""
    found = at(item)
    assert (found.situation, found.wish) == (expected, wish)


def test_the_table_is_total():
    """Every situation has a wish or says that a person must look."""
    assert set(DESIRED) == set(Situation)


@given(st.data())
def test_an_unreturned_device_never_gets_its_service_back_by_waiting(data):
    """Later `now` never turns a suspension of the same circulation into service."""
    item = data.draw(circulations(1))
    first = data.draw(st.integers(0, 24 * 200))
    later = data.draw(st.integers(0, 24 * 200))
    before, after = at(item, NOW + timedelta(hours=first)), at(item, NOW + timedelta(hours=first + later))
    order = [Wish.ACTIVE, Wish.SUSPENDED, Wish.TERMINATED]
    if before.wish is not None and after.wish is not None:
        assert order.index(after.wish) >= order.index(before.wish)


@given(st.integers(0, 30), st.integers(0, 6))
def test_more_grace_never_suspends_earlier(days_ago, grace):
    """Grace is monotone."""
    short, long = evolve(POLICY, grace_days=grace), evolve(POLICY, grace_days=grace + 1)
    item = out(1, days_ago)
    assert not (at(item, policy=short).wish is Wish.ACTIVE and at(item, policy=long).wish is Wish.SUSPENDED)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_due_at_the_end_of_the_local_day_on_both_daylight_saving_nights(day):
    """The due day has 23 or 25 hours; its end is the local midnight after it either way."""
    midnight = CALENDAR.end_of_business_day(datetime.fromisoformat(day).date())
    none = evolve(POLICY, grace_days=0)
    for stored in (midnight, midnight - timedelta(minutes=1), midnight - timedelta(seconds=1)):
        item = Circulation(out(1, 0).item, ItemState.ON_LOAN, NOW, loan(1, stored))
        assert item.loan is not None
        assert due_day_end(item.loan, CALENDAR) == midnight
        assert situation(item, none, CALENDAR, midnight - timedelta(seconds=1)) is Situation.ON_LOAN
        assert situation(item, none, CALENDAR, midnight) is Situation.OVERDUE
    assert midnight.astimezone(CALENDAR.tz).hour == 0


def test_grace_skips_a_closed_sunday():
    """Due Friday with one day of grace: Saturday is the day of grace; with two it is Monday."""
    friday = CALENDAR.end_of_business_day(datetime(2026, 3, 6).date())  # noqa: DTZ001
    item = Circulation(out(1, 0).item, ItemState.ON_LOAN, NOW, loan(1, friday))
    two = POLICY
    monday_night = CALENDAR.end_of_business_day(datetime(2026, 3, 9).date())  # noqa: DTZ001
    assert situation(item, two, CALENDAR, monday_night - timedelta(seconds=1)) is Situation.IN_GRACE
    assert situation(item, two, CALENDAR, monday_night) is Situation.OVERDUE


@given(circulations(3))
def test_the_cause_names_the_occurrence_and_not_the_day(item):
    """The same circulation seen again tomorrow, in the same situation, is the same occurrence."""
    today, tomorrow = at(item), at(evolve(item, as_of=NOW + timedelta(days=1)), NOW + timedelta(days=1))
    if today.situation is tomorrow.situation or {today.situation, tomorrow.situation} <= {
        Situation.ON_LOAN,
        Situation.IN_GRACE,
    }:
        assert today.cause == tomorrow.cause


@given(circulations(3))
def test_no_reason_names_a_patron(item):
    """Reasons are printed, so nothing personal may be in them."""
    found = at(item)
    assert "canary" not in repr((found.reason, found.cause))


T0 = datetime(2026, 3, 1, tzinfo=UTC)


def check(hours, passed):
    return ServiceTest(out(1, 0).item, passed, T0 + timedelta(hours=hours), "jdoe")


def test_a_device_cannot_leave_without_a_passed_test_since_its_restore():
    """No test, an old test, a failed test: deny; a passed one after the restore: permit."""
    assert may_leave(None, ()).permitted
    assert not may_leave(T0, ()).permitted
    assert [r.code for r in may_leave(T0, [check(1, True)], suspended=True).reasons] == ["still_suspended"]
    assert not may_leave(T0, [check(-1, True)]).permitted
    assert not may_leave(T0, [check(1, True), check(2, False)]).permitted
    assert may_leave(T0, [check(1, False), check(2, True)]).permitted


def test_a_household_is_limited_and_cools_off():
    """All reasons against a loan are given at once."""
    held = loan(1, due(-3))
    returned = loan(2, due(1), returned_at=NOW - timedelta(hours=2))
    decision = may_borrow([held, returned], POLICY, NOW)
    assert decision.verdict is Verdict.DENY
    assert [reason.code for reason in decision.reasons] == ["household_limit", "cooling_off"]
    assert may_borrow([returned], POLICY, NOW + timedelta(hours=22)).permitted
    assert may_borrow([], POLICY, NOW).permitted
