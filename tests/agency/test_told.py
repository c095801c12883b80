"""When a file was made: by the manifest, the column or element, the name; never by the disk."""

import hashlib
import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.agencies.declarations import dialects
from scld_adapters.agencies.export.dialects import AGENCY_EXPORT
from scld_core.agency.dialect import Empty, Field
from scld_core.agency.encode import file_name, write_file
from scld_core.agency.fast import Engine, compare_files
from scld_core.agency.mapping import find_dialect
from scld_core.agency.told import choose, told_at, told_beside, told_in_rows
from scld_core.codecs.beside import instant_in_name, manifest_of
from scld_core.errors import FileRefused
from support.told import tell

ZONE = ZoneInfo("America/Los_Angeles")
AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
EARLY = datetime(2000, 1, 1)  # noqa: DTZ001 - local time in a name
HEADER = "account,cardnumber,status,balance"
ROW = "a1,c1,open,5.00"


def put(path, *lines):
    """A file that the disk says is of 1970."""
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-8", newline="")
    os.utime(path, (1, 1))
    return path


def told(path, dialect=AGENCY_EXPORT):
    """What the file tells."""
    return told_at(path, dialect, ZONE)


def test_a_file_that_says_nothing_tells_nothing(tmp_path):
    """Whatever time the disk has for it; an empty one is for its reader to refuse."""
    assert told(put(tmp_path / "list.csv", HEADER, ROW)) is None
    assert told_beside(tmp_path / "list.csv", ZONE) is None
    (tmp_path / "nothing.csv").write_bytes(b"")
    assert told(tmp_path / "nothing.csv") is None
    assert told(tmp_path / "nothing.csv", evolve(AGENCY_EXPORT, empty=Empty.NOTHING)) is None  # it says: nobody


@pytest.mark.parametrize(
    ("name", "hour"),
    [("agency-accounts-2026-03-10.csv", 7), ("list_20260310_0800.csv", 15), ("2026-03-10T08:00.csv", 15)],
)
def test_the_name_tells_local_time(tmp_path, name, hour):
    """By the dialect's pattern or as a date and a time; a day alone is its beginning."""
    path = put(tmp_path / name, HEADER, ROW)
    assert told(path) == told_beside(path, ZONE) == datetime(2026, 3, 10, hour, tzinfo=UTC)


@pytest.mark.parametrize("stem", ["a", "2026-13-40", "2026-03-10T2561", "2026-03-10-2026-03-11", "129999000000018"])
def test_what_is_no_single_time_in_a_name_is_none(stem):
    """Nobody picks one of two days, or a day out of a card's number."""
    assert instant_in_name(stem, ZONE) is None


@given(st.datetimes(EARLY, EARLY.replace(year=2100)), st.sampled_from(("", "-", "_")))
def test_a_written_time_is_read_again(moment, between):
    """Every minute that stands in a name is read as it was meant."""
    stem = f"x-{moment:%Y-%m-%d}T{moment:%H}{':' if between else ''}{moment:%M}{between and 'y'}"
    assert instant_in_name(stem, ZoneInfo("UTC")) == moment.replace(second=0, microsecond=0, tzinfo=UTC)


def test_the_pattern_of_the_dialect_tells_which_date_counts(tmp_path):
    """A name with two dates tells by its pattern; one that does not fit it has to tell otherwise."""
    dialect = evolve(AGENCY_EXPORT, file_name="2026-01-01_{code}_{date}.csv")
    assert told(put(tmp_path / "2026-01-01_x_2026-03-10.csv", HEADER, ROW), dialect) is not None
    assert told(put(tmp_path / "2026-01-01-to-2026-03-10.csv", HEADER, ROW), dialect) is None


def test_the_column_tells_and_its_oldest_row_counts(tmp_path):
    """Instants with an offset, days, or as the dialect's own pattern says; blank cells say nothing."""
    lines = [f"{HEADER},as_of", f"{ROW},2026-03-10T08:00:00-07:00", "a2,c2,open,1.00,2026-03-10", "a3,c3,open,1.00,"]
    path = put(tmp_path / "list-2026-03-11.csv", *lines)
    assert told(path) == datetime(2026, 3, 10, 7, tzinfo=UTC)
    own = evolve(AGENCY_EXPORT, fields=(*AGENCY_EXPORT.fields[:-1], Field("as_of", "Printed", date="%m/%d/%Y")))
    printed = put(tmp_path / "printed.csv", f"{HEADER},Printed", f"{ROW},03/09/2026")
    assert told(printed, own) == datetime(2026, 3, 9, 7, tzinfo=UTC)
    put(printed, f"{HEADER},Printed", f"{ROW},yesterday")
    with pytest.raises(FileRefused, match=r"column 'Printed': must be written as %m/%d/%Y"):
        told(printed, own)


