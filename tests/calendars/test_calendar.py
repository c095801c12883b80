"""Laws of the calendar, against a plain walk over the clock on the wall."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.calendars import Calendar, Closure, WeeklyHours
from scld_core.errors import InvalidValue, SettingsError
from scld_core.kernel.ids import LocationId

ZONE = "America/Los_Angeles"
LA = ZoneInfo(ZONE)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
NORTH, CHENEY = LocationId("north-spokane"), LocationId("cheney")
NINE_TO_FIVE = ((time(9), time(17)),)
WEEKDAYS = WeeklyHours(
    monday=NINE_TO_FIVE, tuesday=NINE_TO_FIVE, wednesday=NINE_TO_FIVE, thursday=NINE_TO_FIVE, friday=NINE_TO_FIVE
)
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Around both nights on which the clocks change in 2026: 8 March (23 hours) and 1 November (25 hours).
days = st.dates(date(2026, 3, 1), date(2026, 3, 16)) | st.dates(date(2026, 10, 25), date(2026, 11, 9))
instants = st.builds(
    lambda day, second: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second),
    days,
    st.integers(0, 86_399),
)


def stretches(ordered):
    """Every two wall times as one stretch; an odd one is left over."""
    return tuple(zip(ordered[::2], ordered[1::2], strict=False))


# Libraries do not open between one and three at night, when a wall time may not exist or occur twice.
walls = st.lists(st.integers(180, 1439), max_size=4, unique=True).map(
    lambda minutes: stretches([time(*divmod(minute, 60)) for minute in sorted(minutes)])
)
weeks = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, walls))


midnight = st.just(time(0))


@st.composite
def calendars(draw, day_ends=midnight):
    """Calendars with up to three sets of hours one after the other, possibly with gaps, and closures."""
    cuts = sorted(draw(st.lists(days, min_size=1, max_size=4, unique=True)))
    spans = list(itertools.pairwise([None, *cuts, None]))
    kept = [span for span in spans if draw(st.booleans())]
    hours = tuple(WeeklyHours(**draw(weeks), valid_from=start, valid_to=end) for start, end in kept)
    closures = tuple(
        Closure(first, first + timedelta(days=length), "snow", where)
        for first, length, where in draw(
            st.lists(st.tuples(days, st.integers(0, 9), st.sampled_from([(), (NORTH,), (CHENEY,)])), max_size=3)
        )
    )
    return Calendar(ZONE, hours, closures, draw(day_ends))


locations = st.sampled_from([None, NORTH])


def wall_says_open(calendar, moment, location):
    """The oracle: look at the clock and the calendar on the wall."""
    wall = moment.astimezone(LA)
    day = wall.date()
    for closure in calendar.closures:
        if closure.first <= day <= closure.last and (closure.locations == () or location in closure.locations):
            return False
    for week in calendar.hours:
        starts = week.valid_from is None or week.valid_from <= day
        ends = week.valid_to is not None and week.valid_to <= day
        if starts and not ends:
            return any(a <= wall.time() < b for a, b in getattr(week, NAMES[day.weekday()]))
    return False


@given(calendars(), instants, locations)
def test_open_means_what_the_clock_on_the_wall_says(calendar, moment, location):
    """At any instant the answer is that of a person who reads the wall clock, the hours and the closures."""
    assert calendar.is_open(moment, location) is wall_says_open(calendar, moment, location)
    in_zone = moment.astimezone(LA)
    assert calendar.is_open(in_zone, location) is calendar.is_open(moment, location)


@given(calendars(), instants, locations)
def test_next_open_is_the_first_open_minute(calendar, moment, location):
    """It agrees with walking minute by minute, and asking again from there changes nothing."""
    moment = moment.replace(second=0)
    walked = next(
        (m for m in (moment + k * MINUTE for k in range(2 * 1440)) if wall_says_open(calendar, m, location)), None
    )
    if walked is not None:
        assert calendar.next_open(moment, location) == walked
    try:
        found = calendar.next_open(moment, location)
    except SettingsError:
        return
    assert calendar.is_open(found, location)
    assert found >= moment
    assert calendar.next_open(found, location) == found
    assert calendar.open_on(found.astimezone(LA).date(), location)


def is_open_day(calendar, day):
    """The oracle of days: any open minute at all."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    minutes = (start + k * MINUTE for k in range(34 * 60))
    return any(wall_says_open(calendar, m, None) for m in minutes if m.astimezone(LA).date() == day)


