"""Saved calendars: what is read of RFC 5545, what is quarantined with its line, what refuses the whole file."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil import rrule
from hypothesis import example, given
from hypothesis import strategies as st

from scld_adapters.calendars.ics.backend import open_ics
from scld_adapters.calendars.ics.events import read_ics
from scld_adapters.calendars.ics.mapping import closures_of
from scld_adapters.calendars.ics.settings import IcsConfig
from scld_adapters.calendars.ics.write import write_ics
from scld_core.calendars import Closure
from scld_core.errors import BadInput, FileRefused, InvalidValue
from scld_core.kernel.ids import LocationId
from scld_core.kernel.time import FixedClock
from scld_core.plugins.spec import BackendContext
from scld_core.testing import strategies

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
SINCE, UNTIL = date(2026, 1, 1), date(2028, 12, 31)
CHENEY = LocationId("cheney")
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//synthetic//EN\r\n"


def ics(*events, head=HEAD):
    """A calendar of events, each as its lines."""
    body = "".join(f"BEGIN:VEVENT\r\n{event.strip()}\r\nEND:VEVENT\r\n".replace("\n", "\r\n") for event in events)
    return (head + body.replace("\r\r\n", "\r\n") + "END:VCALENDAR\r\n").encode()


def day(text="20261126", *more, uid="1"):
    """A whole-day event that begins on a day."""
    return "\n".join((f"UID:{uid}", "DTSTAMP:20261101T080000Z", f"DTSTART;VALUE=DATE:{text}", "SUMMARY:Closed", *more))


def found(data, config=None, since=SINCE, until=UNTIL):
    """What is read of a file: the closures, and what is quarantined as line and reason."""
    read = closures_of(read_ics(data, "c.ics"), config or IcsConfig("c.ics"), "c.ics", since, until)
    return read.rows, [(row.line, row.reason) for row in read.quarantined]


def days(data, **more):
    """The days of the closures."""
    rows, wrong = found(data, **more)
    assert wrong == []
    return [(row.first, row.last) for row in rows]


def test_the_end_of_an_event_is_the_day_after_its_last():
    """RFC 5545, 3.6.1; without an end it is one day, and a duration counts in days."""
    assert days(ics(day("20261126", "DTEND;VALUE=DATE:20261128"))) == [(date(2026, 11, 26), date(2026, 11, 27))]
    assert days(ics(day("20261126"))) == [(date(2026, 11, 26), date(2026, 11, 26))]
    assert days(ics(day("20261126", "DURATION:P3D"))) == [(date(2026, 11, 26), date(2026, 11, 28))]


def test_a_closure_comes_again_without_the_days_that_are_left_out():
    """By rule, with EXDATE, with an end by date; an occurrence that was moved is the one it was moved to."""
    yearly = day("20261111", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20271111")
    assert days(ics(yearly)) == [(date(2026, 11, 11),) * 2, (date(2028, 11, 11),) * 2]
    ended = day("20260105", "RRULE:FREQ=WEEKLY;UNTIL=20260119T000000Z")
    assert [first.day for first, _ in days(ics(ended))] == [5, 12, 19]
    moved = day("20270704", "RECURRENCE-ID;VALUE=DATE:20270703", uid="2")
    series = day("20260703", "RRULE:FREQ=YEARLY;COUNT=3", uid="2")
    assert [first for first, _ in days(ics(series, moved))] == [date(2026, 7, 3), date(2027, 7, 4), date(2028, 7, 3)]


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")),
    st.integers(1, 40),
    st.integers(0, 6),
    st.tuples(st.integers(0, 900), st.integers(0, 90)),
)
def test_what_comes_again_is_what_a_whole_expansion_has_within_the_days(first, often, times, more, asked):
    """A window of a series is the series cut to the window, whole occurrences at both edges."""
    rule = f"FREQ={often};COUNT={times}"
    until = first + timedelta(days=more + 1)
    event = day(f"{first:%Y%m%d}", f"DTEND;VALUE=DATE:{until:%Y%m%d}", f"RRULE:{rule}")
    since = first + timedelta(days=asked[0])
    last = since + timedelta(days=asked[1])
    begins = [one.date() for one in rrule.rrulestr(rule, dtstart=datetime(first.year, first.month, first.day))]  # noqa: DTZ001
    whole = {(one, one + timedelta(days=more)) for one in begins}
    wanted = sorted(one for one in whole if one[0] <= last and one[1] >= since)
    assert days(ics(event), since=since, until=last) == wanted


def test_libraries_come_from_places_and_categories():
    """By the calendar's own names in any case, or by the short name; without a place it is the whole district."""
    config = IcsConfig("c.ics", libraries={"Cheney Library": "cheney", "NS": "north-spokane"})
    rows, wrong = found(ics(day("20261126", "LOCATION:cheney LIBRARY")), config)
    assert [row.locations for row in rows] == [(CHENEY,)]
    rows, _ = found(ics(day("20261126", "CATEGORIES:NS,Staff", "CATEGORIES:cheney")), config)
    assert [row.locations for row in rows] == [(CHENEY, LocationId("north-spokane"))]
    rows, _ = found(ics(day("20261126")), config)
    assert [row.locations for row in rows] == [()]
    rows, wrong = found(ics(day("20261126", "LOCATION:Elsewhere")), config)
    assert (rows, wrong) == ((), [(4, "names no library that `libraries` has: Elsewhere")])


