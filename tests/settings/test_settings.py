"""district.toml: what it may say, and what a mistake in it is told."""

import re
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import SettingsError
from scld_core.kernel.ids import LocationId
from scld_core.settings import BackendSettings, load_settings, read_settings

WHOLE = """
auto_apply = ["hotspots"]

[district]
name = "Sample district"
timezone = "America/Los_Angeles"
profile = "spokane-county"
today = 2026-01-15
sample = true

[store]
use = "sqlite"
path = "district.db"

[backends.main]
use = "files"
path = "loans.csv"

[backends.carrier]
use = "portal-csv"
page_size = 5

[roles]
jdoe = ["supervisor", "desk"]

[approval]
roles = ["supervisor"]
other_actor = false

[hotspots]
inventory = "hotspots.csv"
carrier = "carrier"
columns = { barcode = "Item barcode" }

[policy.hotspots]
grace_days = 2

[[policy.circulation.lost_after_days]]
value = 30
valid_from = 2026-01-01

[[calendar.hours]]
monday = [["09:00", "12:00"], ["13:00", "20:00"]]
valid_to = 2026-06-01

[[calendar.hours]]
monday = [[10:00:00, 18:00:00]]
valid_from = 2026-06-01

[[calendar.closures]]
first = 2026-12-24
last = 2026-12-25
reason = "Christmas"
locations = ["cheney"]

[plugins]
allow = ["scld_adapters"]
deny = ["other"]
"""

LEAST = {"district": {"name": "D", "timezone": "America/Los_Angeles", "profile": "spokane-county"}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "district.toml").write_text(WHOLE, encoding="utf-8")
    return tmp_path


def refused(data):
    with pytest.raises(SettingsError) as caught:
        read_settings(data, folder=Path("d"))
    return caught.value


def test_everything_that_can_be_said_arrives(folder):
    """Each table becomes its value; a backend's own keys are passed on as they are."""
    settings = load_settings(folder)
    assert settings == load_settings(folder / "district.toml")
    assert settings.folder == folder
    assert settings.district.name == "Sample district"
    assert settings.district.today == date(2026, 1, 15)
    assert settings.district.sample
    assert settings.store == BackendSettings("sqlite", {"path": "district.db"})
    assert settings.backends["carrier"] == BackendSettings("portal-csv", {"page_size": 5})
    assert settings.auto_apply == ("hotspots",)
    assert settings.roles == {"jdoe": ("supervisor", "desk")}
    assert (settings.approval.roles, settings.approval.other_actor) == (("supervisor",), False)
    assert settings.hotspots.columns == {"barcode": "Item barcode"}
    assert settings.policy["hotspots"] == {"grace_days": 2}
    assert settings.policy["circulation"]["lost_after_days"][0]["value"] == 30
    assert settings.plugins.allow == ("scld_adapters",)
    assert settings.calendar.closures[0].locations == (LocationId("cheney"),)


