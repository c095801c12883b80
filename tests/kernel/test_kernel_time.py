"""Instants, intervals and clocks, both nights on which clocks change included."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.time import FixedClock, Interval, SystemClock, local_instant, parse_instant, to_instant

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPOKANE = ZoneInfo("America/Los_Angeles")
instants = st.integers(0, 60 * 366 * 86_400 * 10**6).map(
    lambda micro: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@st.composite
def intervals(draw):
    """A half-open interval, now and then without end."""
    start = draw(instants)
    return Interval(start, draw(st.none() | st.timedeltas(timedelta(0), timedelta(days=90)).map(start.__add__)))


@given(instants, offsets)
def test_an_instant_is_the_same_in_every_offset(moment, zone):
    """Written with any offset it is read back as the same instant, in UTC."""
    for again in (to_instant(moment.astimezone(zone)), parse_instant(f" {moment.astimezone(zone).isoformat()} ")):
        assert again == moment
        assert again.tzinfo is UTC


@given(st.datetimes())
def test_a_naive_moment_is_refused(moment):
    """Guessing a zone would shift due dates by a day."""
    for attempt in (lambda: to_instant(moment), lambda: parse_instant(moment.isoformat())):
        with pytest.raises(InvalidValue, match="no time zone"):
            attempt()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "11/01/2026 08:00"])
def test_text_that_is_no_instant_is_refused(text):
    """The message shows the form that is wanted."""
    with pytest.raises(InvalidValue, match="ISO 8601"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_instant_off_the_calendar_is_refused(text):
    """A damaged year is bad input and no crash."""
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        parse_instant(text)


@given(intervals(), instants)
def test_an_interval_contains_its_start_and_not_its_end(span, moment):
    """Membership agrees with the comparison, and intervals that touch share no instant."""
    assert (moment in span) is (span.start <= moment < (span.end or datetime.max.replace(tzinfo=UTC)))
    assert span.end is None or span.end not in span


@given(intervals(), intervals())
def test_overlap_is_symmetric_bounded_and_agrees_with_membership(one, other):
    """It is the same both ways, never negative, never longer than either, and positive when they meet."""
    if one.end is None and other.end is None:
        with pytest.raises(InvalidValue, match="needs an end"):
            one.overlap(other)
        return
    shared = one.overlap(other)
    assert shared == other.overlap(one)
    assert timedelta(0) <= shared <= min(s.end - s.start for s in (one, other) if s.end)
    later = max(one.start, other.start)
    assert (shared > timedelta(0)) is (later in one and later in other)


@given(instants, st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_an_interval_that_ends_before_it_starts_is_refused(start, back):
    """An empty one is possible, a backward one is not."""
    assert start not in Interval(start, start)
    with pytest.raises(InvalidValue, match=r"Interval\.end"):
        Interval(start, start - back)


def test_an_interval_s_bounds_are_instants():
    """Other offsets and naive datetimes are refused."""
    with pytest.raises(InvalidValue, match="time zone"):
        Interval(NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match="UTC"):
        Interval(NOON, NOON.astimezone(timezone(timedelta(hours=-8))))


@given(st.dates(date(2007, 3, 11), date(2037, 12, 31)), st.times())
def test_a_wall_time_is_shown_again_by_the_clock_on_the_wall(day, wall):
    """Outside the spring gap the instant reads as the wall time it was made from."""
    there = local_instant(day, wall, SPOKANE).astimezone(SPOKANE)
    if there.replace(tzinfo=None, fold=0) != datetime.combine(day, wall.replace(fold=0)):
        assert (day.month, wall.hour) == (3, 2)
        assert there.hour == 3


def test_the_nights_on_which_clocks_change():
    """The doubled hour is read as the first one; the missing hour with the offset before it."""
    assert local_instant(date(2026, 11, 1), time(1, 30), SPOKANE) == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert local_instant(date(2026, 3, 8), time(2, 30), SPOKANE) == datetime(2026, 3, 8, 10, 30, tzinfo=UTC)
    days = [
        local_instant(d + timedelta(days=1), time(0), SPOKANE) - local_instant(d, time(0), SPOKANE)
        for d in (date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1))
    ]
    assert days == [timedelta(hours=23), timedelta(hours=24), timedelta(hours=25)]


@given(instants)
def test_a_fixed_clock_stands_still(at):
    """It always tells its instant."""
    clock = FixedClock(at)
    assert clock.now() == clock.now() == at


def test_the_machine_s_clock_tells_utc():
    """What it tells is an instant."""
    assert SystemClock().now().tzinfo is UTC