def test_the_manifest_tells_before_all_others_and_must_fit(tmp_path):
    """By its fingerprint and number of rows, where it has them."""
    path = put(tmp_path / "list-2026-03-11.csv", HEADER, ROW)
    tell(path, AT)
    assert told(path) == told_beside(path, ZONE) == AT
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text = f"as_of = {AT.isoformat()}\nrows = 1\nsha256 = '{digest}'\n"
    manifest_of(path).write_text(text, encoding="utf-8")
    assert told(path) == told_beside(path, ZONE) == AT
    for was, now in (("rows = 1", "rows = 2"), (digest, "0" * 64), ("as_of", "on")):
        manifest_of(path).write_text(text.replace(was, now), encoding="utf-8")
        for look in (told, lambda path: told_beside(path, ZONE)):
            with pytest.raises(FileRefused):
                look(path)


def test_a_document_that_states_its_time_tells_it(tmp_path):
    """An XML dialect may have an element for it; one that lacks it is told by its name."""
    dialect = find_dialect(dialects(), "symphony-xml")
    path = tmp_path / "sync.xml"
    path.write_bytes(write_file([], dialect, created=AT.replace(tzinfo=None)))
    assert told(path, dialect) == datetime(2026, 3, 10, 7, tzinfo=UTC)
    assert dialect.created.encode() in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(dialect.created.encode(), b"other"))
    assert told(path, dialect) is None
    whole = tmp_path / file_name(dialect, date(2026, 3, 10), sequence=1)
    whole.write_bytes(path.read_bytes())
    assert told(whole, dialect) == datetime(2026, 3, 10, 7, tzinfo=UTC)
    assert told(whole, evolve(dialect, created="", created_as="")) == datetime(2026, 3, 10, 7, tzinfo=UTC)


def test_a_snapshot_tells_by_its_first_row_that_can_be_read(tmp_path):
    """Each of its rows says when it was true."""
    path = put(tmp_path / "ils.csv", "patron_id,as_of", "p1,soon", f"p2,{AT.isoformat()}")
    assert told_in_rows(path) == AT
    assert told_in_rows(put(path, "patron_id,as_of")) is None


def test_of_several_files_the_one_made_last_is_chosen(tmp_path):
    """A file alone needs no time; of several each does, and two of one time must be the same."""
    when = lambda path: told_beside(path, ZONE)  # noqa: E731
    one = put(tmp_path / "list.csv", HEADER, ROW)
    put(tmp_path / ".list.csv", HEADER)
    tell(tmp_path / "list-9.csv", AT)
    assert choose(tmp_path, "*list*", when) == one
    two = put(tmp_path / "list-2026-03-10T0800.csv", HEADER)
    with pytest.raises(FileRefused, match=r"list\.csv: is one of several files that fit"):
        choose(tmp_path, "list*.csv", when)
    tell(one, AT - timedelta(minutes=1))
    assert choose(tmp_path, "list*.csv", when) == two
    tell(one, AT)
    with pytest.raises(FileRefused, match="claims the same time as"):
        choose(tmp_path, "list*.csv", when)
    put(one, HEADER)
    assert choose(tmp_path, "list*.csv", when) == one


@pytest.mark.parametrize("engine", [Engine.PYTHON, Engine.FAST])
def test_what_rests_on_an_age_that_is_not_told_is_not_made(tmp_path, engine):
    """Nobody can say for how long an account was quiet, and no time on the disk is taken for it."""
    from support.agency import TERMS

    ils = put(
        tmp_path / "ils.csv",
        "patron_id,barcodes,balance,flagged,referral_fee,exempt,as_of",
        f"p1,c1,5.00,yes,10.00,no,{AT.isoformat()}",
    )
    listed = put(tmp_path / "list.csv", f"{HEADER},last_activity", f"{ROW},2020-01-01")
    found = compare_files(ils, listed, AGENCY_EXPORT, terms=TERMS, engine=engine)
    (row,) = found.findings()
    assert (row.kind.value, row.age_days) == ("MATCH", None)
    assert ("STALE", "list.csv does not say when it was made") in found.summary().not_made
    tell(listed, AT)
    again = compare_files(ils, listed, AGENCY_EXPORT, terms=TERMS, engine=engine)
    assert [(row.kind.value, row.age_days) for row in again.findings()] == [("STALE", 2260)]