@given(calendars(), days)
def test_an_open_day_has_an_open_minute(calendar, day):
    """A day is open exactly when some minute of it is."""
    assert calendar.open_on(day) is is_open_day(calendar, day)
    assert bool(calendar.openings(day)) is calendar.open_on(day)


@given(calendars(), days, st.integers(1, 12))
def test_the_nth_open_day_is_counted_one_by_one(calendar, day, n):
    """It is the day a person finds who crosses off open days, and counting back gives n."""
    crossed = [d for d in (day + k * DAY for k in range(1, 80)) if calendar.open_on(d)]
    if len(crossed) >= n:
        found = calendar.nth_open_day_after(day, n)
        assert found == crossed[n - 1]
        assert calendar.open_days_between(day, found) == n
        assert calendar.open_days_between(day, found - DAY) == n - 1
    assert calendar.open_days_between(day, day) == 0
    assert calendar.open_days_between(day, day - 5 * DAY) == 0


small_hours = st.sampled_from([time(0), time(1, 30), time(2, 30), time(4)])


@given(calendars(small_hours), days)
def test_business_days_follow_one_another_and_end_in_order(calendar, day):
    """Each day ends later than the one before; its end is the first instant of the next."""
    end = calendar.end_of_business_day(day)
    assert end.utcoffset() == timedelta(0)
    assert end < calendar.end_of_business_day(day + DAY)
    assert calendar.business_date(end) == day + DAY
    assert calendar.business_date(end - timedelta(microseconds=1)) == day


@given(calendars(small_hours), instants)
def test_every_instant_lies_in_its_business_day(calendar, moment):
    """An instant is before the end of its business day and not before the end of the day before."""
    day = calendar.business_date(moment)
    assert calendar.end_of_business_day(day - DAY) <= moment < calendar.end_of_business_day(day)


@given(instants)
def test_a_day_that_ends_at_midnight_is_the_date_on_the_wall(moment):
    """Without another rule the business day is the local date."""
    assert Calendar(ZONE).business_date(moment) == moment.astimezone(LA).date()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)])
def test_the_nights_on_which_the_clocks_change_have_their_true_length(day, hours):
    """A spring day has 23 hours and an autumn day 25."""
    calendar = Calendar(ZONE)
    length = calendar.end_of_business_day(day) - calendar.end_of_business_day(day - DAY)
    assert length == timedelta(hours=hours)


def test_at_noon_and_after_closing_the_next_stretch_is_found():
    """Stretches that are over are passed by, on the same day and on the next."""
    hours = ((time(9), time(12)), (time(13), time(17)))
    calendar = Calendar(ZONE, (WeeklyHours(monday=hours, tuesday=hours),))
    monday = datetime(2026, 6, 1, tzinfo=LA)
    assert calendar.next_open(monday.replace(hour=12)) == monday.replace(hour=13)
    assert calendar.next_open(monday.replace(hour=17)) == monday.replace(day=2, hour=9)


def test_a_stretch_that_the_spring_gap_swallows_is_no_opening():
    """Hours from 02:30 to 03:10 do not exist on the night of 8 March 2026."""
    calendar = Calendar(ZONE, (WeeklyHours(sunday=((time(2, 30), time(3, 10)),)),))
    assert calendar.openings(date(2026, 3, 8)) == ()
    assert calendar.next_open(datetime(2026, 3, 8, 9, tzinfo=UTC)).astimezone(LA).date() == date(2026, 3, 15)


