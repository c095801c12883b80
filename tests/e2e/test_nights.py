"""Midnight, the two nights on which the clocks change, and closed days, with the district's own calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from e2e_district import MONDAY, Portal, at

from support.clock import Ticking

DEVICES = dict.fromkeys(range(5), "carrier")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def make(found):
    """Makes a district at an instant, with a portal and a grace of so many days."""

    def made(now, grace=0):
        town = found({"carrier": Portal.TABLE}, DEVICES, clock=Ticking(now), grace_days=grace)
        return town, Portal(town, DEVICES)

    return made


def planned_at(town, portal, moment):
    """What a dry run would do at that instant, on fresh files."""
    town.clock.at = moment
    town.extract(moment - MINUTE)
    for path in portal.folder.glob("*") if portal.folder.exists() else ():
        path.unlink()
    portal.export(moment - MINUTE)
    looked = town.morning(dry_run=True)
    assert looked.error == ""
    return looked.planned


NIGHTS = [
    (date(2026, 3, 7), 0, datetime(2026, 3, 8, 8, tzinfo=UTC)),  # the evening before the short night
    (date(2026, 3, 8), 0, datetime(2026, 3, 9, 7, tzinfo=UTC)),  # the day of 23 hours
    (date(2026, 3, 6), 1, datetime(2026, 3, 8, 8, tzinfo=UTC)),
    (date(2026, 3, 7), 1, datetime(2026, 3, 10, 7, tzinfo=UTC)),  # Sunday is closed: the grace is Monday
    (date(2026, 10, 31), 0, datetime(2026, 11, 1, 7, tzinfo=UTC)),  # the evening before the long night
    (date(2026, 11, 1), 0, datetime(2026, 11, 2, 8, tzinfo=UTC)),  # the day of 25 hours
    (date(2026, 10, 30), 1, datetime(2026, 11, 1, 7, tzinfo=UTC)),
    (date(2026, 10, 31), 1, datetime(2026, 11, 3, 8, tzinfo=UTC)),
    (date(2026, 11, 24), 2, datetime(2026, 11, 29, 8, tzinfo=UTC)),  # Thanksgiving is closed for two days
]


@pytest.mark.parametrize(
    ("due", "grace", "ends", "kind"),
    [
        *((*night, "date") for night in NIGHTS),
        *((*NIGHTS[number], kind) for number in (1, 5) for kind in ("last minute", "midnight")),
    ],
)
def test_service_stops_at_the_end_of_the_last_local_day_and_no_minute_earlier(make, due, grace, ends, kind):
    """However the ILS writes the due date: a minute before nothing is planned, at the end the suspension is."""
    town, portal = make(ends - timedelta(days=1), grace)
    shown = {"date": due, "last minute": at(due, 23, 59), "midnight": at(due + timedelta(days=1), 0)}
    town.lend(0, shown[kind])
    assert planned_at(town, portal, ends - MINUTE) == []
    assert planned_at(town, portal, ends) == [("suspend", 0)]


@pytest.mark.parametrize("sunday", [date(2026, 3, 8), date(2026, 11, 1)])
def test_hourly_runs_through_a_night_on_which_the_clocks_change_act_once(make, sunday):
    """Every hour by the sun, 03:00 twice or never on the wall: one step, one hand-over, one row."""
    town, portal = make(at(sunday - timedelta(days=1), 20))
    town.lend(0, sunday - timedelta(days=1))
    seen = []
    for _ in range(14):
        town.extract(town.clock.now() - MINUTE)
        portal.export(town.clock.now() - MINUTE)
        night = town.morning()
        assert (night.code, night.result.residual) == (0, 0), night.error
        seen += night.asked
        town.clock.tick(hours=1)
    assert seen == [("suspend", 0, "waiting")]
    assert len(town.record("suspend", 0).attempts) == 1


def test_an_export_of_the_hour_that_comes_twice_is_never_from_the_future(make):
    """01:30 in the name, and the wall shows 01:40 for the second time: old by an hour at most, and used."""
    second = datetime(2026, 11, 1, 9, 40, tzinfo=UTC)
    town, portal = make(second)
    town.lend(0, date(2026, 10, 30))
    town.extract()
    portal.export(second - timedelta(minutes=10))
    assert town.morning().asked == [("suspend", 0, "waiting")]


def test_a_run_over_midnight_and_one_after_it_do_nothing_twice(make):
    """Begun at 23:59, ended the next day; the run after midnight is of another day and finds nothing to do."""
    town, portal = make(at(MONDAY, 23, 59))
    for n in (0, 1):
        town.lend(n, date(2026, 9, 29))
    town.extract()
    portal.export()

    def slowly(stage):
        if stage.what == "apply" and stage.done == 1:
            town.clock.tick(minutes=2)

    late = town.morning(progress=slowly)
    early = town.morning()
    assert (late.result.run, early.result.run) == ("2026-10-05-1", "2026-10-06-1")
    assert [r for *_, r in late.asked] == ["waiting", "waiting"]
    assert (early.planned, early.waits) == ([], late.waits)
    assert [len(r.attempts) for r in town.records()] == [1, 1]


def test_a_hotspot_due_today_is_left_alone_all_day(make):
    """Due on a Monday without any grace: in service until midnight, whatever the hour."""
    town, portal = make(at(MONDAY, 0))
    town.lend(0, MONDAY)
    for hour in (0, 8, 20, 23):
        assert planned_at(town, portal, at(MONDAY, hour)) == []
