"""Card numbers: each is given once, whoever asks, and never one that is a card."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scld_core.calendars import Calendar, Closure, WeeklyHours
from scld_core.cards.model import BarcodeRange
from scld_core.cards.numbers import next_number
from scld_core.cards.renewals import due_by
from scld_core.kernel.barcode import BarcodeCheck
from scld_core.memory.store import MemoryStore
from support.hotspots import OPEN

RANGES = (BarcodeRange("2908200010000", "2908200010004"), BarcodeRange("2908200020000", "2908200020003"))
ALL = [number for one in RANGES for number in one.numbers()]


@given(st.sets(st.sampled_from(ALL)), st.lists(st.sampled_from(("", "a", "b", "c")), max_size=14))
def test_no_number_is_given_twice(used, forms):
    """Free numbers are given in order, each to one request; a form is given its own again; then there is none."""
    store, given, by_form = MemoryStore(), [], {}
    for form in forms:
        number = next_number(store, RANGES, taken=lambda one: one in used, form=form)
        if form in by_form:
            assert number == by_form[form]
            continue
        if form and number is not None:
            by_form[form] = number
        given.append(number)
    free = [number for number in ALL if number not in used]
    wanted = [*free, *[None] * len(given)][: len(given)]
    assert given == wanted
    assert all(number.check is BarcodeCheck.VALID for number in given if number is not None)


def test_a_form_answered_twice_at_once_has_one_number():
    """Where another process answers the same form in between, its number counts."""
    store = MemoryStore()

    def meanwhile(number):
        if not seen:
            seen.append(number)
            seen.append(next_number(store, RANGES, taken=lambda one: False, form="f"))
        return False

    seen = []
    assert next_number(store, RANGES, taken=meanwhile, form="f") == seen[1]
    assert next_number(store, RANGES, taken=lambda one: False, form="f") == seen[1]


weeks = st.sets(st.integers(0, 6), min_size=1)


@given(weeks, st.sets(st.integers(0, 40), max_size=20), st.integers(0, 30), st.integers(0, 23), st.integers(1, 4))
def test_a_request_is_never_due_on_a_closed_day(open_days, closed, day, hour, count):
    """Its day is open, and so many open days lie between; no closure shortens it."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    hours = WeeklyHours(**{names[one]: OPEN for one in open_days})
    first = date(2026, 3, 2)
    days = [first + timedelta(days=one) for one in sorted(closed)]
    closures = tuple(Closure(first=one, last=one, reason="made up") for one in days)
    calendar = Calendar("America/Los_Angeles", (hours,), closures)
    moment = datetime(2026, 3, 2, hour, tzinfo=UTC) + timedelta(days=day)
    due = due_by(calendar, moment, count)
    start = calendar.business_date(moment)
    assert calendar.open_on(due)
    assert due > start
    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert sum(calendar.open_on(one) for one in between) == count
