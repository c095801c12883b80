"""The records of a file as they stand: a line, and a cell of text for each column that was asked for.

A file can be read as often as needed, and says so when it has changed in between.
"""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from attrs import field, frozen

from scld_core.agency import _xml
from scld_core.agency.dialect import Dialect, Empty, Layout
from scld_core.codecs.tables import Stream, stream_table
from scld_core.errors import FileRefused
from scld_core.kernel.page import Quarantined

__all__ = ["Raw", "RawFile", "open_raw"]

_ZIP = b"PK\x03\x04"
_HEAD = 4096
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


Raw = tuple[int, tuple[str, ...], str]
"""One record: its line and its cells in the order of the columns, or no cell and the problem why."""


@frozen
class RawFile:
    """One file and how it is to be read; `columns` are canonical names of the dialect's fields."""

    path: Path
    dialect: Dialect
    columns: tuple[str, ...]
    encoding: str | None
    workbook: bool
    empty: bool
    only: Sequence[int] | None
    _print: tuple[int, int] = field(repr=False)

    def check_header(self) -> None:
        """Raise FileRefused now if the file does not begin as its dialect says."""
        next(self.records(), None)

    def records(self) -> Iterator[Raw]:
        """Every record of the file; raises FileRefused where the file cannot be used whole."""
        if self.empty:
            return
        if self.dialect.layout is Layout.XML:
            yield from _xml.read(self.path, self.dialect, self.columns, self.encoding)
        else:
            yield from self._delimited()
        if _stat(self.path) != self._print:
            raise FileRefused(str(self.path), "has changed while it was read", "Read it again once it is whole")

    def has_column(self, name: str) -> bool:
        """Whether the header of a delimited file has the column; it alone is read. Raises as `records` does."""
        if self.empty:
            return False
        own = next(one.header for one in self.dialect.fields if one.name == name)
        return own.casefold() in (cell.casefold() for cell in self._stream().header)

    def _delimited(self) -> Iterator[Raw]:
        stream = self._stream()
        told = 0
        for line, cells in stream.rows:
            if told < len(stream.quarantined):
                told = yield from _unusable(stream.quarantined, told)
            yield line, cells, ""
        yield from _unusable(stream.quarantined, told)

    def _stream(self) -> Stream:
        held = {one.name: one for one in self.dialect.fields}
        return stream_table(
            self.path,
            self.columns,
            mapping={name: held[name].header for name in self.columns},
            optional=[name for name in self.columns if not held[name].required],
            delimiter=self.dialect.delimiter,
            encoding=self.encoding or self.dialect.encoding,
            sheet=self.dialect.sheet or None,
            only=self.only,
        )


def _unusable(quarantined: Sequence[Quarantined], told: int) -> Generator[Raw, None, int]:
    """What was quarantined since; gives how many that are in all."""
    for one in quarantined[told:]:
        yield one.line, (), one.reason
    return len(quarantined)


def open_raw(
    path: Path,
    dialect: Dialect,
    columns: Sequence[str],
    *,
    encoding: str | None = None,
    only: Sequence[int] | None = None,
) -> RawFile:
    """Look at a file without reading it: what it is, and whether it says that there is nothing.

    `only` picks lines of a delimited file, as in `stream_table`.
    """
    try:
        if not path.is_file() and path.exists():
            raise FileRefused(str(path), "is no file, and it is read twice", "Save it to a file first")
        mark = _stat(path)
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as fault:
        problem = f"cannot be read ({fault.strerror})"
        raise FileRefused(str(path), problem, "Check the path and its permissions") from None
    empty = mark[0] <= _HEAD and _says_nothing(head, str(path), dialect, encoding)
    return RawFile(path, dialect, tuple(columns), encoding, head.startswith(_ZIP), empty, only, mark)


def _stat(path: Path) -> tuple[int, int]:
    """Size and time of change, which tell whether a file is still the same."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _says_nothing(data: bytes, where: str, dialect: Dialect, encoding: str | None) -> bool:
    marked = next((codec for mark, codec in _BOMS.items() if data.startswith(mark)), None)
    text = data.decode(marked or encoding or dialect.encoding, "replace").strip()
    if not text and dialect.empty is not Empty.NOTHING:
        remedy = "An empty file of this dialect has " + ("its sentence" if dialect.sentence else "its header")
        raise FileRefused(where, "is empty, which this dialect does not use for 'nothing'", remedy)
    return not text or (dialect.empty is Empty.SENTENCE and text.casefold() == dialect.sentence.strip().casefold())
