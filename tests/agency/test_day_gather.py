"""The morning's files: the newest counts, old, empty and shrunken ones stop the run, equal ones are compared once."""

import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.gather import Comparer, Files
from scld_core.agency.kinds import Kind
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.mapping import find_dialect
from scld_core.agency.model import Basis
from scld_core.agency.noticed import noticed_by
from scld_core.codecs.beside import manifest_of
from scld_core.errors import FileRefused, SnapshotRefused, StaleFacts
from scld_core.kernel.page import Page
from support.agency import TERMS
from support.agency_case import MORNING, CaseFolder
from support.agency_day import ruling
from support.told import tell

LIMITS = AgencyLimits(max_fact_age_minutes=240, max_missing_fraction=0.2, max_batch_count=25, max_batch_fraction=0.5)


@pytest.fixture
def case(tmp_path):
    """The sample's four files."""
    return CaseFolder(tmp_path)


def files(case, **more):
    """All four, as settings name them."""
    given = {"inbound": "inbound*.csv", "sent": "last-sync*.csv", "notices": "notices*.csv"} | more
    known = dialects()
    return Files(
        case.folder,
        "ils*.csv",
        **given,
        dialect=lambda: find_dialect(known, "agency-export"),
        sent_dialect=lambda: find_dialect(known, "koha-ums-sync"),
        zone=ZoneInfo("America/Los_Angeles"),
    )


def look(case, **more):
    """What comparing them finds."""
    return Comparer(files(case, **more)).look(TERMS)


def check(facts, **later):
    """The guards, so much later than the files."""
    facts.check(ruling(now=MORNING + timedelta(**later), limits=LIMITS))


def keep_lines(count):
    """The header and so many rows."""
    return lambda text: "".join(text.splitlines(keepends=True)[: count + 1])


def test_the_four_files_are_compared_and_their_sizes_and_times_told(case):
    """Each file is a source with its rows, age and unusable rows, whose keys have gone."""
    facts = look(case)
    check(facts, hours=1)
    assert facts.names == ("ils.csv", "inbound.csv", "last-sync.csv", "notices.csv")
    assert facts.ils_at == facts.other_at == MORNING
    assert facts.summary.basis is Basis.RECONCILED
    rows = [len((case.folder / name).read_text(encoding="utf-8").splitlines()) - 1 for name in facts.names]
    assert [one.rows + len(one.quarantined) for one in facts.sources[:3]] == rows[:3]
    assert facts.accounts == facts.sources[1].rows
    assert facts.sources[3].rows > 50
    assert len(facts.sources[1].quarantined) == 4
    assert {bad.key for one in facts.sources for bad in one.quarantined} == {""}


def test_without_a_list_of_the_agency_it_is_drift(case):
    """Snapshot and sent file alone: the second source is the sent file, and nothing is called reconciled."""
    facts = look(case, inbound="", notices="")
    check(facts, hours=1)
    assert facts.summary.basis is Basis.DRIFT
    assert facts.names == ("ils.csv", "last-sync.csv")
    assert facts.accounts == facts.sources[1].rows > 0


def test_the_newest_file_that_fits_counts(case):
    """By what the files tell, whatever the disk says; a folder that fits is no file."""
    text = (case.folder / "ils.csv").read_text(encoding="utf-8")
    later = text.replace("2026-03-10T15:00", "2026-03-10T14:59")
    (case.folder / "ils-copied-last.csv").write_text(later, encoding="utf-8")
    (case.folder / "ils-z.csv").mkdir()
    os.utime(case.folder / "ils.csv", (1, 1))
    assert later != text
    assert look(case).names[0] == "ils.csv"
    (case.folder / "ils.csv").unlink()
    assert look(case).names[0] == "ils-copied-last.csv"
    (case.folder / "ils-copied-last.csv").unlink()
    with pytest.raises(FileRefused, match=r"no file fits.*\[agency\]"):
        look(case)


def test_copied_files_are_as_old_as_before(case, tmp_path):
    """What unzips or copies a folder gives its files the time of the copy; their facts stay as old as they were."""
    before = look(case)
    for path in case.folder.iterdir():
        os.utime(path, (2_000_000_000, 2_000_000_000))
    again = look(case)
    assert again.sources == before.sources
    check(again, hours=1)


