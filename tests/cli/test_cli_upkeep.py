"""Looking after a district from the command line: init, backup, migrate, doctor, probe, plugins, extract."""

import getpass
import json
import sqlite3
from contextlib import closing

import pytest

from scld_core.sample.template import POLICY_VALUES

ANNE = ("--actor", "sample-associate")


def test_a_new_district_is_made_once(scld, tmp_path):
    """`init` says what it made and what comes next; in a folder that is a district it changes nothing."""
    folder = tmp_path / "north [new]"
    told = scld("init", folder)
    assert told.code == 0
    assert told.lines[-1] == f"Next: scld doctor {folder}"
    assert {p.name for p in folder.iterdir()} >= {"district.toml", "district.sqlite", "hotspots.csv"}
    before = (folder / "district.toml").read_bytes()
    again = scld("init", folder)
    assert again.code == 2
    assert again.err.startswith(f"Stopped: {folder}: ")
    assert (folder / "district.toml").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(scld, tmp_path):
    """`init` below a file is refused with the reason."""
    (tmp_path / "file").write_text("")
    told = scld("init", tmp_path / "file" / "north")
    assert told.code == 2
    assert told.err.startswith("Stopped: ")


def test_a_new_sample_names_the_next_command(scld, tmp_path):
    """`init --sample` fills the district and names `scld day`."""
    told = scld("init", tmp_path / "s", "--sample", "--scale", 1)
    assert told.code == 0
    assert told.lines[-1] == f"Next: scld day {tmp_path / 's'}"
    assert scld("init", tmp_path / "s", "--sample").code == 2


def test_missing_policy_values_are_all_named(scld, sample):
    """A district without its own decisions does not run: exit 2 and every missing key at once."""
    text = (sample / "district.toml").read_text(encoding="utf-8")
    (sample / "district.toml").write_text(text.partition("[policy.hotspots]")[0], encoding="utf-8")
    told = scld("day", sample, *ANNE)
    assert told.code == 2
    missing = [key for key, *_ in POLICY_VALUES if f"hotspots.{key}" not in told.err and key not in told.err]
    assert missing == []
    assert "district.toml" in told.err


def test_a_backup_is_a_whole_copy(scld, ran, tmp_path):
    """`backup` copies the database to a new file, by default in DIR/backups, and replaces none."""
    told = scld("backup", ran)
    assert told.code == 0
    path = ran / "backups" / told.out.strip().rpartition("/")[2]
    assert told.out.strip() == str(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    again = scld("backup", ran)
    assert again.code == 0
    assert again.out.strip() == str(path.with_stem(f"{path.stem}-2"))
    named = tmp_path / "copy [1].sqlite"
    assert scld("backup", ran, named).out == f"{named}\n"
    assert named.exists()
    assert scld("backup", ran, named).code == 2


def test_migrate_says_what_it_did(scld, ran):
    """`migrate` of an up-to-date database changes nothing and says so."""
    told = scld("migrate", ran)
    assert told.code == 0
    assert len(told.lines) == 1
    assert scld("day", ran, *ANNE).code == 0


def test_who_made_backed_up_and_migrated_is_in_the_journal(scld, tmp_path, monkeypatch):
    """Every command that writes takes --actor; without it the login name is entered."""
    monkeypatch.setattr(getpass, "getuser", lambda: "mroe")
    folder = tmp_path / "s"
    scld("init", folder, "--sample", "--actor", "anne")
    scld("backup", folder, tmp_path / "copy.sqlite", "--actor", "bert")
    scld("migrate", folder)
    scld("day", "--sample", tmp_path / "made")
    with closing(sqlite3.connect(folder / "district.sqlite")) as connection:
        bodies = [json.loads(row[0])["body"] for row in connection.execute("SELECT body FROM journal ORDER BY seq")]
    assert [(body["actor"], body["kind"]) for body in bodies] == [
        ("anne", "district.made"),
        ("bert", "district.backup"),
        ("mroe", "district.migrated"),
    ]
    with closing(sqlite3.connect(tmp_path / "made" / "district.sqlite")) as connection:
        (first,) = connection.execute("SELECT body FROM journal ORDER BY seq LIMIT 1").fetchone()
    assert json.loads(first)["body"]["actor"] == "sample-associate"


def test_migrate_of_nothing_is_refused(scld, tmp_path):
    """Outside a district, backup and migrate exit 2."""
    assert scld("migrate", tmp_path / "none").code == 2
    assert scld("backup", tmp_path / "none").code == 2


def test_plugins_lists_every_backend(scld):
    """`plugins` names what is installed and exits 0 when all of it loads."""
    told = scld("plugins")
    assert told.code == 0
    for name in ("sqlite", "postgres", "embedded", "files", "simulated", "portal-csv"):
        assert any(f" {name} " in line for line in told.lines)


def test_a_plugin_that_cannot_be_loaded_is_trouble(scld, tmp_path, monkeypatch):
    """`plugins` names a plugin that cannot be imported and exits 5; the others are listed all the same."""
    installed = tmp_path / "theirs-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[scld]\ntheirs = theirs_that_is_not_there:plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = scld("plugins")
    assert told.code == 5
    assert any(line.startswith("theirs (theirs 1.0): failed: ") for line in told.lines)
    assert any(" sqlite " in line for line in told.lines)


def test_doctor_finds_a_district_in_order(scld, ran, contents):
    """`doctor` prints one line for each thing, changes nothing and exits 0; what waits is a note."""
    before = contents(ran)
    told = scld("doctor", ran)
    assert told.code == 0
    assert contents(ran) == before
    assert {line.split()[0] for line in told.lines} == {"ok", "note"}
    assert any(line.startswith("note  open step: ") for line in told.lines)


@pytest.mark.parametrize("missing", ["district.toml", "carrier.sqlite", "district.sqlite", "hotspots.csv"])
def test_doctor_says_what_to_mend(scld, ran, missing):
    """With any part of a district gone `doctor` exits 2 and says what to mend."""
    (ran / missing).unlink()
    told = scld("doctor", ran)
    assert told.code == 2
    assert any(line.startswith("mend  ") for line in told.lines)


def test_probe_tries_a_backend_and_changes_nothing(scld, eight, contents):
    """`probe` prints one line for each read; all of them work: exit 0."""
    before = contents(eight)
    for backend in ("main", "carrier"):
        told = scld("probe", eight, backend)
        assert told.code == 0
        assert told.lines[0].startswith("ok  open: ")
    assert contents(eight) == before


def test_probe_exits_5_where_a_read_finds_trouble(scld, sample):
    """The sample's carrier uses a word without translation: `probe` says which and exits 5."""
    told = scld("probe", sample, "carrier")
    assert told.code == 5
    assert any(line.startswith("failed  state words: ") for line in told.lines)


def test_probe_of_an_unknown_backend_names_those_that_exist(scld, sample):
    """An instance that district.toml does not have is refused with those it has."""
    told = scld("probe", sample, "koha")
    assert told.code == 2
    assert "main, carrier" in told.err


def test_extract_prints_a_recipe_word_for_word(scld):
    """`extract` prints the recipe and nothing else, so that it can be sent into a file."""
    told = scld("extract", "koha", "hotspot-loans")
    assert told.code == 0
    assert told.out.startswith("-- Koha")
    assert told.err == ""


def test_an_unknown_recipe_names_the_nearest(scld):
    """A misspelt recipe is refused with the nearest one."""
    told = scld("extract", "koa", "hotspot-loans")
    assert told.code == 2
    assert "koha hotspot-loans" in told.err
