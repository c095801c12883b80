"""Tables in and out: nothing lost, nothing guessed, never a traceback."""

import codecs
import csv
import hashlib
import io
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scld_core.codecs.tables import DELIMITERS, Row, Table, read_table, write_csv
from scld_core.errors import BadInput, FileRefused, MissingExtra
from scld_core.kernel.cells import from_cell, to_cell

COLUMNS = ("item", "status")
WALL = datetime(2026, 11, 1, 8, 30)  # noqa: DTZ001 - a workbook knows no zones
MIDNIGHT = datetime(2026, 11, 1)  # noqa: DTZ001
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TIDY = TEXT.map(str.strip)


@pytest.fixture(scope="module")
def folder():
    """A folder that all examples of this module write into."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def put(folder, data, name="t.csv"):
    """The file with these bytes or this text."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(folder, data, columns=COLUMNS, **options):
    """Write and read."""
    return read_table(put(folder, data), columns, **options)


def refused(folder, data, columns=COLUMNS, name="t.csv", **options):
    """The text of the refusal."""
    path = put(folder, data, name)
    with pytest.raises(FileRefused) as refusal:
        read_table(path, columns, **options)
    assert str(refusal.value).startswith(str(path))
    return str(refusal.value).removeprefix(str(path))


def cells(table):
    """Cells only."""
    return [dict(row.cells) for row in table.rows]


def reasons(table):
    """Line and reason of what was quarantined."""
    return [(q.line, q.reason) for q in table.quarantined]


def book(folder, rows, name="t.xlsx", sheets=("Sheet",)):
    """A workbook whose last named sheet holds `rows`."""
    made = openpyxl.Workbook()
    made.active.title = sheets[0]
    for title in sheets[1:]:
        made.create_sheet(title)
    for row in rows:
        made[sheets[-1]].append(row)
    made.save(folder / name)
    made.close()
    return folder / name


def test_a_plain_file_gives_rows_with_lines_and_says_what_it_was(folder):
    """Lines, canonical names, hash and time of the file; other columns are not kept."""
    path = put(folder, "status,patron,item\non_loan,SYNTHETIC NAME,i1\n\n ,,\nlost,,i2\n")
    table = read_table(path, COLUMNS)
    assert table.rows == (
        Row(2, {"item": "i1", "status": "on_loan"}),
        Row(5, {"item": "i2", "status": "lost"}),
    )
    assert table.rows[0]["status"] == "on_loan"
    assert (table.source, table.header, table.encoding) == ("t.csv", ("status", "patron", "item"), "utf-8")
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert table.modified_at == datetime.fromtimestamp(path.stat().st_mtime, UTC)
    assert table.total == 2
    assert "SYNTHETIC" not in repr(table)
    assert "i1" not in repr(table)


@given(
    st.lists(st.fixed_dictionaries({"item": TIDY, "status": TIDY}).filter(lambda r: any(r.values())), max_size=5),
    st.sets(st.sampled_from(COLUMNS)),
)
@example([{"item": "'=x", "status": '="1"'}, {"item": "=1+1", "status": "-"}, {"item": "''@", "status": "'a"}], set())
@example([{"item": "0123456789012345678", "status": 'a"b'}], {"item", "status"})
def test_what_is_written_is_read_back(folder, rows, text_safe):
    """Round trip of every text without outer white space, whatever columns are made text-safe."""
    data = write_csv(rows, COLUMNS, text_safe=text_safe)
    table = read(folder, data)
    assert cells(table) == rows
    assert table.quarantined == ()


@given(TEXT)
def test_no_cell_is_run_by_a_spreadsheet(text):
    """A written cell never starts with a sign that makes a formula, except in the text-safe form."""
    assert not to_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    safe = to_cell(text, text_safe=True)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r")) or safe == f'="{text}"'


def test_the_text_safe_form_is_a_formula_that_gives_the_text():
    """Long digit strings are written in the one form that a double click does not round."""
    assert write_csv([{"item": "8914800000000000019"}], COLUMNS, text_safe=("item",)) == (
        b'item,status\r\n"=""8914800000000000019""",\r\n'
    )
    assert from_cell(' ="0012" ') == "0012"
    assert to_cell("", text_safe=True) == ""


