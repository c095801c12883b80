"""The retry schedule: bounded, patient as asked, never beyond the deadline."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.plugins.retry import RetrySchedule, retry_after_seconds

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
SECONDS = st.floats(0, 1e6)


@given(
    schedule=st.builds(RetrySchedule, attempts=st.integers(1, 6), first=st.floats(0, 10), cap=st.floats(0, 60)),
    attempt=st.integers(1, 5000),
    remaining=SECONDS,
    asked=st.none() | st.floats(-10, 1e6),
)
def test_every_wait_fits_the_cap_the_deadline_and_what_was_asked(schedule, attempt, remaining, asked):
    """A wait is never negative, never above the cap, never uses up the deadline, never shorter than asked."""
    wait = schedule.wait(attempt, remaining=remaining, asked=asked)
    if wait is not None:
        assert 0 <= wait <= schedule.cap
        assert wait < remaining
        assert asked is None or wait >= asked
        assert attempt < schedule.attempts


def test_waits_double_up_to_the_cap_and_then_end():
    """Without Retry-After the waits double, are capped, and end with the attempts."""
    schedule = RetrySchedule(attempts=5, first=1.0, cap=3.0)
    assert [schedule.wait(n, remaining=100) for n in range(1, 6)] == [1.0, 2.0, 3.0, 3.0, None]


def test_a_longer_wait_than_the_cap_is_given_up():
    """A system that wants us back in an hour is not waited for."""
    assert RetrySchedule(cap=30).wait(1, remaining=1e9, asked=3600) is None


def test_a_schedule_has_at_least_one_attempt():
    """Zero attempts is no schedule."""
    with pytest.raises(InvalidValue):
        RetrySchedule(attempts=0)


@given(st.integers(0, 10**8))
def test_a_number_of_seconds_is_read(seconds):
    """Retry-After in seconds is exactly that."""
    assert retry_after_seconds(f" {seconds} ", NOW) == seconds


@given(st.integers(-(10**6), 10**6))
def test_a_date_is_read_as_the_distance_from_now(seconds):
    """Retry-After as an HTTP date is the distance from now, and zero when it is past."""
    text = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_seconds(text, NOW) == max(seconds, 0)


def test_a_date_without_a_zone_is_utc():
    """HTTP dates are GMT, also when their zone is written as unknown."""
    assert retry_after_seconds("Sun, 01 Nov 2026 08:00:05 -0000", NOW) == 5


@given(st.none() | st.text())
def test_anything_else_is_no_answer_and_no_error(text):
    """Whatever stands in the header, reading it gives seconds from zero, or None."""
    found = retry_after_seconds(text, NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5", "²", "Sun, 99 Nov 2026 08:00:00 GMT"])
def test_unreadable_headers_are_none(text):
    """A header that is neither digits nor a date says nothing."""
    assert retry_after_seconds(text, NOW) is None
