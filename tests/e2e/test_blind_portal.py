"""A portal without an export: what operators confirm is all that is known of a line."""

from datetime import date, timedelta

import pytest
from e2e_district import MONDAY, Portal, tick, tick_all
from e2e_story import told

DEVICES = dict.fromkeys(range(6), "carrier")
OVERDUE = date(2026, 9, 29)


@pytest.fixture
def town(found):
    """Six hotspots, of which two are overdue."""
    town = found({"carrier": Portal.BLIND}, DEVICES)
    town.lend(0, OVERDUE)
    town.lend(1, OVERDUE)
    town.extract()
    return town


def test_everything_goes_by_confirmations(town):
    """Suspended, returned, restored, lost and ended, by ticks alone; every day ends at zero."""
    monday = town.morning()
    assert (monday.code, monday.result.residual, monday.bulk()) == (0, 0, None)
    assert [w[:2] for w in monday.waits] == [("suspend", 0), ("suspend", 1)]
    town.confirm(tick_all(monday.worklist()))
    assert town.morning().planned == []
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.put(2, "lost_paid")
    town.sleep_until(MONDAY + timedelta(days=1))
    tuesday = town.morning()
    assert tuesday.asked == [
        ("restore", 0, "waiting"),
        ("suspend", 2, "waiting"),
        ("terminate", 2, "needs_approval"),
    ]
    town.confirm(tick_all(tuesday.worklist()))
    town.approve(town.record("terminate", 2).step.id)
    town.sleep_until(MONDAY + timedelta(days=2))
    wednesday = town.morning()
    assert wednesday.asked == [("terminate", 2, "waiting")]
    town.confirm(tick_all(wednesday.worklist()))
    town.sleep_until(MONDAY + timedelta(days=3))
    thursday = town.morning()
    assert (thursday.planned, thursday.waits, thursday.exceptions, thursday.strict) == ([], [], [], 0)


def test_what_cannot_be_read_back_waits_in_peace(town):
    """Every morning asks what became of the open rows; a portal that shows nothing is no trouble and no news."""
    first = town.morning()
    for days in (1, 2):
        town.sleep_until(MONDAY + timedelta(days=days))
        day = town.morning()
        assert (day.code, day.planned, day.waits) == (0, [], first.waits)
        assert "could not be read back" not in day.page
    assert told(town, town.record("suspend", 0).step.id) == ["prepare", "handed_over"]


def test_an_unticked_row_comes_back_and_a_ticked_one_does_not(town):
    """One of two was done."""
    monday = town.morning()
    done = town.record("suspend", 0).step.id
    town.confirm(tick(monday.worklist(), {done: ("x", "x")}))
    town.sleep_until(MONDAY + timedelta(days=1))
    tuesday = town.morning()
    assert [w[:2] for w in tuesday.waits] == [("suspend", 1)]
    assert done not in tuesday.worklist().read_text(encoding="utf-8")


def test_what_comes_back_before_its_row_was_ticked_is_made_sure_of(town):
    """It may be suspended so service is asked for; once more where a late tick blurs the order."""
    monday = town.morning()
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.sleep_until(MONDAY + timedelta(days=1))
    tuesday = town.morning()
    assert tuesday.planned == [("restore", 0)]
    assert "never confirmed, so it may be done" in tuesday.page
    town.clock.tick(minutes=20)
    town.confirm(tick(monday.worklist(), {town.record("suspend", 0).step.id: ("x", "x")}))
    town.clock.tick(minutes=20)
    later = town.morning()
    assert (later.planned, [w[:2] for w in later.waits]) == ([], [("restore", 0), ("suspend", 1)])
    town.confirm(tick_all(later.worklist()))
    town.clock.tick(minutes=20)
    again = town.morning()
    assert again.planned == [("restore", 0)]
    assert "was confirmed only after another step was" in again.page
    town.confirm(tick_all(again.worklist()))
    town.clock.tick(minutes=20)
    done = town.morning()
    assert (done.planned, done.waits, done.result.residual) == ([], [], 0)