@pytest.mark.parametrize("name", ["inbound.csv", "last-sync.csv"])
def test_a_file_that_does_not_tell_its_time_stops_the_run(case, name):
    """Its facts have no age, so nothing may be done by them; the refusal says how a file can tell."""
    manifest_of(case.folder / name).unlink()
    with pytest.raises(FileRefused, match=r"does not say when it was made.*meta\.toml.*name.*column") as refused:
        look(case)
    assert name in str(refused.value)


def test_notices_are_as_old_as_their_last_one_at_the_least(case):
    """A record that does not tell its time was true when its last notice went out; an empty one was never."""
    manifest_of(case.folder / "notices.csv").unlink()
    days = [line.split(",")[3] for line in (case.folder / "notices.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert look(case).sources[3].as_of.date().isoformat() == max(days)
    case.edit("notices.csv", keep_lines(0))
    with pytest.raises(FileRefused, match="does not say when it was made"):
        look(case)


def test_equal_files_are_compared_once_and_changed_ones_again(case):
    """Looking twice in one run costs one comparison; other terms or another file make a new one."""
    comparer = Comparer(files(case))
    first = comparer.look(TERMS)
    assert comparer.look(TERMS) is first
    assert comparer.look(evolve(TERMS, stale_days=None)) is not first
    case.edit("inbound.csv", keep_lines(40))
    assert comparer.look(TERMS).accounts < first.accounts


def test_a_file_that_changes_while_it_is_read_is_refused(case):
    """Half of one export and half of the next is no list."""
    comparer = Comparer(files(case))
    with pytest.raises(FileRefused, match="changed while it was read"):
        comparer.look(TERMS, lambda stage: stage.what == "compare" and case.edit("notices.csv", keep_lines(4)))


@pytest.mark.parametrize(("later", "name"), [({"hours": 5}, "ils.csv"), ({"hours": -1}, "ils.csv")])
def test_old_files_stop_the_run_by_name(case, later, name):
    """Older than the limit, or from the future: StaleFacts names the file."""
    with pytest.raises(StaleFacts, match=name):
        check(look(case), **later)


def test_an_old_list_stops_the_run_though_the_snapshot_is_young(case):
    """The agency's list has an age of its own: what lies beside it says."""
    facts = look(case)
    old = MORNING - timedelta(hours=6)
    tell(case.folder / "inbound.csv", old)
    with pytest.raises(StaleFacts, match=r"inbound\.csv is 6 h 00 min old"):
        check(look(case), hours=0)
    check(facts, hours=0)


@pytest.mark.parametrize(("name", "rows"), [("ils.csv", 0), ("ils.csv", 20), ("inbound.csv", 0), ("inbound.csv", 20)])
def test_an_empty_or_shrunken_file_changes_nothing(case, name, rows):
    """A side that lacks most of what the other has is more likely damaged than true."""
    case.edit(name, keep_lines(rows))
    with pytest.raises(SnapshotRefused, match="nothing was changed"):
        check(look(case), hours=1)


def test_an_empty_list_is_believed_where_nobody_is_in_collection(case):
    """A district that never referred anybody has an empty list, and that is whole."""
    header, *rows = (case.folder / "ils.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    calm = [row for row in rows if ",no,0.00,no," in row]
    case.edit("ils.csv", lambda text: header + "".join(calm))
    case.edit("inbound.csv", keep_lines(0))
    case.edit("last-sync.csv", keep_lines(0))
    facts = look(case)
    check(facts, hours=1)
    assert dict(facts.counts) == {Kind.NOT_REFERRED: len(calm)}


def test_of_two_lists_the_one_made_last_is_compared(case):
    """Each tells its time in its own way; the name of the younger one is in the facts."""
    text = (case.folder / "inbound.csv").read_text(encoding="utf-8")
    (case.folder / "inbound-2026-03-10T0700.csv").write_text(text, encoding="utf-8")
    assert look(case).names[1] == "inbound.csv"
    (case.folder / "inbound-2026-03-10T0801.csv").write_text(text, encoding="utf-8")
    assert look(case).names[1] == "inbound-2026-03-10T0801.csv"


def test_a_record_of_notices_that_breaks_off_is_refused():
    """Its silence would say that somebody was never told."""

    class Broken:
        def iter_sent(self, since):
            yield Page((), MORNING)

    with pytest.raises(SnapshotRefused, match="notices of letters stopped in the middle"):
        noticed_by(Broken(), "letters", zone=ZoneInfo("UTC"))
