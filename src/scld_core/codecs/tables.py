"""Tables that people and systems export: CSV and XLSX, read row by row and never by guess.

Every row that is not blank is yielded or, with its line and a reason, quarantined; a file whose
header, encoding or form cannot be trusted is refused whole. Columns that nobody asked for are
dropped as they are read, so that a name which an export holds beside them is never kept.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, compress, count
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from attrs import define, field, frozen

from scld_core.codecs.problems import raise_all, unknown_key
from scld_core.codecs.text import Care, CsvText, FileBytes, PickedLines
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.cells import from_cell, write_csv
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import instant, nonempty

__all__ = ["DAMAGED", "Row", "Stream", "Table", "is_damaged", "read_table", "stream_table", "write_csv"]

ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15")
DELIMITERS = (",", ";", "\t", "|")

DAMAGED = (
    "spreadsheet damage: the number was turned into scientific notation, a fraction or an error; format the column as "
    "text and export again"
)
"""Why an identifier such as ``2.1234E+13`` cannot be used."""

# Of 12E3 nobody can tell whether it is a number or a name; with a fraction or a sign it is none that anybody gave.
_SPREADSHEETS = re.compile(
    r"[-+]?[0-9]+(?:[.,][0-9]+ ?[eE][-+]?|[eE][-+])[0-9]+|[0-9]{8,}[.,]0+|#{2,}"
    r"|#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)"
)
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_NUL = "contains a NUL byte"
_TRUNCATED = "truncated last line"


def is_damaged(number: str) -> bool:
    """Whether a spreadsheet has made something else of a number that identifies something."""
    return _SPREADSHEETS.fullmatch(number) is not None


@frozen
class Stream:
    """A file being read: its rows once, each as its line (1 is the file's first) and its cells.

    The cells stand in the order of the columns that were asked for, as text without outer white
    space; a column that is optional and absent is blank. `quarantined` is complete once `rows` is
    exhausted, and taking a row may raise FileRefused. `modified_at` is the file's own time.
    """

    source: str = field(validator=nonempty)
    header: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[str, ...]]] = field(repr=False)
    quarantined: list[Quarantined]
    encoding: str
    modified_at: datetime = field(validator=instant)
    delimiter: str = ""  # blank for a workbook


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


def stream_table(
    source: Path,
    columns: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    optional: Collection[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    only: Sequence[int] | None = None,
) -> Stream:
    """Open a CSV or XLSX file and yield its rows; which it is shows in its first bytes.

    `columns` are canonical names; those in `optional` may be absent. `mapping` gives the file's own
    header for a canonical name; headers are compared without regard to case. `encoding` is declared
    for a file that is not UTF-8, `delimiter` where the header does not show it, `sheet` for a
    worksheet other than the first. A CSV file is not held in memory, and may be a pipe.

    `only` has a truth value for each line of a CSV file in which every record has one line that ends
    with a line feed; the others are passed over as if they were not there. Raises FileRefused, or BadInput for a wrong
    declaration.
    """
    _check_declared(columns, mapping or {}, delimiter, encoding)
    wanted = {name: (mapping or {}).get(name, name) for name in columns}
    reader = _Reader(source, wanted, frozenset(optional), delimiter, encoding, sheet, only=only)
    return reader.stream()


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
    """Read a whole file as `stream_table` does, and keep its rows by canonical name."""
    _check_declared(columns, mapping or {}, delimiter, encoding)
    wanted = {name: (mapping or {}).get(name, name) for name in columns}
    reader = _Reader(source, wanted, frozenset(optional), delimiter, encoding, sheet, hashing=True)
    found = reader.stream()
    rows = tuple(Row(line, dict(zip(wanted, cells, strict=True))) for line, cells in found.rows)
    return Table(
        found.source, found.header, rows, tuple(found.quarantined), found.encoding, reader.sha256, found.modified_at
    )


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


# From records to rows.

_Rows = Iterator[tuple[int, tuple[str, ...]]]
_OPENED = (0, ())


class _CsvReader(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@frozen
class _Record:
    """Cells as they stand, or the problem why there are none, on the lines from `line` to `last`."""

    line: int
    last: int
    cells: Sequence[str] = ()
    problem: str = ""


@define
class _Reader:
    """One reading of one file; what it finds out on the way is complete when its rows are exhausted."""

    path: Path
    wanted: Mapping[str, str]
    optional: frozenset[str]
    delimiter: str | None
    declared: str | None
    sheet: str | None
    hashing: bool = field(default=False, kw_only=True)
    only: Sequence[int] | None = field(default=None, kw_only=True)
    header: tuple[str, ...] = ()
    encoding: str = "xlsx"
    sha256: str = ""
    modified_at: datetime | None = None
    quarantined: list[Quarantined] = field(factory=list[Quarantined])
    _pick: Callable[[Sequence[str]], tuple[str, ...]] = tuple
    _key: int = 0
    _padded: bool = False
    _numbers: Sequence[int] = ()  # of the lines that were taken
    _short: tuple[int, int] = (0, 0)  # place in the quarantine, and last line, of the latest row with too few cells

    def stream(self) -> Stream:
        """Read the header, and leave the rows to be taken."""
        if self.only is not None:
            self._numbers = list(compress(count(1), self.only))
        rows = self._rows()
        next(rows)  # it holds the open file from here on, and closes it when it is dropped
        assert self.modified_at is not None  # noqa: S101 - known since the file was opened
        if self.only is not None:
            rows = ((self._numbers[line - 1], cells) for line, cells in rows)
        found = (self.header, rows, self.quarantined, self.encoding, self.modified_at, self.delimiter or "")
        return Stream(self.path.name, *found)

    def _rows(self) -> _Rows:
        """First a mark that the header was understood, then the rows."""
        where = str(self.path)
        with _opened(self.path) as file:
            self.modified_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            taken = file if self.only is None else PickedLines(file, self.only)
            data = FileBytes(taken, where, hashing=self.hashing)
            if data.head.startswith(_ZIP):
                yield from self._sheet_rows(data)
            elif data.head.startswith(_OLE):
                raise FileRefused(where, "is an old .xls or a password-protected workbook", "Save it as XLSX or CSV")
            elif self.path.suffix.lower() in (".xlsx", ".xlsm"):
                raise FileRefused(where, "is not a whole XLSX workbook", "Export or save it again")
            else:
                yield from self._csv_rows(CsvText(data, self.declared))
            if data.hash is not None:
                self.sha256 = data.hash.hexdigest()

    def _csv_rows(self, text: CsvText) -> _Rows:
        self.encoding = text.encoding
        lines: Iterator[str] = text.lines
        if self.delimiter is None:
            lines, self.delimiter = _sniffed(lines, self.wanted)
        text.delimiter = self.delimiter
        reader = csv.reader(lines, delimiter=text.delimiter, strict=True)
        last = self._understand(_records(reader))
        width, key, pick, padded, bare = len(self.header), self._key, self._pick, self._padded, str.strip
        yield _OPENED
        while True:
            try:
                for cells in reader:
                    line, last = last + 1, reader.line_num
                    if last == line and len(cells) == width and text.care < Care.ALL and bare(cells[key]):
                        if padded:
                            cells.append("")
                        yield line, tuple(map(bare, pick(cells))) if text.care else pick(cells)
                    elif (found := self._careful(line, last, cells)) is not None:
                        yield line, found
                break
            except csv.Error as fault:
                line, last = last + 1, reader.line_num
                self._quarantine(line, last, _problem(str(fault)))
        place, ended_at = self._short
        if ended_at == last and not text.ended:
            self.quarantined[place] = Quarantined(self.path.name, self.quarantined[place].line, _TRUNCATED)

    def _sheet_rows(self, data: FileBytes) -> _Rows:
        from scld_core.codecs._openpyxl import read_sheet  # noqa: PLC0415 - only for workbooks

        found = iter(read_sheet(b"".join(data.blocks()), str(self.path), self.sheet))
        self._understand(_Record(line, line, cells) for line, cells in found)
        width = len(self.header)
        yield _OPENED
        for line, cells in found:
            if any(map(str.strip, cells[width:])):
                self._quarantine(line, line, f"has cells beyond the header's {width}")
            elif (row := self._careful(line, line, (cells + [""] * width)[:width])) is not None:
                yield line, row

    def _understand(self, records: Iterable[_Record]) -> int:
        """Find the header and where the wanted columns stand; gives the header's last line."""
        where = str(self.path)
        for record in records:
            if record.problem:
                raise FileRefused(f"{where}:{record.line}", f"its header {record.problem}", "Export it again")
            if any("\0" in cell for cell in record.cells):
                remedy = 'If it is UTF-16, declare encoding = "utf-16"; else export it again'
                raise FileRefused(f"{where}:{record.line}", f"its header {_NUL}", remedy)
            if any(map(str.strip, record.cells)):
                self.header = tuple(map(from_cell, record.cells))
                self._find(_places(self.header, where, self.wanted, self.optional))
                return record.last
        raise FileRefused(where, "is empty", "Export it again")

    def _find(self, places: Sequence[int | None]) -> None:
        width = len(self.header)
        at = [width if place is None else place for place in places]  # one blank cell is put behind the others
        self._padded = None in places
        self._key = min(at) if min(at) < width else 0
        self._pick = itemgetter(*at) if len(at) > 1 else lambda cells: (cells[at[0]],)

    def _careful(self, line: int, last: int, cells: list[str]) -> tuple[str, ...] | None:
        """The wanted cells of a row that has to be looked at; None when it is blank or was quarantined."""
        if not any(map(str.strip, cells)):
            return None
        width = len(self.header)
        if any("\0" in cell for cell in cells):
            self._quarantine(line, last, _NUL)
        elif len(cells) != width:
            self._quarantine(line, last, f"has {len(cells)} cells where the header has {width}")
            if len(cells) < width:
                self._short = (len(self.quarantined) - 1, last)
        else:
            return _tidy(self._pick([*cells, ""]))
        return None

    def _quarantine(self, line: int, last: int, reason: str) -> None:
        if last != line:
            problem = f"{reason}, and lines {line} to {last} run together, so that rows may be hidden"
            raise FileRefused(f"{self.path}:{line}", problem, "A quotation mark may be missing; export it again")
        number = line if self.only is None else self._numbers[line - 1]
        self.quarantined.append(Quarantined(self.path.name, number, reason))


def _opened(source: Path) -> io.FileIO:
    try:
        return source.open("rb", buffering=0)
    except OSError as fault:
        problem = f"cannot be read ({fault.strerror})"
        raise FileRefused(str(source), problem, "Check the path and its permissions") from None


def _tidy(cells: tuple[str, ...]) -> tuple[str, ...]:
    bare = tuple(map(str.strip, cells))
    joined = "".join(bare)
    return tuple(map(from_cell, bare)) if "'" in joined or "=" in joined else bare


def _sniffed(lines: Iterator[str], wanted: Mapping[str, str]) -> tuple[Iterator[str], str]:
    """The lines, and the delimiter under which the first shows the most of the wanted headers, then cells."""
    taken: list[str] = []
    first = ""
    for line in lines:
        taken.append(line)
        if line.strip():
            first = line
            break
    names = {header.casefold() for header in wanted.values()}

    def score(delimiter: str) -> tuple[int, int]:
        cells = [cell for record in csv.reader([first], delimiter=delimiter) for cell in record]
        return sum(from_cell(cell).casefold() in names for cell in cells), len(cells)

    try:
        found = max(DELIMITERS, key=score)
    except csv.Error:  # a cell without end: no header either way, and the reader proper says so
        found = DELIMITERS[0]
    return chain(taken, lines), found


def _records(reader: _CsvReader) -> Iterator[_Record]:
    """What the csv module makes of the lines, each fault of its a record with a problem."""
    last = 0
    while True:
        try:
            for cells in reader:
                line, last = last + 1, reader.line_num
                yield _Record(line, last, cells)
            break
        except csv.Error as fault:
            line, last = last + 1, reader.line_num
            yield _Record(line, last, (), _problem(str(fault)))


def _problem(fault: str) -> str:
    """A fault of the csv module, which has no kinds of its own, in our words."""
    if "unexpected end" in fault:
        return _TRUNCATED
    return "has a cell that is too long" if "larger" in fault else "has a misplaced quotation mark"


def _places(
    header: tuple[str, ...], where: str, wanted: Mapping[str, str], optional: frozenset[str]
) -> list[int | None]:
    """Where each wanted column stands, None for an absent optional one."""
    folded = [name.casefold() for name in header]
    places: list[int | None] = []
    lacking: list[str] = []
    for name, own in wanted.items():
        count = folded.count(own.casefold())
        if count > 1:
            raise FileRefused(where, f"has the header '{own}' {count} times", "Keep one of them")
        places.append(folded.index(own.casefold()) if count else None)
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