@given(st.binary(max_size=200))
@example(b"PK\x03\x04 and no more")
@example(b'item,status\n"')
@example(b"\xff\xfei\x00")
@example(b"item,status\n" + b"x" * 200_000)
@example(b"x" * 200_000)
def test_any_bytes_give_a_table_or_a_refusal(folder, data):
    """No bytes make a traceback."""
    for name in ("t.csv", "t.xlsx"):
        with suppress(FileRefused):
            assert isinstance(read_table(put(folder, data, name), COLUMNS), Table)


@given(st.integers(0, 2**20), st.integers(1, 255), st.integers(0, 2**20))
def test_a_damaged_workbook_gives_a_table_or_a_refusal(folder, where, change, keep):
    """Any bytes of a workbook may be lost or changed; its length is not the same on every day."""
    whole = bytearray(book(folder, [COLUMNS, ("i1", "lost")]).read_bytes())
    at = 4 + where % (len(whole) - 4)
    whole[at] ^= change
    whole = whole[: at + keep % (len(whole) - at + 1)]
    with suppress(FileRefused):
        assert isinstance(read_table(put(folder, bytes(whole), "d.xlsx"), COLUMNS), Table)


RECORD = st.lists(st.sampled_from(["a", "b c", "", " ", "x\0y", "7"]), min_size=1, max_size=4)


@given(st.lists(RECORD, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.sampled_from(DELIMITERS))
def test_every_row_ends_in_exactly_one_place(folder, records, newline, ended, delimiter):
    """Conservation: rows and quarantined together are the non-blank records, each by its own line."""
    lines = [delimiter.join(COLUMNS), *(delimiter.join(record) for record in records)]
    table = read(folder, newline.join(lines) + (newline if ended else ""), delimiter=delimiter)
    told = [row.line for row in table.rows] + [q.line for q in table.quarantined]
    assert sorted(told) == [n for n, record in enumerate(records, 2) if any(map(str.strip, record))]
    assert table.total == len(told)
    good = [r for r in records if len(r) == 2 and any(map(str.strip, r)) and not any("\0" in c for c in r)]
    assert [[row["item"], row["status"]] for row in table.rows] == [list(map(str.strip, r)) for r in good]


def test_a_byte_order_mark_is_no_part_of_the_header(folder):
    """UTF-8 and UTF-16 files with their mark need no declaration, and the mark beats one."""
    text = "item,status\ni1,größer\n"
    for data, used in (
        (codecs.BOM_UTF8 + text.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "utf-16"),
    ):
        table = read(folder, data, encoding="cp1252")
        assert (cells(table), table.encoding) == ([{"item": "i1", "status": "größer"}], used)


def test_another_encoding_is_read_only_when_declared(folder):
    """The refusal names line and byte and the setting to declare."""
    data = "item,status\ni1,verlängert\n".encode("cp1252")
    said = refused(folder, data)
    assert said == (
        ":2: byte 20 of the file is not utf-8 text. "
        'Save it as UTF-8, or declare what it is, such as encoding = "cp1252"'
    )
    for declared in ("cp1252", "Latin-1"):
        assert cells(read(folder, data, encoding=declared)) == [{"item": "i1", "status": "verlängert"}]
    assert "byte 16 of the file is not cp1252 text" in refused(folder, b"item,status\ni1,\x81\n", encoding="cp1252")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoding": "utf8x"}, "encoding"),
        ({"encoding": "rot13"}, "encoding"),
        ({"encoding": "a\0b"}, "encoding"),
        ({"delimiter": "::"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"mapping": {"statsu": "Status"}}, "Did you mean 'status'?"),
    ],
)
def test_a_wrong_declaration_is_the_callers_mistake(folder, options, said):
    """It is told before the file is opened."""
    with pytest.raises(BadInput, match=said.replace("?", r"\?")):
        read_table(folder / "absent.csv", COLUMNS, **options)


def test_nul_bytes_cost_a_row_or_the_file(folder):
    """In a row it is quarantined; in the header the file is refused."""
    assert reasons(read(folder, "item,status\ni\x001,lost\ni2,lost\n")) == [(2, "contains a NUL byte")]
    assert "header contains a NUL byte" in refused(folder, "item,status\n".encode("utf-16-le"))


