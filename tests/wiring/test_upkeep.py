"""Looking after a district: backups that open, migration, plugins, recipes, probes."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scld_core import Options, open_desk
from scld_core.errors import BadInput, SettingsError
from scld_core.kernel.time import EPOCH
from scld_core.wiring.founding import make_sample
from scld_core.wiring.upkeep import backup_district, migrate_district, plugin_lines, probe_backend, recipe_text
from support.districts import plugins
from support.parts import KeptInOrder, Parts, district, install, instead


@pytest.fixture(scope="module")
def worked(run_sample, tmp_path_factory):
    """A sample district after its first morning; no test changes its records."""
    return Path(shutil.copytree(run_sample, tmp_path_factory.mktemp("upkeep") / "sample"))


def desk(folder):
    """The district, opened."""
    return open_desk(folder, actor="anne", options=Options(registry=plugins()))


def memory(folder):
    """Everything a district's store remembers."""
    with desk(folder) as opened:
        with opened.store.transaction() as unit:
            steps = unit.steps.history("hotspots", EPOCH)
        return steps, opened.runs.journal(), opened.runs.history()


def test_a_backup_opens_as_a_store_and_remembers_the_same(worked, tmp_path):
    """A copy put in the database's place knows the same steps, journal and runs, table for table."""
    with closing(sqlite3.connect(worked / "district.sqlite")) as old:
        before = list(old.iterdump())
    known = memory(worked)
    copy = backup_district(worked, tmp_path / "copy.sqlite", actor="anne")
    other = tmp_path / "restored"
    shutil.copytree(worked, other)
    copy.replace(other / "district.sqlite")
    assert memory(other) == known
    with closing(sqlite3.connect(other / "district.sqlite")) as new:
        assert list(new.iterdump()) == before


def test_backup_and_migration_are_in_the_journal_with_who_did_them(worked, tmp_path):
    """One line each, with the file and with what was done; a backup that was refused leaves none."""
    copy = backup_district(worked, tmp_path / "copy.sqlite", actor="bert")
    with pytest.raises(BadInput, match="exists already"):
        backup_district(worked, copy, actor="carla")
    said = migrate_district(worked, actor="dora")
    with desk(worked) as opened:
        journal = opened.runs.journal()
    assert [(e.actor, e.kind, e.detail) for e in journal if e.actor in ("bert", "carla", "dora")] == [
        ("bert", "district.backup", str(copy)),
        ("dora", "district.migrated", said),
    ]
    assert {e.subject for e in journal[-2:]} == {"Sample Library District (synthetic)"}


def test_a_backup_without_a_target_is_named_for_the_present(worked):
    """By default it lies in DIR/backups under the desk's own time, and nothing there is written over."""
    target = backup_district(worked, actor="anne")
    assert target == worked / "backups" / "20260310-150000.sqlite"
    kept = target.read_bytes()
    assert [backup_district(worked, actor="anne").stem for _ in range(2)] == [f"{target.stem}-2", f"{target.stem}-3"]
    with pytest.raises(BadInput):
        backup_district(worked, target, actor="anne")
    assert target.read_bytes() == kept


def test_migrating_a_present_district_says_that_nothing_had_to_be_done(worked):
    """The text names the version, and a second time is the same."""
    said = migrate_district(worked, actor="anne")
    assert said
    assert migrate_district(worked, actor="anne") == said


def test_any_store_with_upkeep_is_looked_after_and_closed(tmp_path, monkeypatch):
    """Backup and migration ask the store itself, whatever it is, and close it."""
    parts = instead(monkeypatch, Parts(store=KeptInOrder()))
    folder = district(tmp_path / "d")
    assert backup_district(folder, actor="anne").name.endswith(".kept")
    assert migrate_district(folder, actor="anne") == "nothing had to be done"
    assert parts.opened["store"] == parts.closed["store"] == 2


def test_a_store_without_a_database_cannot_be_looked_after(tmp_path, monkeypatch):
    """What keeps no database says so, and is closed."""
    parts = instead(monkeypatch, Parts())
    with pytest.raises(BadInput, match="kept keeps no database"):
        migrate_district(district(tmp_path / "d"), actor="anne")
    assert parts.left_open == set()


def test_plugins_and_backends_are_listed(tmp_path, monkeypatch):
    """Every plugin says whether it was loaded, every backend its kind, name and evidence."""
    install(tmp_path / "site", "broken-thing", 'raise RuntimeError("no licence")')
    monkeypatch.syspath_prepend(tmp_path / "site")
    lines = list(plugin_lines())
    assert [line for loaded, line in lines if not loaded and "no licence" in line]
    assert len([line for loaded, line in lines if not loaded]) == 1
    assert any(line.split()[:2] == ["store", "sqlite"] and "foreign evidence: none" in line for _, line in lines)


@pytest.mark.parametrize(
    ("backend", "names"),
    [
        (
            "main",
            [
                *("open", "overdue list", "item list", "one item"),
                *("libraries", "pick list", "a card that nobody has"),
            ],
        ),
        ("carrier", ["open", "line list", "state words", "one line"]),
    ],
)
def test_probing_a_backend_tries_its_reads_in_turn(worked, backend, names):
    """Each read of the sample's backends answers; only the carrier's unknown word is wrong."""
    before = memory(worked)
    steps = list(probe_backend(worked, backend))
    assert [step.name for step in steps] == names
    assert [step.name for step in steps if not step.ok] == [name for name in names if name == "state words"]
    assert memory(worked) == before


def test_probing_a_backend_nobody_set_names_those_there_are(worked):
    """A wrong instance is refused with the right ones."""
    with pytest.raises(SettingsError, match="There are: main, carrier"):
        list(probe_backend(worked, "sierra"))


def test_a_recipe_is_printed_and_a_wrong_name_gets_the_nearest():
    """The recipe comes with its header; a slip names what it may have meant."""
    assert "hotspot" in recipe_text("polaris", "hotspot-loans")
    with pytest.raises(BadInput, match="hotspot-loans"):
        recipe_text("polaris", "hotspot-loan")
    with pytest.raises(BadInput, match="polaris"):
        recipe_text("polariss", "hotspot-loans")


def test_a_district_of_an_older_version_is_copied_before_it_is_migrated(tmp_path):
    """The order that the how-to gives works: the copy has the old schema, and the journal no line of it."""
    make_sample(tmp_path / "sample", actor="anne")
    database = tmp_path / "sample" / "district.sqlite"
    with closing(sqlite3.connect(database)) as old, old:
        (table,) = [name for (name,) in old.execute("select name from sqlite_master") if name.endswith("version")]
        old.execute(f"update {table} set version_num = '0001'")
        before = list(old.iterdump())
    with desk(tmp_path / "sample") as opened, pytest.raises(BadInput, match="scld migrate"):
        opened.day.run()
    copy = backup_district(tmp_path / "sample", actor="anne")
    with closing(sqlite3.connect(copy)) as new:
        assert list(new.iterdump()) == before
    with closing(sqlite3.connect(database)) as still:
        assert list(still.iterdump()) == before