def test_only_closures_are_read_where_words_say_which():
    """In any case; an event that was cancelled is none."""
    config = IcsConfig("c.ics", closed=("CLOSED",))
    story = day("20261126", uid="2").replace("SUMMARY:Closed", "SUMMARY:Story time at 10")
    gone = day("20261127", "STATUS:CANCELLED", uid="3")
    assert days(ics(day("20261125"), story, gone), config=config) == [(date(2026, 11, 25),) * 2]
    assert len(found(ics(day("20261125"), story))[0]) == 2


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("DTSTART:20261126T100000Z", "DTSTART has a time of day: only whole days close a library"),
        ("UID:2", "has no first day"),
        ("DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261126", "ends before it begins"),
        ("DTSTART;VALUE=DATE:20261126\nRDATE;VALUE=DATE:20261201", "comes again on days that are listed (RDATE)"),
        ("DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=SECONDLY", "comes again more often than daily"),
        ("DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=DAILY\nRRULE:FREQ=YEARLY", "by two rules"),
        ("DTSTART;VALUE=DATE:2026-11-26", "DTSTART cannot be read"),
        ("DTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=77", "cannot be worked out"),
        ("DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY", "cannot be worked out"),
    ],
)
def test_an_event_that_cannot_be_used_is_quarantined_with_its_line(lines, reason):
    """The others are read; nothing is guessed."""
    rows, wrong = found(ics(day("20261125"), lines), since=date(1900, 1, 1))
    assert [row.first for row in rows] == [date(2026, 11, 25)]
    assert [line for line, _ in wrong] == [10]
    assert reason in wrong[0][1]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no iCalendar file"),
        (b"item,due\n1,2\n", "is no iCalendar file"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (ics(day())[:-20], "was cut short"),
        (HEAD.encode() + b"BEGIN:VEVENT\r\nUID:1\r\nEND:VCALENDAR\r\n", "iCalendar"),
        (HEAD.encode() + b"no colon at all\r\nEND:VCALENDAR\r\n", "cannot be read as iCalendar"),
    ],
)
def test_what_is_no_whole_calendar_is_refused(data, reason):
    """By name, never with a traceback."""
    with pytest.raises(FileRefused, match=reason):
        read_ics(data, "c.ics")


@example(b"\x00", 84, False)
@given(st.binary(max_size=200), st.integers(0, 400), st.booleans())
def test_any_bytes_are_read_or_refused(noise, at, whole):
    """Noise anywhere in a file gives events, quarantined ones, or FileRefused."""
    good = ics(day("20261126", "RRULE:FREQ=YEARLY", "CATEGORIES:a,b", "EXDATE;VALUE=DATE:20271126"))
    data = good[:at] + noise + good[at if whole else at + len(noise) :]
    try:
        text = read_ics(data, "c.ics")
    except FileRefused:
        return
    found_ = closures_of(text, IcsConfig("c.ics"), "c.ics", SINCE, UNTIL)
    assert all(row.first <= UNTIL and row.last >= SINCE for row in found_.rows)


