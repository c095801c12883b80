"""The forms of a report other than the page: nothing is lost, damaged, run or unmasked on the way."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import nanoarrow
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nanoarrow.ipc import InputStream

from scld_core.codecs.tables import read_table
from scld_core.errors import BadInput, InvalidValue, MissingExtra
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import MASK
from scld_core.reporting import Badge, Column, Kind, Personal, Prose, Report, Section, Table
from scld_core.reporting.audience import Audience, ReportSpec, find_report
from scld_core.reporting.files import FORMS, render, write_arrow
from scld_core.reporting.grid import Grid, choose_grid, grids

ZONE = ZoneInfo("America/Los_Angeles")
AT = datetime(2026, 11, 20, 16, 2, tzinfo=UTC)
LINE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
NUMBERS = st.integers(-(10**14), 10**14)


def _report(*tables: Table, keys: tuple[str, ...] = ()) -> Report:
    sections = tuple(
        Section(keys[n] if keys else f"part-{n}", "Part", tables=(table,)) for n, table in enumerate(tables)
    )
    return Report("Synthetic", "Sample District", date(2026, 11, 20), AT, ZONE, sections=sections)


def _table(rows: list[tuple[str, int | None]]) -> Table:
    return Table(
        "Rows",
        (Column("Name"), Column("Barcode", Kind.ID), Column("Count", Kind.NUMBER)),
        tuple((name, "00123456789012", count) for name, count in rows),
    )


@given(rows=st.lists(st.tuples(LINE, st.none() | NUMBERS), max_size=5))
def test_each_form_gives_the_same_cells_back(rows: list[tuple[str, int | None]], tmp_path_factory) -> None:
    """CSV, workbook and Arrow hold the same rows, whatever the text; long numbers keep their zeros."""
    report = _report(_table(rows))
    folder = tmp_path_factory.mktemp("forms")
    (folder / "t.csv").write_bytes(render(report, ".csv"))
    read = read_table(folder / "t.csv", ["Name", "Barcode", "Count"])
    wanted = [(name.strip(), "00123456789012", "" if n is None else str(n)) for name, n in rows]
    assert [tuple(row[c] for c in ("Name", "Barcode", "Count")) for row in read.rows] == wanted
    assert not read.quarantined
    page = openpyxl.load_workbook(io.BytesIO(render(report, ".xlsx"))).worksheets[0]
    sheet = [tuple(cell.value for cell in row) for row in page.iter_rows(min_row=2)]
    assert sheet == [(name or None, "00123456789012", n) for name, n in rows]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    with InputStream.from_readable(io.BytesIO(render(report, ".arrow"))) as stream:
        arrow = nanoarrow.Array(stream).to_pylist()
    assert arrow == [{"Name": name, "Barcode": "00123456789012", "Count": n} for name, n in rows]


@pytest.mark.parametrize("suffix", FORMS)
def test_equal_reports_give_equal_bytes(suffix: str) -> None:
    """A report made twice is the same file in every form."""
    report = _report(_table([("a", 1)]))
    data = render(report, suffix)
    assert data == render(report, suffix)
    if suffix == ".xlsx":  # two made within one second are equal by chance
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert book.properties.modified == book.properties.created == datetime(1980, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize("suffix", FORMS)
def test_personal_cells_are_masked_in_every_form(suffix: str) -> None:
    """No form shows a personal cell that was not revealed."""
    table = Table("Rows", (Column("Name"),), ((Personal("Synthetic Person"),),))
    data = render(_report(table), suffix)
    text = data.decode("latin-1")
    if suffix == ".xlsx":
        text = str([c.value for r in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows() for c in r])
    assert "Synthetic Person" not in text
    assert choose_grid(_report(table), "").rows == ((MASK,),)


def test_cells_lose_their_dress(tmp_path: Path) -> None:
    """Badges become words, instants local times, prose its lines, boxes to tick nothing."""
    columns = (
        Column("When", Kind.INSTANT),
        Column("What", Kind.BADGE),
        Column("Why"),
        Column("Tick", Kind.TICK),
        Column("Why"),
    )
    table = Table("Rows", columns, ((AT, Badge("done"), Prose(("a",), ("c",), ("b",)), True, None),))
    report = _report(table)
    (row,) = choose_grid(report, "").rows
    assert row == (AT.astimezone(ZONE), "done", "a\nb\nc", "", None)
    assert b"2026-11-20T08:02:00-08:00" in render(report, ".csv")
    page = openpyxl.load_workbook(io.BytesIO(render(report, ".xlsx"))).worksheets[0]
    assert page["A2"].value == "2026-11-20 08:02-08:00"
    with InputStream.from_readable(io.BytesIO(render(report, ".arrow"))) as stream:
        (found,) = nanoarrow.Array(stream).to_pylist()
    assert found == {"When": AT, "What": "done", "Why": "a\nb\nc", "Tick": "", "Why 2": None}
    del tmp_path


def test_a_form_of_one_table_asks_which() -> None:
    """Where a report has several tables, the keys to choose from are named."""
    report = _report(_table([]), _table([("a", 2**70)]), keys=("first", "second"))
    assert [grid.key for grid in grids(report)] == ["first", "second"]
    with pytest.raises(BadInput, match="--table: first, second"):
        render(report, ".csv")
    with pytest.raises(BadInput, match="no table 'third'"):
        render(report, ".csv", table="third")
    assert b"1180591620717411303424" in render(report, ".arrow", table="second")
    assert len(openpyxl.load_workbook(io.BytesIO(render(report, ".xlsx"))).worksheets) == 2


def test_a_section_of_two_tables_numbers_them() -> None:
    """Tables of one section are told apart by their place."""
    section = Section("parts", "Parts", tables=(_table([]), _table([])))
    report = Report("Synthetic", "Sample District", date(2026, 11, 20), AT, ZONE, sections=(section,))
    assert [grid.key for grid in grids(report)] == ["parts-1", "parts-2"]


def test_a_report_without_tables_is_a_workbook_that_says_so() -> None:
    """An empty report is no damaged file."""
    report = _report()
    assert openpyxl.load_workbook(io.BytesIO(render(report, ".xlsx"))).active["A1"].value == "no tables"
    with pytest.raises(BadInput, match="there are none"):
        render(report, ".arrow")


def test_an_unknown_ending_names_the_known_ones() -> None:
    """A form that does not exist is a mistake with a remedy."""
    with pytest.raises(BadInput, match=r"\.html, \.csv, \.xlsx, \.arrow"):
        render(_report(), ".pdf")


@pytest.mark.parametrize(
    ("suffix", "library", "extra"), [(".xlsx", "openpyxl", "xlsx"), (".arrow", "nanoarrow", "arrow")]
)
def test_a_missing_library_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, suffix: str, library: str, extra: str
) -> None:
    """What to install is said, and nothing is written."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as caught:
        render(_report(_table([])), suffix)
    assert caught.value.extra == extra


