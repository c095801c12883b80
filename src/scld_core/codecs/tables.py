"""Tables that people and systems export: CSV and XLSX, read row by row and never by guess.

Every row that is not blank ends as a Row or, with its line and a reason, as Quarantined; a file whose
header, encoding or form cannot be trusted is refused whole. Columns that nobody asked for are
dropped as they are read, so that a name which an export holds beside them is never kept.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import io
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import field, frozen

from scld_core.codecs.cells import from_cell, write_csv
from scld_core.codecs.problems import raise_all, unknown_key
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import instant, nonempty

__all__ = ["Row", "Table", "read_table", "write_csv"]

ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15")
DELIMITERS = (",", ";", "\t", "|")

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_NUL = "contains a NUL byte"
_TRUNCATED = "truncated last line"


@frozen
class Row:
    """One usable row: the line it starts on (1 is the file's first), and its cells by canonical name.

    Cells are text without outer white space; a column that is optional and absent is blank.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.cells[name]


@frozen
class Table:
    """A file as read: its name, its own header, what could be used, what not, and what it was.

    `sha256` is of the file's bytes; `modified_at` is the file's own time, which says nothing of the
    age of the facts in it.
    """

    source: str = field(validator=nonempty)
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    quarantined: tuple[Quarantined, ...]
    encoding: str
    sha256: str
    modified_at: datetime = field(validator=instant)

    @property
    def total(self) -> int:
        """The number of rows in the file that are not blank, the unusable ones included."""
        return len(self.rows) + len(self.quarantined)


def read_table(
    source: Path,
    columns: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    optional: Collection[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a CSV or XLSX file; which it is shows in its first bytes.

    `columns` are canonical names; those in `optional` may be absent. `mapping` gives the file's own
    header for a canonical name; headers are compared without regard to case. `encoding` is declared
    for a file that is not UTF-8, `delimiter` where the header does not show it, `sheet` for a
    worksheet other than the first. Raises FileRefused, or BadInput for a wrong declaration.
    """
    _check_declared(columns, mapping or {}, delimiter, encoding)
    data, modified_at = _read(source)
    wanted = {name: (mapping or {}).get(name, name) for name in columns}
    used, records = _records(data, source, wanted, delimiter=delimiter, encoding=encoding, sheet=sheet)
    header, rows, quarantined = _sort_out(records, source, wanted, frozenset(optional))
    return Table(source.name, header, rows, quarantined, used, hashlib.sha256(data).hexdigest(), modified_at)


def _check_declared(
    columns: Sequence[str], mapping: Mapping[str, str], delimiter: str | None, encoding: str | None
) -> None:
    raise_all("", [unknown_key(key, columns, "columns") for key in mapping if key not in columns])
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise BadInput("delimiter", "must be one character", 'Write "\\t" for a TAB')
    if encoding is not None and _codec(encoding) not in ENCODINGS:
        raise BadInput("encoding", "is not one this reader knows", "Choose one of " + ", ".join(ENCODINGS))


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""


def _read(source: Path) -> tuple[bytes, datetime]:
    try:
        with source.open("rb") as file:
            return file.read(), datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError as fault:
        problem = f"cannot be read ({fault.strerror})"
        raise FileRefused(str(source), problem, "Check the path and its permissions") from None


# From bytes to records.


@frozen
class _Record:
    """Cells as they stand, or the problem why there are none.

    It stands on the lines from `line` to `last`. A `ragged` one may be shorter than the header; an
    `unended` one ends with the file and not with a line's end.
    """

    line: int
    last: int
    cells: tuple[str, ...] = ()
    problem: str = ""
    ragged: bool = False
    unended: bool = False


def _records(
    data: bytes,
    source: Path,
    wanted: Mapping[str, str],
    *,
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
) -> tuple[str, Iterator[_Record]]:
    where = str(source)
    if data.startswith(_ZIP):
        from scld_core.codecs._openpyxl import read_sheet  # noqa: PLC0415 - only for workbooks

        rows = read_sheet(data, where, sheet)
        return "xlsx", (_Record(line, line, tuple(cells), ragged=True) for line, cells in rows)
    if data.startswith(_OLE):
        raise FileRefused(where, "is an old .xls or a password-protected workbook", "Save it as XLSX or CSV")
    if source.suffix.lower() in (".xlsx", ".xlsm"):
        raise FileRefused(where, "is not a whole XLSX workbook", "Export or save it again")
    used, text = _decode(data, where, encoding)
    return used, _csv_records(text, delimiter or _sniff(text, wanted))


def _decode(data: bytes, where: str, encoding: str | None) -> tuple[str, str]:
    marked = next((codec for mark, codec in _BOMS if data.startswith(mark)), None)
    used = marked or encoding or "utf-8"
    try:
        return used, data.decode(used)
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        remedy = 'Save it as UTF-8, or declare what it is, such as encoding = "cp1252"'
        raise FileRefused(f"{where}:{line}", f"byte {fault.start + 1} of the file is not {used} text", remedy) from None


def _sniff(text: str, wanted: Mapping[str, str]) -> str:
    """The delimiter under which the first line shows the most of the wanted headers, then the most cells."""
    names = {header.casefold() for header in wanted.values()}
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")

    def score(delimiter: str) -> tuple[int, int]:
        cells = [cell for record in csv.reader([first], delimiter=delimiter) for cell in record]
        return sum(from_cell(cell).casefold() in names for cell in cells), len(cells)

    try:
        return max(DELIMITERS, key=score)
    except csv.Error:  # a cell without end: no header either way, and the reader proper says so
        return DELIMITERS[0]


def _csv_records(text: str, delimiter: str) -> Iterator[_Record]:
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while lines.tell() < len(text):
        start = reader.line_num + 1
        cells: Sequence[str] = ()
        problem = ""
        try:
            cells = next(reader)
        except csv.Error as fault:
            problem = _problem(str(fault))
        unended = lines.tell() == len(text) and text[-1] not in "\r\n"
        yield _Record(start, reader.line_num, tuple(cells), problem, unended=unended)


def _problem(fault: str) -> str:
    """A fault of the csv module, which has no kinds of its own, in our words."""
    if "unexpected end" in fault:
        return _TRUNCATED
    return "has a cell that is too long" if "larger" in fault else "has a misplaced quotation mark"


# From records to rows.


def _sort_out(
    records: Iterator[_Record], source: Path, wanted: Mapping[str, str], optional: frozenset[str]
) -> tuple[tuple[str, ...], tuple[Row, ...], tuple[Quarantined, ...]]:
    header = _header(records, str(source))
    places = _places(header, str(source), wanted, optional)
    rows: list[Row] = []
    quarantined: list[Quarantined] = []
    for record in records:
        if not record.problem and not any(map(str.strip, record.cells)):
            continue
        reason = record.problem or _misfit(record, len(header))
        if reason and record.last != record.line:
            problem = f"{reason}, and lines {record.line} to {record.last} run together, so that rows may be hidden"
            raise FileRefused(f"{source}:{record.line}", problem, "A quotation mark may be missing; export it again")
        if reason:
            quarantined.append(Quarantined(source.name, record.line, reason))
        else:
            rows.append(Row(record.line, _cells(record.cells, places)))
    return header, tuple(rows), tuple(quarantined)


def _header(records: Iterator[_Record], where: str) -> tuple[str, ...]:
    for record in records:
        if record.problem:
            raise FileRefused(f"{where}:{record.line}", f"its header {record.problem}", "Export it again")
        if any("\0" in cell for cell in record.cells):
            remedy = 'If it is UTF-16, declare encoding = "utf-16"; else export it again'
            raise FileRefused(f"{where}:{record.line}", f"its header {_NUL}", remedy)
        if any(map(str.strip, record.cells)):
            return tuple(map(from_cell, record.cells))
    raise FileRefused(where, "is empty", "Export it again")


def _places(
    header: tuple[str, ...], where: str, wanted: Mapping[str, str], optional: frozenset[str]
) -> Mapping[str, int | None]:
    """Where each canonical column stands, None for an absent optional one."""
    folded = [name.casefold() for name in header]
    places: dict[str, int | None] = {}
    lacking: list[str] = []
    for name, own in wanted.items():
        count = folded.count(own.casefold())
        if count > 1:
            raise FileRefused(where, f"has the header '{own}' {count} times", "Keep one of them")
        places[name] = folded.index(own.casefold()) if count else None
        if not count and name not in optional:
            lacking.append(_lacks(name, own, header))
    if lacking:
        remedy = "If a column was renamed, name the file's own header in the backend's table columns"
        raise FileRefused(where, "lacks " + ", ".join(lacking), remedy)
    return places


def _lacks(name: str, own: str, header: tuple[str, ...]) -> str:
    """Only the nearest header is told: in a file without one, the first line is somebody's data."""
    near = difflib.get_close_matches(own.casefold(), [h.casefold() for h in header if h], n=1)
    said = f"the column '{own}'" + (f" for {name}" if own != name else "")
    return said + (f" (nearest header: '{near[0]}')" if near else "")


def _misfit(record: _Record, width: int) -> str:
    """Why a record does not fit under the header; blank when it does."""
    if any("\0" in cell for cell in record.cells):
        return _NUL
    count = len(record.cells)
    if record.ragged:
        return f"has cells beyond the header's {width}" if any(map(str.strip, record.cells[width:])) else ""
    if count < width and record.unended:
        return _TRUNCATED
    return "" if count == width else f"has {count} cells where the header has {width}"


def _cells(cells: tuple[str, ...], places: Mapping[str, int | None]) -> Mapping[str, str]:
    return {
        name: from_cell(cells[place]) if place is not None and place < len(cells) else ""
        for name, place in places.items()
    }
