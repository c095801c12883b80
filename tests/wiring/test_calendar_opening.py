"""The closures of another system in a district's calendar."""

import pytest

from scld_core import open_desk
from scld_core.errors import BadInput, SettingsError
from scld_core.settings import load_settings
from scld_core.wiring.doctor import examine
from scld_core.wiring.founding import init_district

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//synthetic//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260301T080000Z
DTSTART;VALUE=DATE:20260312
SUMMARY:Staff day
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTAMP:20260301T080000Z
DTSTART:20260313T100000Z
SUMMARY:An hour only
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def folder(tmp_path):
    """The sample district, whose closures are in a saved calendar."""
    place = tmp_path / "sample"
    init_district(place, actor="sample-associate", sample=True)
    toml = place / "district.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(
        text.replace("[calendar]", '[calendar]\nclosures_from = "closures"')
        if "[calendar]" in text
        else text + '\n[calendar]\nclosures_from = "closures"\n',
        encoding="utf-8",
    )
    with toml.open("a", encoding="utf-8") as file:
        file.write('\n[backends.closures]\nuse = "ics"\npath = "*.ics"\n')
    (place / "closures.ics").write_text(CALENDAR, encoding="utf-8")
    return place


def test_a_closure_of_another_calendar_moves_what_is_counted_in_open_days(folder):
    """The desk's calendar has it beside the district's own closures."""
    with open_desk(folder, actor="sample-associate") as desk:
        calendar = desk.settings.opening_hours()
        own = load_settings(folder).opening_hours()
        assert own.open_days_between(desk.day.business_day, own.nth_open_day_after(desk.day.business_day, 3)) == 3
        assert not calendar.open_on(calendar.closures[-1].first)
        assert calendar.nth_open_day_after(desk.day.business_day, 3) > own.nth_open_day_after(desk.day.business_day, 3)


def test_the_doctor_tells_what_was_read_and_what_cannot_be_used(folder):
    """One line for the calendar, and one for each event that is left out."""
    found = [finding for finding in examine(folder) if finding.what == "calendar"]
    assert [(one.ok, one.detail.partition(": ")[2] or one.detail) for one in found] == [
        (True, "1 closures within a year, of closures"),
        (None, "DTSTART has a time of day: only whole days close a library"),
    ]


def test_a_calendar_that_cannot_be_read_stops_the_desk(folder):
    """A date counted without it would be wrong."""
    (folder / "closures.ics").write_text(CALENDAR[:100], encoding="utf-8")
    with pytest.raises(BadInput, match="was cut short"):
        open_desk(folder, actor="sample-associate")


def test_the_name_must_be_of_a_backend_that_keeps_closures(folder):
    """An unknown name is a mistake in the settings, and so is an ILS's."""
    toml = folder / "district.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('closures_from = "closures"', 'closures_from = "closure"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="Did you mean 'closures'"):
        open_desk(folder, actor="sample-associate")
    toml.write_text(text.replace('closures_from = "closures"', 'closures_from = "main"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="main keeps no closures"):
        open_desk(folder, actor="sample-associate")
