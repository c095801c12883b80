"""The sample: the same on every machine, and every mess in it leads to what its story says."""

import csv
import io
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from scld_core import codecs, open_desk
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.sample.files import SAMPLE_DAY, SEED, STALE_EXTRACT, extract_text, inventory_text, sample_now, stale
from scld_core.sample.hotspots import INVENTORY_HEADER, LIBRARIES, MESSY, PER_SCALE, make_hotspots
from scld_core.sample.template import DESK_VALUES, POLICY_VALUES, district_toml
from scld_core.settings import read_settings
from scld_core.wiring.founding import make_sample
from support.hotspots import CALENDAR, NOW

IN_ORDER = ("in order",)
STORIES = {
    "overdue and still in service": (SUSPEND,),
    "overdue and suspended: in order": IN_ORDER,
    "returned and still suspended": (RESTORE,),
    "returned, in transit, still suspended": (RESTORE,),
    "in grace": IN_ORDER,
    "a carrier word nobody knows": ("unknown_word",),
    "lost SIM: the carrier has another one in this device": ("sim_swapped",),
    "IMEI lost its leading digits in a spreadsheet": ("inventory_row",),
    "SIM number in scientific notation": ("inventory_row",),
    "shares a SIM with the next row": ("inventory_row",),
    "shares a SIM with the row before": ("inventory_row",),
    "claimed returned": (SUSPEND,),
    "lost, not paid": (SUSPEND,),
    "lost for long: its line should end": (TERMINATE,),
    "lost and paid: its line should end": (TERMINATE,),
    "withdrawn": (SUSPEND, TERMINATE),
    "on the hold shelf, still suspended": (RESTORE,),
    "overdue on a card that was merged": (SUSPEND,),
    "missing": (SUSPEND,),
    "the ILS does not know it": ("not_in_ils",),
    "renewed while suspended": (RESTORE,),
    "an ILS word nobody knows": ("unreadable",),
}
"""What comes of each story: the steps, or the exception's code."""


def _made(scale=1, seed=SEED):
    return make_hotspots(ils="main", now=NOW, calendar=CALENDAR, scale=scale, seed=seed)


@pytest.fixture(scope="module")
def plan():
    """The sample's plan of its own morning."""
    with open_desk(sample=True, actor="sample-associate") as desk:
        return desk.day.plan()


def _came_of(plan, index):
    """Steps and exception codes that concern the sample's row of that index."""
    row = _made().inventory[index]
    steps = [step.action for step in plan.steps if step.subject == f"main:{row[0]}"]
    names = {f"hotspots.csv:{index + 2}", f"{row[1]} ({row[6]})"}
    return (*steps, *(e.code for e in plan.exceptions if e.subject in names)) or IN_ORDER


@pytest.mark.parametrize("index", range(len(MESSY)), ids=[story for _, _, story in MESSY])
def test_every_story_leads_to_what_it_says(plan, index):
    """Each messy hotspot gets exactly the steps, or the one exception, of its story."""
    assert _came_of(plan, index) == STORIES[MESSY[index][2]]


def test_no_story_is_missing_and_the_rest_is_in_order(plan):
    """The table above tells every story, and all hotspots without one are as they should be."""
    assert [story for _, _, story in MESSY] == list(STORIES)
    assert {_came_of(plan, index) for index in range(len(MESSY), PER_SCALE)} == {IN_ORDER}
    quiet = PER_SCALE - len(MESSY) + sum(told == IN_ORDER for told in STORIES.values())
    assert [area.in_order for area in plan.areas] == [quiet]


def test_every_unusable_row_is_told_with_its_line_and_reason(plan):
    """The damaged cells are quarantined, each for its own reason; their lines are strangers until then."""
    told = {e.subject: e.detail for e in plan.exceptions if e.code == "inventory_row"}
    assert "has 13 digits" in told["hotspots.csv:9"]
    assert "scientific notation" in told["hotspots.csv:10"]
    assert told["hotspots.csv:11"] == "has the same SIM as line 12"
    assert told["hotspots.csv:12"] == "has the same SIM as line 11"
    assert Counter(e.code for e in plan.exceptions)["stranger"] == len(told) + 1