SPEC = ReportSpec("agency-work", "Work", (Audience.CUSTOMER_SERVICE, Audience.IT), lambda _, __: _report())


def test_a_report_is_found_by_name_and_audience() -> None:
    """The nearest name is suggested, and an audience for which a report is not made is refused."""
    assert find_report([SPEC], "agency-work") is SPEC
    assert SPEC.audience() is Audience.CUSTOMER_SERVICE
    assert SPEC.audience("it") is Audience.IT
    with pytest.raises(BadInput, match="customer-service, it"):
        SPEC.audience("finance")
    with pytest.raises(BadInput, match="Did you mean 'agency-work'"):
        find_report([SPEC], "agency-wrok")
    with pytest.raises(BadInput, match="There are: none"):
        find_report([], "agency-work")


def test_a_report_needs_a_name_and_an_audience() -> None:
    """A declaration without either is refused where it is made."""
    with pytest.raises(InvalidValue):
        ReportSpec("Agency Work", "Work", (Audience.IT,), SPEC.build)
    with pytest.raises(InvalidValue):
        ReportSpec("agency-work", "Work", (), SPEC.build)


def test_amounts_below_zero_can_be_added_up() -> None:
    """A credit is a number in the file and not a text that looks like one."""
    columns = (Column("Money", Kind.MONEY), Column("Number", Kind.NUMBER), Column("Text"))
    report = _report(Table("Rows", columns, ((Money(-500), -5, "-5"),)))
    assert render(report, ".csv").splitlines()[1] == b"-5.00,-5,'-5"


def test_a_place_without_a_value_holds_nothing_of_the_memory() -> None:
    """Equal tables give equal streams, however full of other things the memory was before."""
    rows = tuple((None if n % 3 else n, None if n % 2 else AT) for n in range(60))
    grid = Grid("t", "T", ("n", "at"), (Kind.NUMBER, Kind.INSTANT), rows)
    streams = set()
    for _ in range(20):
        litter = [bytearray(b"secret" * size) for size in range(1, 200)]
        del litter
        streams.add(write_arrow(grid))
    assert len(streams) == 1
    assert b"secret" not in streams.pop()