def test_a_truncated_last_line_is_quarantined(folder):
    """With fewer cells, or an open quotation mark; a whole last line without its end is used."""
    assert reasons(read(folder, "item,status\ni1,lost\ni2")) == [(3, "truncated last line")]
    assert reasons(read(folder, 'item,status\ni1,lost\ni2,"los')) == [(3, "truncated last line")]
    assert reasons(read(folder, "item,status\ni1,lost\ni2\n")) == [(3, "has 1 cells where the header has 2")]
    assert cells(read(folder, "item,status\ni1,lost")) == [{"item": "i1", "status": "lost"}]
    assert reasons(read(folder, "item,status\ni1,lost,x")) == [(2, "has 3 cells where the header has 2")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('i1,"lost\ni2,lost\ni3,lost\n', "truncated last line"),
        ('i1,"lost\ni2,"lost"\ni3,lost\n', "has a misplaced quotation mark"),
        ('i1,"lost\ni2",lost\ni3,lost\n', "has 3 cells where the header has 2"),
        ('i1,"' + "lost\n" * 40_000, "has a cell that is too long"),
    ],
)
def test_a_quotation_mark_that_swallows_lines_refuses_the_file(folder, text, said):
    """Else the rows behind it would be hidden in one unusable row."""
    refusal = refused(folder, "item,status\n" + text)
    assert refusal.startswith(f":2: {said}, and lines 2 to ")
    assert "rows may be hidden" in refusal


def test_a_misplaced_quotation_mark_costs_its_row_only(folder):
    """Cells over several lines are used where they are whole."""
    table = read(folder, 'item,status\n"i"1,lost\n"i\n2","lo\nst"\ni3,lost\n')
    assert cells(table) == [{"item": "i\n2", "status": "lo\nst"}, {"item": "i3", "status": "lost"}]
    assert reasons(table) == [(2, "has a misplaced quotation mark")]


def test_a_cell_without_end_costs_its_row_only(folder):
    """The limit of the csv module is no traceback."""
    table = read(folder, f"item,status\n{'x' * (csv.field_size_limit() + 1)},lost\ni2,lost\n")
    assert reasons(table) == [(2, "has a cell that is too long")]
    assert len(table.rows) == 1


def test_headers_are_found_by_mapping_without_regard_to_case(folder):
    """Two canonical columns may be one of the file's; an absent optional one is blank."""
    table = read(
        folder,
        'Barcode;ITEM STATUS;"\'=odd"\n31;lost;z\n',
        ("item", "barcode", "status", "since", "odd"),
        mapping={"item": "barcode", "status": "Item Status", "odd": "=odd"},
        optional=("since",),
    )
    assert cells(table) == [{"item": "31", "barcode": "31", "status": "lost", "since": "", "odd": "z"}]


def test_renamed_columns_are_named_with_the_nearest_header(folder):
    """The refusal says what to do, and tells no other header: without a header line those are data."""
    said = refused(folder, "item,stauts,SYNTHETIC NAME\n", ("item", "status", "as_of"), mapping={"as_of": "Run at"})
    assert "lacks the column 'status' (nearest header: 'stauts'), the column 'Run at' for as_of." in said
    assert "columns" in said
    assert "SYNTHETIC" not in said


def test_a_column_that_stands_twice_is_refused_only_when_it_is_wanted(folder):
    """Which of the two is meant cannot be known."""
    assert "has the header 'item' 2 times" in refused(folder, "item,status,Item\n")
    assert cells(read(folder, "item,status,x,x,,\ni1,lost,,,,\n")) == [{"item": "i1", "status": "lost"}]


@pytest.mark.parametrize("data", ["", "\n \n,,\n", codecs.BOM_UTF8])
def test_an_empty_file_is_refused(folder, data):
    """There is no header to trust."""
    assert refused(folder, data).startswith(": is empty")


def test_a_broken_header_is_refused(folder):
    """With its line."""
    assert refused(folder, '\n"item"x,status\n').startswith(":2: its header has a misplaced quotation mark")


def test_a_file_that_cannot_be_read_is_refused(folder):
    """A missing file and a folder are no tracebacks."""
    for path in (folder / "absent.csv", folder):
        with pytest.raises(FileRefused, match="cannot be read"):
            read_table(path, COLUMNS)