def test_closures_count_for_their_locations_only():
    """A library that is closed alone leaves the district open; a closure of all closes it too."""
    monday = date(2026, 6, 1)
    alone = Calendar(ZONE, (WEEKDAYS,), (Closure(monday, monday, "roof", (NORTH,)),))
    assert alone.open_on(monday)
    assert not alone.open_on(monday, NORTH)
    assert alone.open_on(monday, CHENEY)
    everywhere = Calendar(ZONE, (WEEKDAYS,), (Closure(monday, monday, "holiday"),))
    assert not everywhere.open_on(monday, CHENEY)
    assert everywhere.nth_open_day_after(monday - DAY, 1) == date(2026, 6, 2)


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(ZONE),
        Calendar(ZONE, (WeeklyHours(),)),
        Calendar(ZONE, (WEEKDAYS,), (Closure(date.min, date.max, "for ever"),)),
        Calendar(ZONE, (WeeklyHours(monday=NINE_TO_FIVE, valid_to=date(2020, 1, 1)),)),
        Calendar(ZONE, (WeeklyHours(monday=NINE_TO_FIVE, valid_to=date.max), WeeklyHours(valid_from=date.max))),
    ],
    ids=["no hours", "empty hours", "closed for ever", "ended", "ends with time"],
)
def test_a_calendar_without_an_open_day_says_so_and_does_not_search_for_ever(calendar):
    """The search ends with a refusal that says what to enter."""
    start = datetime(2026, 1, 1, 20, tzinfo=UTC)
    if calendar.hours and calendar.hours[-1].valid_from == date.max:
        start = datetime(9999, 12, 30, 20, tzinfo=UTC)
    day = start.date()
    with pytest.raises(SettingsError, match=r"calendar: no open day follows .*opening hours"):
        calendar.nth_open_day_after(day, 1)
    with pytest.raises(SettingsError, match="no open day follows"):
        calendar.next_open(start)
    assert calendar.open_days_between(day, date.max) == 0


def test_hours_that_begin_in_a_thousand_years_are_found_at_once():
    """The search leaps from change to change instead of walking day by day."""
    far = date(9000, 1, 1)
    calendar = Calendar(ZONE, (WeeklyHours(valid_to=far), WeeklyHours(monday=NINE_TO_FIVE, valid_from=far)))
    found = calendar.nth_open_day_after(date(2, 1, 1), 1)
    assert far <= found < far + 7 * DAY


def test_the_last_date_there_is_ends_with_time_itself():
    """Systems write 9999-12-31 for never; that day can be reckoned with, the first of all cannot."""
    calendar = Calendar(ZONE)
    assert calendar.end_of_business_day(date.max) == datetime.max.replace(tzinfo=UTC)
    assert calendar.business_date(datetime(9999, 12, 31, 23, tzinfo=UTC)) == date.max
    for zone in (ZONE, "UTC"):
        with pytest.raises(InvalidValue, match="outside the years"):
            Calendar(zone).is_open(datetime(1, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("n", [0, -1])
def test_open_days_are_counted_from_one(n):
    """There is no zeroth open day."""
    with pytest.raises(InvalidValue, match="counts from 1"):
        Calendar(ZONE, (WEEKDAYS,)).nth_open_day_after(date(2026, 1, 1), n)


def test_an_instant_without_a_zone_is_refused():
    """A naive datetime could be any of many instants."""
    with pytest.raises(InvalidValue, match="no time zone"):
        Calendar(ZONE).is_open(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Calendar("America/Los_Angelos"), r"Calendar\.zone: must be a time zone"),
        (lambda: Calendar("../etc/passwd"), "must be a time zone"),
        (lambda: Calendar(""), "must be a time zone"),
        (lambda: Calendar(5), "must be a time zone"),
        (lambda: Calendar("America"), "must be a time zone"),
        (lambda: Calendar(ZONE, day_ends=time(12)), "before noon"),
        (lambda: Calendar(ZONE, day_ends="02:00"), "before noon"),
        (lambda: Calendar(ZONE, day_ends=time(2, tzinfo=UTC)), "before noon"),
        (lambda: Calendar(ZONE, (WEEKDAYS, WEEKDAYS)), r"\[0\] \(ever to ever\) and \[1\]"),
        (lambda: WeeklyHours(monday=((time(17), time(9)),)), "later than the one before"),
        (lambda: WeeklyHours(monday=((time(9), time(12)), (time(11), time(13)))), "later than the one before"),
        (lambda: WeeklyHours(monday=((time(9), time(9)),)), "later than the one before"),
        (lambda: WeeklyHours(monday=[(time(9), time(12))]), "must be pairs"),
        (lambda: WeeklyHours(monday=(time(9), time(12))), "must be pairs"),
        (lambda: WeeklyHours(monday=((time(9),),)), "must be pairs"),
        (lambda: WeeklyHours(monday=(("09:00", "12:00"),)), "must be pairs"),
        (lambda: Closure(date(2026, 1, 2), date(2026, 1, 1), "x"), "must not be before first"),
        (lambda: Closure(date(2026, 1, 2), date(2026, 1, 2), " "), "not blank"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(build, words):
    """Unknown zones, hours that overlap or run backwards and closures that end before they begin."""
    with pytest.raises(InvalidValue, match=words):
        build()
