"""Making a district: whole or not at all, and never over another one."""

import sqlite3
from contextlib import ExitStack, closing

import pytest

from scld_core import Options, codecs, open_desk
from scld_core.errors import BadInput, PolicyMissing
from scld_core.sample.files import STALE_EXTRACT
from scld_core.sample.hotspots import PER_SCALE
from scld_core.sample.template import POLICY_VALUES
from scld_core.wiring.founding import init_district, make_sample
from scld_core.wiring.opening import Opening
from support.districts import plugins
from support.parts import KeptInOrder, Parts, instead

HEADER = "item,barcode,imei,iccid,msisdn,carrier,home,model\n"
HALVES = ("district.toml", "district.toml.new")


def halves(folder):
    """What of a district's settings lies in the folder."""
    return [name for name in HALVES if (folder / name).exists()]


def test_a_new_district_has_settings_a_store_and_an_empty_inventory(tmp_path):
    """Everything is there, the lines say what to do next, and opening it names the values to set."""
    folder = tmp_path / "ours" / "deep"
    lines = init_district(folder, actor="anne")
    assert halves(folder) == ["district.toml"]
    assert (folder / "hotspots.csv").read_text(encoding="utf-8") == HEADER
    assert codecs.read_toml(folder / "district.toml")["district"]["name"] == "deep"
    assert lines[-1] == f"Next: scld doctor {folder}"
    assert any("hotspots.csv" in line for line in lines)
    with pytest.raises(PolicyMissing) as missing:
        open_desk(folder, actor="anne", options=Options(registry=plugins()))
    assert {key.rpartition(".")[2] for key in missing.value.keys} == {name for name, _, _ in POLICY_VALUES}


@pytest.mark.parametrize("sample", [False, True])
def test_who_made_the_district_is_the_first_line_of_its_journal(tmp_path, sample):
    """Actor, time and name are kept from the beginning."""
    init_district(tmp_path / "north", sample=sample, actor="anne")
    opening = Opening.of(tmp_path / "north", Options(registry=plugins()))
    with ExitStack() as stack, opening.store(stack).transaction() as unit:
        (first,) = unit.journal.entries()
    assert (first.actor, first.kind, first.subject) == ("anne", "district.made", opening.settings.district.name)


def test_an_inventory_that_is_there_is_kept(tmp_path):
    """A library's own list is never written over."""
    (tmp_path / "hotspots.csv").write_text(HEADER + "i1\n", encoding="utf-8")
    init_district(tmp_path, actor="anne")
    assert (tmp_path / "hotspots.csv").read_text(encoding="utf-8") == HEADER + "i1\n"


@pytest.mark.parametrize("sample", [False, True])
def test_a_second_district_in_one_folder_is_refused(tmp_path, sample):
    """What is there stays to the byte, whichever kind is asked for the second time."""
    init_district(tmp_path, actor="anne")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(BadInput, match=r"has a district\.toml already"):
        init_district(tmp_path, sample=sample, actor="anne")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("sample", [False, True])
def test_a_folder_that_cannot_be_written_is_the_users_to_mend(tmp_path, sample):
    """A path through a file is refused with the folder and the reason, without a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match=r"cannot be written: .*Name a folder of your own"):
        init_district(tmp_path / "file" / "ours", sample=sample, actor="anne")


def test_a_failure_leaves_no_half_made_sample(tmp_path):
    """Where the inventory cannot be written there are no settings, and a second try succeeds."""
    (tmp_path / "hotspots.csv").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        make_sample(tmp_path, actor="anne")
    assert halves(tmp_path) == []
    (tmp_path / "hotspots.csv").rmdir()
    for path in tmp_path.iterdir():
        path.unlink()
    assert make_sample(tmp_path, actor="anne")[-1].endswith(f"in {tmp_path}.")


def test_another_programs_database_is_not_taken_over(tmp_path):
    """A database with somebody else's tables is refused and left as it was; there are no settings."""
    with closing(sqlite3.connect(tmp_path / "district.sqlite")) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
        connection.commit()
    with pytest.raises(BadInput):
        init_district(tmp_path, actor="anne")
    assert halves(tmp_path) == []
    with closing(sqlite3.connect(tmp_path / "district.sqlite")) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["theirs"]


def test_the_sample_is_made_with_its_stale_extract_and_says_what_is_next(tmp_path):
    """`init --sample` makes a district that opens as it is, and names the command to go on with."""
    lines = init_district(tmp_path / "s", sample=True, actor="anne")
    assert lines[-1] == f"Next: scld day {tmp_path / 's'}"
    assert (tmp_path / "s" / STALE_EXTRACT).exists()
    with open_desk(tmp_path / "s", actor="anne", options=Options(registry=plugins())) as desk:
        assert desk.settings.district.sample


def test_a_larger_sample_keeps_its_proportions(tmp_path):
    """Scale three makes three times the hotspots, and its limits let the same morning through."""
    make_sample(tmp_path, scale=3, actor="anne")
    with open_desk(tmp_path, actor="anne", options=Options(registry=plugins())) as desk:
        inventory = desk.hotspots.systems.inventory()
        assert inventory.total == 3 * PER_SCALE
        assert desk.day.run().residual == 0


def test_parts_that_need_no_making_or_cannot_be_filled_are_left_alone(tmp_path, monkeypatch):
    """A store without tables and backends without synthetic records still give a district that opens."""
    parts = instead(monkeypatch, Parts(kept="sqlite", shelf="embedded", radio="simulated"))
    assert make_sample(tmp_path, actor="anne") == (f"Made the synthetic sample district in {tmp_path}.",)
    assert halves(tmp_path) == ["district.toml"]
    with open_desk(tmp_path, actor="anne") as desk:
        assert len(desk.hotspots.devices()) == 36
    assert parts.left_open == set()


def test_what_a_store_has_to_say_is_told_at_the_founding(tmp_path, monkeypatch):
    """A store's notes on the place it lies in come before the lines on what was made."""
    parts = instead(monkeypatch, Parts(kept="sqlite", store=KeptInOrder()))
    assert init_district(tmp_path, actor="anne")[0] == "kept on a shelf"
    assert parts.store.asked == ["create"]
