"""The morning's files: the newest counts, old, empty and shrunken ones stop the run, equal ones are compared once."""

import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.gather import Comparer, Files, newest
from scld_core.agency.kinds import Kind
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.mapping import find_dialect
from scld_core.agency.model import Basis
from scld_core.errors import FileRefused, SnapshotRefused, StaleFacts
from support.agency import TERMS
from support.agency_case import MORNING, CaseFolder
from support.agency_day import ruling

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
    """By its time on disk, then by name; a folder that fits is no file."""
    names = ["ils-b.csv", "ils-a.csv"]
    for name in names:
        (case.folder / name).write_text("x", encoding="utf-8")
        os.utime(case.folder / name, (MORNING.timestamp() + 5, MORNING.timestamp() + 5))
    (case.folder / "ils-z.csv").mkdir()
    assert newest(case.folder, "ils*.csv").name == "ils-b.csv"
    with pytest.raises(FileRefused, match=r"no file fits.*\[agency\]"):
        newest(case.folder, "list*.csv")


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
    """The agency's list has an age of its own: the time of its file."""
    facts = look(case)
    old = MORNING - timedelta(hours=6)
    os.utime(case.folder / "inbound.csv", (old.timestamp(), old.timestamp()))
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