def test_a_workbook_gives_text_as_it_is_meant(folder):
    """Whole numbers without a point, damaged ones visibly so, dates as ISO 8601, formulas by their value."""
    values = (
        "0012", 12345.0, 356938035643809, 8914800000000000019, 8.914800000000000019e18, 0.5, True,
        WALL, date(2026, 11, 1), time(9, 30), None, "=1+1",
    )  # fmt: skip
    names = tuple(f"c{n}" for n in range(len(values)))
    table = read_table(book(folder, [names, values]), names)
    assert [table.rows[0][name] for name in names] == [
        "0012", "12345", "356938035643809", "8.91480000000000E+18", "8.91480000000000E+18", "0.5", "TRUE",
        "2026-11-01T08:30:00", "2026-11-01", "09:30:00", "", "",
    ]  # fmt: skip
    assert table.encoding == "xlsx"


def test_a_midnight_that_shows_its_time_stays_an_instant(folder):
    """A date and the midnight of a date are told apart by the cell's format, and durations are text."""
    made = openpyxl.Workbook()
    made.active.append(("item", "status"))
    made.active.append((MIDNIGHT, timedelta(hours=30)))
    made.active["A2"].number_format = "m/d/yyyy h:mm"
    made.save(folder / "m.xlsx")
    made.close()
    assert cells(read_table(folder / "m.xlsx", COLUMNS)) == [
        {"item": "2026-11-01T00:00:00", "status": "1 day, 6:00:00"}
    ]


def test_rows_of_a_workbook_may_be_short_but_not_long(folder):
    """A workbook keeps no blank cells at the end of a row; one beyond the header belongs nowhere."""
    path = book(folder, [("item", "status"), ("i1",), (), ("i2", "lost", " "), ("i3", "lost", "stray")])
    table = read_table(path, COLUMNS)
    assert cells(table) == [{"item": "i1", "status": ""}, {"item": "i2", "status": "lost"}]
    assert reasons(table) == [(5, "has cells beyond the header's 2")]


def test_a_worksheet_is_chosen_by_name(folder):
    """The first one unless declared; a wrong name is told with the nearest."""
    path = book(folder, [COLUMNS, ("i1", "lost")], sheets=("Notes", "Hotspots"))
    assert cells(read_table(path, COLUMNS, sheet="Hotspots")) == [{"item": "i1", "status": "lost"}]
    for sheet, said in (
        ("Hotspot", "Did you mean 'Hotspots'"),
        ("Zzz", "Worksheets: Notes, Hotspots"),
        (None, "empty"),
    ):
        with pytest.raises(FileRefused, match=said):
            read_table(path, COLUMNS, sheet=sheet)


def test_a_workbook_of_charts_only_is_refused(folder):
    """It has no worksheet at all."""
    made = openpyxl.Workbook()
    made.create_chartsheet("Chart")
    made.remove(made.active)
    made.save(folder / "c.xlsx")
    made.close()
    with pytest.raises(FileRefused, match="is not a whole XLSX workbook"):
        read_table(folder / "c.xlsx", COLUMNS)


def test_old_and_false_workbooks_are_refused_with_what_to_do(folder):
    """By their first bytes, whatever they are called."""
    assert "Save it as XLSX or CSV" in refused(folder, b"\xd0\xcf\x11\xe0rest", name="t.csv")
    assert "is not a whole XLSX workbook" in refused(folder, "item,status\n", name="t.xlsx")


def test_without_openpyxl_the_command_that_installs_it_is_told(folder):
    """In a process of its own in which the library cannot be imported."""
    path = book(folder, [COLUMNS])
    code = (
        "import sys; sys.modules['openpyxl'] = None\n"
        "from pathlib import Path\n"
        "from scld_core.codecs.tables import read_table\n"
        "from scld_core.errors import MissingExtra\n"
        f"try: read_table(Path({str(path)!r}), ['item'])\n"
        "except MissingExtra as missing: print(missing)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(MissingExtra("xlsx", "openpyxl"))


@given(st.lists(st.tuples(TIDY, TIDY).filter(any), min_size=1, max_size=4), st.sampled_from(DELIMITERS))
def test_the_delimiter_is_found_in_the_header(folder, rows, delimiter):
    """Whatever the cells hold."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([COLUMNS, *([to_cell(a), to_cell(b)] for a, b in rows)])
    assert [(row["item"], row["status"]) for row in read(folder, out.getvalue()).rows] == rows