def test_the_calendar_is_made_in_the_districts_zone(folder):
    """Opening hours, closures and the zone together answer when it is open."""
    calendar = load_settings(folder).opening_hours()
    monday = datetime(2026, 1, 5, 12, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert not calendar.is_open(monday)
    assert calendar.is_open(monday.replace(hour=19))
    assert not calendar.is_open(monday.replace(month=6, day=8, hour=19))
    assert calendar.zone == "America/Los_Angeles"
    assert calendar.day_ends == time(0)


def test_what_is_not_said_has_its_default():
    """Nothing is applied by itself, nobody may approve, and approval needs another actor."""
    settings = read_settings(LEAST, folder=Path("d"))
    assert settings.store == BackendSettings("sqlite")
    assert (settings.auto_apply, settings.roles, settings.backends, settings.hotspots) == ((), {}, {}, None)
    assert settings.approval.roles == ()
    assert settings.approval.other_actor
    assert settings.plugins.allow is None


def test_a_profile_is_a_name_or_a_file_in_the_folder():
    """Text that ends in .toml is looked for beside district.toml."""
    assert read_settings(LEAST, folder=Path("d")).profile == "spokane-county"
    own = {"district": LEAST["district"] | {"profile": "own.toml"}}
    assert read_settings(own, folder=Path("d")).profile == Path("d/own.toml")


def test_a_folder_without_settings_says_how_to_make_some(tmp_path):
    """A missing district.toml is answered with the command that makes one."""
    with pytest.raises(SettingsError, match="scld init"):
        load_settings(tmp_path)


def test_a_syntax_mistake_is_a_settings_error_with_its_line(tmp_path):
    """The line is named as for every TOML file."""
    (tmp_path / "district.toml").write_text("[district]\nname = \n")
    with pytest.raises(SettingsError, match=r"district\.toml:2: is not TOML"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("extra", "where", "words"),
    [
        ({"polcy": {}}, "polcy", "Did you mean 'policy'"),
        ({"folder": "x"}, "folder", "unknown key"),
        ({"auto_apply": "hotspots"}, "auto_apply", "must be a list"),
        ({"auto_apply": [" "]}, "auto_apply", "not blank"),
        ({"store": "sqlite"}, "store", "must be a table"),
        ({"store": {"path": "x"}}, "store.use", "is required"),
        ({"backends": "files"}, "backends", "must be a table"),
        ({"backends": {"main": "files"}}, "backends.main", "must be a table"),
        ({"backends": {"main": {"use": 5}}}, "backends.main.use", "must be text"),
        ({"backends": {"my ils": {"use": "files"}}}, "backends.my ils", "letters, digits, - or _"),
        ({"roles": {"jdoe": "supervisor"}}, "roles.jdoe", "must be a list"),
        ({"approval": {"other_actors": True}}, "approval.other_actors", "Did you mean 'other_actor'"),
        ({"approval": {"other_actor": 1}}, "approval.other_actor", "true or false"),
        ({"hotspots": {"inventry": "x", "inventory": "y"}}, "hotspots.inventry", "Did you mean 'inventory'"),
        ({"hotspots": {"inventory": "x", "carrier": "a"}}, "hotspots.carrier", r"Name one of \[backends\]"),
        (
            {"hotspots": {"inventory": "x", "carrier": "carier"}, "backends": {"carrier": {"use": "kajeet"}}},
            "hotspots.carrier",
            "Did you mean 'carrier'",
        ),
        ({"policy": {"hotspots": 5}}, "policy.hotspots", "must be a table"),
        ({"calendar": {"zone": "UTC"}}, "calendar.zone", "unknown key"),
        ({"calendar": {"day_ends": "13:00"}}, "calendar.day_ends", "before noon"),
        ({"calendar": {"hours": [{"mondy": []}]}}, "calendar.hours[0].mondy", "Did you mean 'monday'"),
        ({"calendar": {"hours": [{}, {}]}}, "calendar.hours", "hold on the same days"),
        ({"calendar": {"hours": [{"monday": [["9", "17:00"]]}]}}, "calendar.hours[0].monday[0][0]", "such as 09:30"),
        ({"plugins": {"allow": [5]}}, "plugins.allow[0]", "must be text"),
        ({"district": LEAST["district"] | {"today": "tomorrow"}}, "district.today", "must be a date"),
        ({"district": LEAST["district"] | {"name": ""}}, "district.name", "not blank"),
        (
            {"district": LEAST["district"] | {"timezone": "America/Los_Angelos"}},
            "district.timezone",
            "did you mean 'America/Los_Angeles'",
        ),
        ({"district": LEAST["district"] | {"timezone": "Nowhere"}}, "district.timezone", "such as 'America/Los_Angel"),
    ],
)
def test_each_mistake_is_named_at_its_path_with_what_was_meant(extra, where, words):
    """Every kind of mistake has its path, its rule and where possible the nearest valid word."""
    fault = refused(LEAST | extra)
    assert fault.where == where
    assert re.search(words, str(fault))


def test_all_mistakes_of_a_file_are_told_at_once():
    """A person mends the file once, not once for each mistake."""
    text = str(refused({"district": {"nam": "D"}, "backends": {"a b": {}}, "stor": {}}))
    for where in ("stor", "district.nam", "district.name", "district.timezone", "district.profile", "backends.a b"):
        assert f"  {where}: " in text


def test_a_password_in_a_backends_table_is_not_printed():
    """The repr of settings leaves out what only the backend understands."""
    data = LEAST | {"backends": {"carrier": {"use": "kajeet", "password": "hunter2"}}}
    assert "hunter2" not in repr(read_settings(data, folder=Path("d")))


words = st.text(max_size=8)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=6,
)
tables = st.sampled_from(
    ["district", "store", "backends", "auto_apply", "roles", "approval", "hotspots", "policy", "calendar", "plugins"]
)


@given(st.dictionaries(tables, anything, max_size=4))
def test_no_document_whatever_is_a_traceback(data):
    """Any tables are either settings or a settings error."""
    try:
        outcome = read_settings(LEAST | data, folder=Path("d"))
    except SettingsError as fault:
        outcome = fault
    assert outcome is not None