def test_the_same_arguments_give_the_same_records_and_another_seed_others():
    """The sample depends on its arguments alone."""
    assert _made() == _made()
    assert _made() != _made(seed=SEED + 1)


@pytest.mark.parametrize("scale", [1, 3])
def test_scale_multiplies_the_hotspots_and_keeps_them_apart(scale):
    """Forty hotspots times the scale, no two with the same item, and a line for each and a stranger."""
    made = _made(scale)
    assert len(made.inventory) == len({row[0] for row in made.inventory}) == PER_SCALE * scale
    assert len(made.seed.lines) == len({line.imei for line in made.seed.lines}) == PER_SCALE * scale + 1
    assert {row[6] for row in made.inventory} == set(LIBRARIES)
    assert {item.item.local for item in made.seed.items} == set(made.seed.barcodes) == set(made.seed.homes)
    assert made.seed.merged == {"p9001": "p9002"}
    assert "p9001" in {i.loan.patron.local for i in made.seed.items if i.loan}


def _dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_two_samples_are_equal_to_the_last_row(tmp_path):
    """Two folders hold the same texts and, table by table, the same database contents."""
    one, two = tmp_path / "one", tmp_path / "two"
    make_sample(one, actor="anne")
    make_sample(two, actor="anne")
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(two)) for path in two.rglob("*") if path.is_file())
    for name in names:
        if name.endswith(".sqlite"):
            assert _dump(one / name) == _dump(two / name), name
        else:
            assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_the_extract_beside_it_is_canonical_and_three_days_old():
    """One row for each item, all as of the same instant, the ILS's unknown word as it stands, no patron."""
    items = _made().seed.items
    rows = list(csv.DictReader(io.StringIO(extract_text(items, stale(NOW)))))
    assert [row["item"] for row in rows] == [item.item.local for item in items]
    assert {row["as_of"] for row in rows} == {"2026-03-07T15:00:00+00:00"}
    assert "Display case" in {row["status"] for row in rows}
    assert {row["household"] for row in rows} == {""}
    assert not any(item.loan and item.loan.patron.local in row.values() for item, row in zip(items, rows, strict=True))
    assert STALE_EXTRACT.endswith(".csv")


def test_the_inventory_file_is_what_the_library_would_keep():
    """A header and one row for each device, in a CSV that reads back as it was."""
    rows = _made().inventory
    assert [tuple(row) for row in csv.reader(io.StringIO(inventory_text(rows)))] == [INVENTORY_HEADER, *rows]


def test_the_sample_stands_at_eight_in_the_morning_of_its_own_day():
    """08:00 local time, after the spring change of clocks."""
    assert sample_now("America/Los_Angeles") == NOW
    assert CALENDAR.business_date(NOW) == SAMPLE_DAY


def test_the_samples_settings_set_and_mark_every_value(tmp_path):
    """A sample's district.toml sets each value without a sourced default and marks it as made up."""
    text = district_toml("Sample", sample_day=SAMPLE_DAY, scale=2)
    settings = read_settings(codecs.parse_toml(text, where="sample"), folder=tmp_path)
    assert set(settings.policy["hotspots"]) == {name for name, _, _ in POLICY_VALUES}
    assert settings.policy["hotspots"]["max_batch_count"] == 50
    marked = [line.partition(" =")[0] for line in text.splitlines() if "  # sample value: " in line]
    assert marked == [*(name for name, _, _ in POLICY_VALUES), *(name for _, name, _, _ in DESK_VALUES)]
    assert (settings.district.sample, settings.district.today) == (True, SAMPLE_DAY)
    assert settings.auto_apply == ("hotspots",)


def test_a_new_districts_settings_read_and_leave_every_decision_open(tmp_path):
    """What `scld init` writes is valid, and each value without a sourced default is there, commented out."""
    text = district_toml("Own")
    settings = read_settings(codecs.parse_toml(text, where="own"), folder=tmp_path)
    assert (settings.district.sample, settings.auto_apply, dict(settings.backends)) == (False, (), {})
    assert dict(settings.policy["hotspots"]) == {}
    assert [name for name, _, _ in POLICY_VALUES if f"\n# {name} =   # " not in text] == []
