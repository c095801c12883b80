"""Files are labelled with their age, and the machine's own zone is found or UTC is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import FileRefused
from scld_core.services.agency.inputs import Input, Role, fingerprint, stamp
from scld_core.services.agency.zone import machine_zone

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


def _input(age):
    return Input(Role.ILS, "ils.csv", "", "0" * 64, NOW - age, NOW)


@pytest.mark.parametrize(
    ("age", "words", "old"),
    [
        (timedelta(minutes=59), "the ILS file is less than an hour old", False),
        (timedelta(hours=1), "the ILS file is 1 hour old", False),
        (timedelta(hours=47, minutes=59), "the ILS file is 47 hours old", False),
        (timedelta(days=2), "the ILS file is 2 days old", True),
        (timedelta(days=3, hours=23), "the ILS file is 3 days old", True),
        (timedelta(minutes=-10), "the ILS file is less than an hour old", False),
        (timedelta(minutes=-11), "the ILS file is from the future: its clock or its time zone is wrong", True),
    ],
)
def test_an_age_is_said_in_words_and_never_rounded_up(age, words, old):
    """From two days on a reader is told before the first number; a file from the future at once."""
    assert (_input(age).age, _input(age).old) == (words, old)


def test_an_age_that_nothing_tells_is_not_told():
    """It is no number of days, a reader hears of it first, and is told how the file could tell."""
    untold = Input(Role.SENT, "sent.csv", "", "0" * 64, None, NOW)
    assert untold.age == "the last file sent does not say when it was made: age not told"
    assert untold.old
    assert not untold.ahead
    assert "sent.csv.meta.toml" not in untold.rests_on
    assert ".meta.toml" in untold.rests_on
    assert untold.as_json() | {"as_of": None, "stated": False, "days": None} == untold.as_json()
    assert "the file says so" in _input(timedelta(days=3)).rests_on


def test_notices_are_old_by_nature():
    """The lawful notice was sent a month before; nobody needs a warning for that."""
    assert not Input(Role.NOTICES, "n.csv", "", "0" * 64, NOW - timedelta(days=90), NOW).old


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_days_are_whole_days(age):
    """The number of days is the largest that fits, as programs reckon it."""
    days = _input(age).days
    assert timedelta(days=days) <= age < timedelta(days=days + 1)
    assert _input(age).as_json()["days"] == days


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """With its path and what to do."""
    for look in (fingerprint, stamp):
        with pytest.raises(FileRefused, match=r"none\.csv: cannot be read .*Check the path"):
            look(tmp_path / "none.csv")


def test_the_zone_is_that_of_tz_or_of_the_system_or_utc(tmp_path):
    """TZ goes first; what names no zone is passed over."""
    link = tmp_path / "localtime"
    link.symlink_to(Path("/usr/share/zoneinfo/America/Boise"))
    assert machine_zone({"TZ": ":America/Denver"}, link).key == "America/Denver"
    assert machine_zone({"TZ": "PST8PDT,M3.2.0,M11.1.0"}, link).key == "America/Boise"
    assert machine_zone({"TZ": "/etc/passwd"}, link).key == "America/Boise"
    assert machine_zone({}, link).key == "America/Boise"
    assert machine_zone({}, tmp_path / "none").key == "UTC"
    (tmp_path / "plain").write_text("", encoding="utf-8")
    assert machine_zone({"TZ": ""}, tmp_path / "plain").key == "UTC"