@given(st.lists(strategies.closures, max_size=5))
def test_what_is_written_is_read_as_the_same(rows):
    """Every closure, its days, reason and libraries; the same closures give the same bytes."""
    rows = [Closure(one.first, one.last, " ".join(one.reason.split()), one.locations) for one in rows]
    rows = [one for one in rows if one.reason.isprintable()]
    data = write_ics(rows, as_of=NOW)
    assert data == write_ics(reversed(rows), as_of=NOW)
    config = IcsConfig("c.ics", libraries={str(place): str(place) for one in rows for place in one.locations})
    read, wrong = found(data, config, since=date(2019, 1, 1), until=date(2031, 1, 1))
    assert wrong == []
    same = {Closure(one.first, one.last, one.reason, tuple(sorted(one.locations))) for one in rows}
    assert set(read) == same


def opened(folder, **more):
    """The calendars of a folder."""
    context = BackendContext("days", FixedClock(NOW), folder, str, timezone="America/Los_Angeles")
    return open_ics(IcsConfig(**{"path": "*.ics", **more}), context).calendars


def test_the_file_that_was_made_last_counts(tmp_path):
    """By its name, its manifest, the calendar's own time or its latest stamp; never by the disk's."""
    calendars = opened(tmp_path)
    with pytest.raises(FileRefused, match="no file fits"):
        list(calendars.closures(SINCE, UNTIL))
    (tmp_path / "b.ics").write_bytes(ics(day("20261126")))
    (page,) = calendars.closures(SINCE, UNTIL)
    assert page.as_of == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert (page.last, page.total) == (True, 1)
    assert next(calendars.closures(SINCE, UNTIL)).rows == page.rows
    (tmp_path / "a-2026-11-20.ics").write_bytes(ics(day("20261224")))
    (page,) = calendars.closures(SINCE, UNTIL)
    assert [row.first for row in page.rows] == [date(2026, 12, 24)]
    assert page.as_of.date() == date(2026, 11, 20)
    (tmp_path / "a-2026-11-20.ics.meta.toml").write_text("as_of = 2026-10-01T06:00:00Z\n", encoding="utf-8")
    (page,) = opened(tmp_path).closures(SINCE, UNTIL)
    assert [row.first for row in page.rows] == [date(2026, 11, 26)]
    named = HEAD + "LAST-MODIFIED:20261122T080000Z\r\n"
    (tmp_path / "c.ics").write_bytes(ics(day("20261111"), head=named))
    (page,) = opened(tmp_path).closures(SINCE, UNTIL)
    assert page.as_of == datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_a_file_that_does_not_tell_its_age_is_refused(tmp_path):
    """Nobody knows how old its closures are."""
    (tmp_path / "x.ics").write_bytes(ics(day().replace("DTSTAMP:20261101T080000Z\n", "")))
    with pytest.raises(FileRefused, match="does not say when it was made"):
        list(opened(tmp_path).closures(SINCE, UNTIL))
    with pytest.raises(BadInput, match="is before"):
        list(opened(tmp_path).closures(UNTIL, SINCE))


def test_a_file_that_cannot_be_opened_is_refused_in_words(tmp_path):
    """A folder under its name is no file; a broken link is none either."""
    (tmp_path / "folder.ics").mkdir()
    (tmp_path / "gone.ics").symlink_to(tmp_path / "nowhere.ics")
    with pytest.raises(FileRefused, match="no file fits"):
        list(opened(tmp_path).closures(SINCE, UNTIL))


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"path": ""}, "must be a file name"),
        ({"path": "../x.ics"}, "must be a file name"),
        ({"path": "x.ics", "libraries": {"Cheney": "not a name!"}}, "short names"),
        ({"path": "x.ics", "libraries": ["Cheney"]}, "short names"),
        ({"path": "x.ics", "closed": ("",)}, "blank|empty"),
    ],
)
def test_settings_say_what_is_wrong(settings, rule):
    """At their own key."""
    with pytest.raises(InvalidValue, match=rule):
        IcsConfig(**settings)
